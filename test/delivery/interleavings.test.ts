import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { test } from 'tap'
import { KeyLines } from '../../src/delivery/adding/key-lines.ts'
import { Dispatcher } from '../../src/delivery/dispatcher.ts'
import type { Outcome } from '../../src/delivery/outcome.ts'
import type { Update } from '../../src/leads/update.ts'
import type { Call } from '../../src/tools/sandbox/server/call-log.ts'
import type { FaultName } from '../../src/tools/sandbox/server/faults.ts'
import { type Sandbox, startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { Client } from '../../src/vicidial/client.ts'
import { upstreamWith } from '../vicidial/upstream.ts'
import { NO_WRITES, UPDATED, updates } from './updates.ts'

/** Leads 1 to 4 are named by their id, 5 to 7 by their vendor code; 99 and `CRM-98` do not exist. */
const BY_ID = [1, 2, 3, 4, 99]
const BY_CODE = [5, 6, 7, 98]
/** Faults after which VICIdial has made the change. */
const MADE: ReadonlySet<FaultName> = new Set([
  'reset_after',
  'hang_after',
  '500_after_success',
  'truncate',
  'truncate_clean'
])
const FAULTS: readonly FaultName[] = ['refuse', 'reset_before', 'hang', '500', 'html', ...MADE]
/** Timeout for one call, in milliseconds; far longer than an answered call takes here. */
const TIMEOUT_MS = 250
const FIELDS = ['status', 'city', 'phone_number'] as const

const change = fc.oneof(
  // Some are shared by many updates, so that they share calls and are coalesced; others are unique.
  { weight: 4, arbitrary: fc.constantFrom('A', 'B').map((status) => ({ status })) },
  { weight: 3, arbitrary: fc.constant('own').map((city) => ({ city })) },
  { weight: 1, arbitrary: fc.constantFrom('1', '2').map((n) => ({ phone_number: `212555999${n}` })) }
)
const request = fc.record({
  caller: fc.constantFrom('a', 'b', 'c'),
  source: fc.constantFrom('crm', 'shop'),
  updates: fc.oneof(
    fc.array(fc.record({ lead: fc.constantFrom(...BY_ID), change }), { minLength: 1, maxLength: 5 }),
    fc.array(fc.record({ lead: fc.constantFrom(...BY_CODE), change }), { minLength: 1, maxLength: 4 })
  ),
  /** How it ends: after all outcomes, at an early deadline, or when its client goes away. */
  end: fc.oneof(
    { weight: 6, arbitrary: fc.constant('late' as const) },
    { weight: 1, arbitrary: fc.constant('soon' as const) },
    { weight: 1, arbitrary: fc.constant('aborted' as const) }
  )
})
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ request }) },
  { weight: 2, arbitrary: fc.record({ turns: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.constant({ answered: true } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      fault: fc.constantFrom(...FAULTS),
      calls: fc.integer({ min: 1, max: 3 }),
      function: fc.constantFrom('batch_update_lead', 'update_lead', 'lead_search')
    })
  }
)
const scenario = fc.record({
  events: fc.array(event, { minLength: 5, maxLength: 25 }),
  callMs: fc.constantFrom(0, 0, 1, 4),
  maxConcurrency: fc.constantFrom(1, 2, 4),
  maxLeadsPerCall: fc.constantFrom(1, 3, 1_000),
  lingerMs: fc.constantFrom(0, 0, 5)
})
type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never

/** One accepted update and its outcome. */
interface Accepted {
  readonly lead: number
  /** Whether the lead is named by its vendor code, which has to be searched for. */
  readonly byCode: boolean
  readonly source: string
  readonly values: Readonly<Record<string, string>>
  outcome?: Outcome
}

/** One lead of one call that VICIdial received. */
interface Received {
  readonly lead: number
  readonly source: string
  readonly values: Readonly<Record<string, string>>
  readonly isMade: boolean
}

function start(sandbox: Sandbox, { maxConcurrency, maxLeadsPerCall, lingerMs }: Scenario) {
  const client = new Client({ url: new URL(sandbox.url), connections: maxConcurrency })
  const { exchange, guard, log, close } = upstreamWith(client, {
    maxConcurrency,
    timeoutMs: TIMEOUT_MS,
    checkEveryMs: 1
  })
  const dispatcher = new Dispatcher({
    lines: new KeyLines({ doubtMs: 1_000, isInDoubt: false }),
    exchange,
    guard,
    rules: { maxLeadsPerCall, dialect: 'lead_ids' },
    maxWaiting: 1_000,
    lingerMs,
    writes: NO_WRITES,
    log
  })
  return { dispatcher, close }
}

