import { batchResponse } from '../src/updates/response.ts'
import { outcomeResult } from '../src/delivery/result.ts'
import { KeyLines } from '../src/delivery/adding/key-lines.ts'
import { Dispatcher } from '../src/delivery/dispatcher.ts'
import { readBatch } from '../src/updates/batch.ts'
import { serverRules } from '../src/leads/server-rules.ts'
import { ALL_RIGHTS } from '../src/leads/rights.ts'
import type { Update } from '../src/leads/update.ts'
import { DEFAULT_OPTIONS } from '../src/leads/update-options.ts'
import type { Exchange } from '../src/vicidial/exchange/exchange.ts'
import type { Guard } from '../src/vicidial/guard.ts'
import { median, timed } from './measure.ts'
import { changeSet } from './target.ts'

const SIZES = [100, 1_000, 10_000, 100_000]
const CHANGE_SETS = 20
const LEADS = 100_000
const ROUNDS = 15
const WARM_UP = 3
const DEADLINE_MS = 60_000

/** The gateway's own time per lead, from the parsed body to the answer's body, with a VICIdial that takes no time. */
export async function ownTime() {
  const rules = { maxLeadsPerCall: 1_000, dialect: 'lead_ids' } as const
  const exchange: Pick<Exchange, 'update' | 'changesRefusal'> = {
    update: async (call) => {
      const leads = new Set(call.leads.map(({ lead }) => lead))
      return { reply: { kind: 'updated', leads, customFields: 'not_mentioned' }, maybeMade: false }
    },
    changesRefusal: () => undefined
  }
  const guard = {
    hasPlace: () => true,
    refusal: () => undefined,
    onPlace: () => undefined
  } as unknown as Guard
  const quiet = { info: () => undefined }
  const log = { child: () => quiet, error: () => undefined }
  const dispatcher = new Dispatcher({
    lines: new KeyLines({ doubtMs: 1_000, isInDoubt: false }),
    exchange: exchange as Exchange,
    guard,
    rules,
    log,
    maxWaiting: 1_000_000,
    lingerMs: 0,
    writes: { writtenSince: () => [] }
  })
  const batchRules = {
    ...serverRules(0),
    customFields: new Map(),
    rights: ALL_RIGHTS,
    maxUpdates: 1_000_000,
    defaults: DEFAULT_OPTIONS
  }

  const once = async (body: unknown) => {
    const batch = readBatch(body, batchRules)
    if ('errors' in batch) throw new Error('the batch was refused')
    const sound = batch.entries.filter((entry): entry is Update => 'changes' in entry)
    const context = {
      caller: 'bench',
      source: 'bench',
      deadline: Date.now() + DEADLINE_MS,
      requestId: 'req_bench'
    }
    const { outcomes, upstreamCalls } = await dispatcher.deliver(sound, context)
    const results = sound.map((update, n) => {
      const outcome = outcomes[n]
      if (outcome === undefined) throw new Error('an update has no outcome')
      return outcomeResult(update, outcome)
    })
    return batchResponse('req_bench', batch.entries, { results, upstreamCalls })
  }

  const measured = new Map<number, number[]>(SIZES.map((leads) => [leads, []]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const leads of SIZES) {
      let ms = 0
      for (const body of requests(leads)) ms += await timed(() => once(body))
      if (round >= 0) measured.get(leads)?.push((ms * 1_000) / LEADS)
    }
  }
  const [base = [], last = []] = [measured.get(1_000), measured.get(LEADS)]
  return {
    sizes: SIZES.map((leads) => ({ leads, microsecondsPerLead: median(measured.get(leads) ?? []) })),
    growth: median(last.map((time, round) => time / (base[round] ?? Number.NaN)))
  }
}

/**
 * 100,000 leads in requests of `leads`, all parsed beforehand. So each size meets as much memory that is new to it:
 * one request sent again and again would tell how fast the cache is, not how the work grows.
 */
function requests(leads: number): unknown[] {
  return Array.from({ length: LEADS / leads }, (_, request) => {
    const updates = Array.from({ length: leads }, (_, n) => ({
      lead_id: request * leads + n + 1,
      fields: changeSet(n % CHANGE_SETS)
    }))
    return JSON.parse(JSON.stringify({ updates })) as unknown
  })
}
