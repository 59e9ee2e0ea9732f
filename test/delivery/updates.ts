import type { Outcome } from '../../src/delivery/outcome.ts'
import type { NotedWrites } from '../../src/delivery/recent-writes.ts'
import { readBatch } from '../../src/updates/batch.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import type { Update } from '../../src/leads/update.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'

/** An outbox that has noted nothing. */
export const NO_WRITES: NotedWrites = { writtenSince: () => [] }

/** The updates of a batch, all of them valid. */
export function updates(elements: unknown[], options: Record<string, unknown> = {}): Update[] {
  const customFields = new Map([['favorite_color', { maxLength: 30 }]])
  const rules = {
    ...serverRules(0),
    customFields,
    rights: ALL_RIGHTS,
    maxUpdates: 20_000,
    defaults: DEFAULT_OPTIONS
  }
  const batch = readBatch({ updates: elements, ...options }, rules)
  if ('errors' in batch) throw new Error(JSON.stringify(batch.errors))
  return batch.entries.map((entry) => {
    if ('refusals' in entry) throw new Error(JSON.stringify(entry.refusals))
    return entry
  })
}

/** An update of one lead's status. */
export function status(lead_id: number, value: string): Update[] {
  return updates([{ lead_id, fields: { status: value } }])
}

/** The outcome of an update that names its lead by id. */
export const UPDATED: Outcome = { status: 'updated', warnings: [] }

/** The outcome of an update whose key matches these leads. */
export function updatedByKey(...leads: number[]): Outcome {
  return { ...UPDATED, leads }
}

/** Outcomes in short: status, the leads of a key, and code. */
export function statuses(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ status, leads, error }) =>
    [status, leads && `[${leads.join()}]`, error?.code].filter(Boolean).join(' ')
  )
}