/** Plays a scenario. Returns the updates in the order in which they were accepted, and what VICIdial received. */
async function play(
  played: Scenario
): Promise<{ accepted: Accepted[]; received: Received[]; sandbox: Sandbox }> {
  const sandbox = await startSandbox({ leads: 10, callMs: played.callMs })
  const { dispatcher, close } = start(sandbox, played)
  const accepted: Accepted[] = []
  const inFlight = new Set<Promise<void>>()
  let own = 0
  for (const event of played.events) {
    if ('fault' in event) sandbox.fail(event.fault, event)
    else if ('turns' in event) for (let n = 0; n < event.turns; n++) await turn()
    else if ('answered' in event) {
      if (inFlight.size > 0) await Promise.race(inFlight)
    } else {
      const { caller, source, end } = event.request
      const mine = event.request.updates.map(({ lead, change }): Accepted => {
        const values = 'city' in change ? { city: `own ${own++}` } : change
        return { lead, byCode: BY_CODE.includes(lead), source, values }
      })
      accepted.push(...mine)
      const elements = mine.map(({ lead, byCode, values }): Update => {
        const key = byCode ? { vendor_lead_code: `CRM-${lead}` } : { lead_id: lead }
        const [update] = updates([{ ...key, fields: values }])
        if (update === undefined) throw new Error('no update')
        return update
      })
      const client = new AbortController()
      const deadline = Date.now() + (end === 'soon' ? 30 : 8_000)
      const context = { caller, source, deadline, requestId: 'req', signal: client.signal }
      const done = dispatcher.deliver(elements, context).then(({ outcomes }) => {
        if (outcomes.length !== mine.length) throw new Error(`${outcomes.length} outcomes of ${mine.length}`)
        for (const [index, one] of mine.entries()) {
          const outcome = outcomes[index]
          if (outcome) one.outcome = outcome
        }
      })
      inFlight.add(done)
      void done.then(() => inFlight.delete(done))
      if (end === 'aborted') {
        await turn()
        client.abort()
      }
    }
  }
  await Promise.all(inFlight)
  // Updates each lead once more, to show that nothing that was given up blocks a lead or a place.
  const last = [1, 2, 3, 4, 5, 6, 7].map((lead): Accepted => ({
    lead,
    byCode: false,
    source: 'crm',
    values: { status: 'Z' }
  }))
  sandbox.fail('refuse', { calls: 0 })
  for (;;) {
    const context = { caller: 'a', source: 'crm', deadline: Date.now() + 8_000, requestId: 'last' }
    const elements = updates(last.map(({ lead, values }) => ({ lead_id: lead, fields: values })))
    const { outcomes } = await dispatcher.deliver(elements, context)
    for (const [index, one] of last.entries()) one.outcome = outcomes[index] as Outcome
    if (outcomes.every(({ status }) => status === 'updated')) break
    // The circuit is open, or an earlier update has no outcome yet.
    await turn()
  }
  accepted.push(...last)
  if (dispatcher.waiting !== 0) throw new Error(`${dispatcher.waiting} updates still wait`)
  const received = sandbox.calls().flatMap(receivedIn)
  await close()
  return { accepted, received, sandbox }
}

function receivedIn(call: Call): Received[] {
  const { lead_ids, lead_id, source = '' } = call.params
  // The gateway's own calls are checks, which change nothing.
  if (call.function === 'lead_search' || call.function === 'version' || source === 'gateway') return []
  const values: Record<string, string> = {}
  for (const name of FIELDS) {
    const value = call.params[name]
    if (value !== undefined) values[name] = value
  }
  const isMade = call.fault === undefined || MADE.has(call.fault)
  return (lead_ids ?? lead_id ?? '').split(',').map((id) => ({ lead: Number(id), source, values, isMade }))
}

function same(a: Accepted | Received, b: Accepted | Received): boolean {
  return a.source === b.source && JSON.stringify(a.values) === JSON.stringify(b.values)
}

/**
 * Tells whether VICIdial received one lead's updates in the accepted order. Each update matches none of the received
 * calls, or some in a row; equal updates in a row may share theirs; an `updated` one must match a call that was made.
 */
function isInOrder(accepted: readonly Accepted[], received: readonly Received[]): boolean {
  const runs: { readonly first: Received; isMade: boolean }[] = []
  for (const one of received) {
    const last = runs.at(-1)
    if (last && same(last.first, one)) last.isMade ||= one.isMade
    else runs.push({ first: one, isMade: one.isMade })
  }
  /** The numbers of runs that the updates so far may match. */
  let used = new Set([0])
  for (const update of accepted) {
    const next = new Set<number>()
    for (const count of used) {
      if (update.outcome?.status !== 'updated') next.add(count)
      for (const end of [count, count + 1]) {
        const run = runs[end - 1]
        if (run && same(run.first, update) && (run.isMade || update.outcome?.status !== 'updated'))
          next.add(end)
      }
    }
    used = next
  }
  return used.has(runs.length)
}

