import { answerBatch } from '../src/answers.ts'
import { outcomeResult } from '../src/delivery/result.ts'
import { Dispatcher } from '../src/delivery/dispatcher.ts'
import { DEFAULT_OPTIONS, readBatch } from '../src/leads/batch.ts'
import { createCleaner } from '../src/leads/clean.ts'
import type { Update } from '../src/leads/update.ts'
import type { Exchange } from '../src/vicidial/exchange.ts'
import type { Guard } from '../src/vicidial/guard.ts'
import { median } from './measure.ts'
import { changeSet } from './target.ts'

const SIZES = [100, 1_000, 10_000, 100_000]
const CHANGE_SETS = 20
const LEADS_PER_MEASUREMENT = 400_000
const DEADLINE_MS = 60_000

/** The gateway's own time per lead, from the parsed body to the answer's body, with a VICIdial that takes no time. */
export async function ownTime() {
  const rules = { maxLeadsPerCall: 1_000, dialect: 'lead_ids' } as const
  const exchange = {
    update: (call: { rows: readonly { lead: number }[] }) => {
      const leads = new Set(call.rows.map(({ lead }) => lead))
      return Promise.resolve({ reply: { kind: 'updated', leads, customFields: 'unsaid' }, maybeMade: false })
    }
  } as unknown as Exchange
  const guard = {
    hasPlace: () => true,
    refusal: () => undefined,
    onPlace: () => undefined
  } as unknown as Guard
  const quiet = { info: () => undefined }
  const log = { child: () => quiet, error: () => undefined }
  const dispatcher = new Dispatcher({ exchange, guard, rules, log, maxWaiting: 1_000_000, lingerMs: 0 })
  const batchRules = {
    clean: createCleaner(0),
    customFields: new Map(),
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
    return answerBatch('req_bench', batch.entries, results, upstreamCalls)
  }

  const rows: { leads: number; microsecondsPerLead: number }[] = []
  for (const leads of SIZES) {
    const updates = Array.from({ length: leads }, (_, n) => ({
      lead_id: n + 1,
      fields: changeSet(n % CHANGE_SETS)
    }))
    const perLead: number[] = []
    for (let round = 0; round < Math.max(5, LEADS_PER_MEASUREMENT / leads); round++) {
      const started = performance.now()
      await once({ updates })
      perLead.push(((performance.now() - started) * 1_000) / leads)
    }
    rows.push({ leads, microsecondsPerLead: median(perLead) })
  }
  return rows
}
