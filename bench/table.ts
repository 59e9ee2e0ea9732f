import type { Cost } from './cost.ts'
import type { OutboxFigures } from './outbox.ts'
import type { RelayFigures } from './relay.ts'

/** Everything that one run measured. */
export interface Results {
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryGiB: number
    readonly node: string
  }
  readonly vicidial: object
  readonly costs: readonly Cost[]
  readonly singleLeads: readonly {
    readonly callers: number
    readonly gatewayPerSecond: number
    readonly directPerSecond: number
    readonly directConcurrency: number
    readonly ratio: number
  }[]
  readonly loneRequest: Record<
    'p50' | 'p99',
    { readonly gatewayMs: number; readonly directMs: number; readonly differenceMs: number }
  >
  readonly largeBatch: {
    readonly leads: number
    readonly changeSets: number
    readonly gatewayMs: number
    readonly idealMs: number
    readonly ratio: number
  }
  readonly upserts: {
    readonly leads: number
    /** How many of them VICIdial did not have. */
    readonly missing: number
    readonly gatewayMs: number
    readonly idealMs: number
    readonly ratio: number
  }
  readonly ownTime: {
    readonly sizes: readonly { readonly leads: number; readonly microsecondsPerLead: number }[]
    /** The time per lead at the largest size against that at 1,000 leads. */
    readonly growth: number
  }
  readonly dryRuns: {
    readonly updatesPerRequest: number
    readonly gatewayPerSecond: number
    readonly barePerSecond: number
    readonly ratio: number
  }
  readonly webhooks: {
    readonly senders: number
    readonly storedPerSecond: number
    readonly forgottenPerSecond: number
    readonly ratio: number
    readonly eventLoopDelayP99Ms: number
  }
  readonly outbox: OutboxFigures
  readonly relay: RelayFigures
  readonly memoryMiB: { readonly atRest: number; readonly peak: number }
  readonly startMs: number
}

/** Prints what each kind of request costs. */
export function printCosts(costs: readonly Cost[]): void {
  print([
    ['CPU time of a request in the server, µs', 'gateway', 'bare route', 'ratio'],
    ...costs.map(({ name, gatewayUs, bareUs, ratio }): Line => [
      name,
      gatewayUs.toFixed(0),
      bareUs.toFixed(0),
      ratio.toFixed(2)
    ])
  ])
}

/** Prints what both engines of the outbox take. */
export function printOutbox({ senders, accepts, waiting, postgres, sqlite }: OutboxFigures): void {
  const line = (what: string, of: keyof typeof postgres): Line => [
    what,
    postgres[of].toFixed(0),
    sqlite[of].toFixed(0),
    (postgres[of] / sqlite[of]).toFixed(2)
  ]
  print([
    [`the outbox, ${waiting} updates waiting`, 'PostgreSQL', 'SQLite', 'ratio'],
    [
      `accepts of one update, ${senders} senders (requests/s)`,
      accepts.postgresPerSecond.toFixed(0),
      accepts.sqlitePerSecond.toFixed(0),
      accepts.ratio.toFixed(2)
    ],
    line('from opening to the first claim (ms)', 'firstClaimMs'),
    line('from opening until everything is read (ms)', 'allReadMs'),
    line('claim of 500 (ms)', 'claimMs'),
    line('claimed and settled (updates/s)', 'settledPerSecond'),
    line('memory of the owner (MiB)', 'memoryMiB')
  ])
}

/** Prints what it costs to send a synchronous request to another gateway than the owner. */
export function printRelay({ requests, ownerMs, otherMs, addedMs }: RelayFigures): void {
  print([
    ['several gateways', 'sent to another', 'sent to the owner', 'difference'],
    [
      `a synchronous request of one update, p50 of ${requests} (ms)`,
      otherMs.toFixed(2),
      ownerMs.toFixed(2),
      `+${addedMs.toFixed(2)} ms`
    ]
  ])
}

/** Prints the results, a line for each comparison. */
export function printTable(results: Results): void {
  printCosts(results.costs)
  printOutbox(results.outbox)
  printRelay(results.relay)
  const { singleLeads, loneRequest, largeBatch, upserts, ownTime, dryRuns, webhooks, memoryMiB, startMs } =
    results
  print([
    ['', 'gateway', 'other side', 'ratio'],
    ...singleLeads.map(({ callers, gatewayPerSecond, directPerSecond, ratio }): Line => [
      `single-lead requests, ${callers} callers (leads/s; one update_lead each)`,
      gatewayPerSecond.toFixed(0),
      directPerSecond.toFixed(0),
      ratio.toFixed(1)
    ]),
    ...(['p50', 'p99'] as const).map((at): Line => [
      `a lone request, ${at} (ms; a direct call)`,
      loneRequest[at].gatewayMs.toFixed(2),
      loneRequest[at].directMs.toFixed(2),
      `+${loneRequest[at].differenceMs.toFixed(2)} ms`
    ]),
    [
      `${largeBatch.leads} leads, ${largeBatch.changeSets} change sets (ms; the same calls by hand)`,
      largeBatch.gatewayMs.toFixed(0),
      largeBatch.idealMs.toFixed(0),
      largeBatch.ratio.toFixed(2)
    ],
    upsertsLine(upserts),
    ...ownTime.sizes.map(({ leads, microsecondsPerLead }): Line => [
      `own time, ${leads} leads (µs/lead)`,
      microsecondsPerLead.toFixed(2),
      '',
      ''
    ]),
    ['own time per lead, 100000 against 1000 leads a request', '', '', ownTime.growth.toFixed(2)],
    [
      `dry runs of ${dryRuns.updatesPerRequest} updates (requests/s; a bare route)`,
      dryRuns.gatewayPerSecond.toFixed(0),
      dryRuns.barePerSecond.toFixed(0),
      dryRuns.ratio.toFixed(2)
    ],
    [
      `webhooks of ${webhooks.senders} senders, stored (requests/s; the same route without storing)`,
      webhooks.storedPerSecond.toFixed(0),
      webhooks.forgottenPerSecond.toFixed(0),
      webhooks.ratio.toFixed(2)
    ],
    ['event-loop delay meanwhile, p99 (ms)', webhooks.eventLoopDelayP99Ms.toFixed(1), '', ''],
    ['memory at rest, at the peak (MiB)', memoryMiB.atRest.toFixed(0), memoryMiB.peak.toFixed(0), ''],
    ['from start to ready (ms)', startMs.toFixed(0), '', '']
  ])
}

/** Prints what upserts take. */
export function printUpserts(upserts: Results['upserts']): void {
  print([['', 'gateway', 'other side', 'ratio'], upsertsLine(upserts)])
}

function upsertsLine({ leads, missing, gatewayMs, idealMs, ratio }: Results['upserts']): Line {
  return [
    `${leads} upserts, ${missing} leads missing (ms; the same calls by hand)`,
    gatewayMs.toFixed(0),
    idealMs.toFixed(0),
    ratio.toFixed(2)
  ]
}

type Line = readonly [what: string, gateway: string, other: string, ratio: string]

function print(lines: readonly Line[]): void {
  for (const [what, ...cells] of lines) {
    process.stdout.write(`${what.padEnd(72)}${cells.map((cell) => cell.padStart(12)).join('')}\n`)
  }
}