/** Throws if an outcome is wrong. */
function checkTruth(lead: number, accepted: readonly Accepted[], received: readonly Received[]): void {
  for (const update of accepted) {
    const { outcome } = update
    if (outcome === undefined) throw new Error('an update without an outcome')
    const isUpdated = outcome.status === 'updated'
    if (isUpdated !== (outcome.error === undefined)) throw new Error('neither updated nor an error')
    if (!update.byCode && outcome.leads !== undefined) throw new Error(`leads ${outcome.leads} of an id`)
    if (isUpdated && update.byCode && String(outcome.leads) !== String(lead))
      throw new Error(`updated ${outcome.leads}`)
    const exists = lead < 90
    if (!exists && isUpdated) throw new Error('a lead that does not exist was updated')
    if (exists && outcome.status === 'not_found') throw new Error('a lead that exists was not found')
    const isMade = received.some((one) => one.isMade && same(one, update))
    if (isUpdated && !isMade) throw new Error('updated, but not made')
    const isOwn = 'city' in update.values
    if (outcome.status === 'failed' && isOwn && isMade && exists) throw new Error('failed, but made')
  }
}

/** Throws if the stored lead does not match the outcomes. */
function checkState(
  lead: number,
  accepted: readonly Accepted[],
  stored: Readonly<Record<string, unknown>>
): void {
  for (const field of FIELDS) {
    let possible = new Set<unknown>()
    for (const { values, outcome } of accepted) {
      const value = values[field]
      if (value === undefined) continue
      if (outcome?.status === 'updated') possible = new Set([value])
      else if (outcome?.status === 'unknown') possible.add(value)
    }
    const isCertain = accepted.some(({ values, outcome }) => field in values && outcome?.status === 'updated')
    if (isCertain && !possible.has(stored[field])) {
      throw new Error(
        `${field} of lead ${lead} is ${String(stored[field])}, not ${[...possible].join(' or ')}`
      )
    }
  }
}

async function check(played: Scenario): Promise<void> {
  const { accepted, received, sandbox } = await play(played)
  try {
    const leads = sandbox.leads()
    for (const lead of [...BY_ID, ...BY_CODE]) {
      const ofLead = accepted.filter((one) => one.lead === lead)
      const ofLeadReceived = received.filter((one) => one.lead === lead)
      const story = () =>
        `lead ${lead}\naccepted ${ofLead.map((one) => `${one.source} ${JSON.stringify(one.values)} ${one.outcome?.status} ${one.outcome?.error?.code ?? ''}`).join('\n  ')}\nreceived ${ofLeadReceived.map((one) => `${one.source} ${JSON.stringify(one.values)} ${one.isMade}`).join('\n  ')}`
      if (!isInOrder(ofLead, ofLeadReceived)) throw new Error(`not in the accepted order: ${story()}`)
      try {
        checkTruth(lead, ofLead, ofLeadReceived)
        const stored = leads[lead]
        if (stored) checkState(lead, ofLead, { ...stored })
      } catch (error) {
        throw new Error(`${String(error)}: ${story()}`, { cause: error })
      }
    }
  } finally {
    await sandbox.close()
  }
}

/** No shrinking: timing cannot be replayed. */
const RUNS = { numRuns: 8, endOnFailure: true, includeErrorInReport: true, interruptAfterTimeLimit: 14_000 }

test('each lead gets its updates in the accepted order, and each outcome is true, however requests interleave', async (t) => {
  // Ten at a time, since most of their time is waiting.
  const inOrder = fc.asyncProperty(
    fc.array(scenario, { minLength: 10, maxLength: 10 }),
    async (scenarios) => {
      await Promise.all(scenarios.map(check))
    }
  )
  await fc.assert(inOrder, RUNS)
  t.pass('80 interleavings')
})

test('the check of the order finds updates that are out of order, missing or unknown', async (t) => {
  const accept = (status: string, outcome: Outcome = UPDATED): Accepted => ({
    lead: 1,
    byCode: false,
    source: 'crm',
    values: { status },
    outcome
  })
  const receive = (status: string, isMade = true): Received => ({
    lead: 1,
    source: 'crm',
    values: { status },
    isMade
  })
  const failed: Outcome = { ...UPDATED, status: 'failed' }
  const [a, b] = [accept('A'), accept('B')]
  t.equal(isInOrder([a, b], [receive('A'), receive('B')]), true)
  t.equal(isInOrder([a, b], [receive('A', false), receive('A'), receive('B')]), true, 'a repeat')
  t.equal(isInOrder([a, a], [receive('A')]), true, 'shared')
  t.equal(isInOrder([a, accept('B', failed)], [receive('A')]), true, 'not sent')
  t.equal(isInOrder([a, b], [receive('B'), receive('A')]), false)
  t.equal(isInOrder([a, b], [receive('A'), receive('B'), receive('A')]), false, 'undone by a repeat')
  t.equal(isInOrder([a, b], [receive('A')]), false, 'missing')
  t.equal(isInOrder([a], [receive('A', false)]), false, 'not made')
  t.equal(isInOrder([a], [receive('A'), receive('C')]), false, 'unknown')
  t.equal(isInOrder([a, b, a], [receive('B'), receive('A')]), false)
})
