import { serverRules } from '../../src/leads/server-rules.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { readBatch } from '../../src/updates/batch.ts'
import type { Update } from '../../src/leads/update.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'
import { SqliteOutbox } from '../../src/outbox/sqlite/sqlite-outbox.ts'

export const CHANGE_SETS = 20

const RULES = {
  ...serverRules(0),
  rights: ALL_RIGHTS,
  customFields: new Map(),
  maxUpdates: 1_000_000,
  defaults: DEFAULT_OPTIONS
}

/** A request with an update for each of `count` leads from `first` on, in 20 change sets; `turn` tells requests apart. */
export function batchOf(first: number, count: number, turn = 0) {
  const updates = Array.from({ length: count }, (_, n) => {
    const set = (first + n) % CHANGE_SETS
    return { lead_id: first + n, fields: { status: `B${set}`, city: `City ${set} of ${turn}` } }
  })
  return { updates }
}

/** Puts so many updates, one a lead, into the database of `directory`, in jobs of `jobSize`. */
export async function fill(directory: string, updates: number, jobSize: number, turn = 0): Promise<void> {
  const outbox = new SqliteOutbox(directory)
  const jobs: Promise<unknown>[] = []
  for (let first = 1; first <= updates; first += jobSize) {
    const batch = readBatch(batchOf(first, Math.min(jobSize, updates - first + 1), turn), RULES)
    if ('errors' in batch) throw new Error('the batch was refused')
    const sound = batch.entries.filter((entry): entry is Update => 'changes' in entry)
    const id = `job_${String(turn)}_${String(first).padStart(10, '0')}`
    const job = {
      id,
      caller: 'api_key',
      source: 'gateway',
      requestId: 'req_1',
      account: 'default',
      origin: 'batch',
      acceptedAt: Date.now(),
      rejected: []
    }
    jobs.push(outbox.jobs.accept({ ...job, updates: sound }))
  }
  await Promise.all(jobs)
  await outbox.close()
}
