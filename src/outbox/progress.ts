import type { JobStatus } from './jobs.ts'
import type { Settlement } from './queue.ts'

/** How many updates have a result of each status. */
export type Counts = Readonly<Record<string, number>>

/** How many updates of each job have ended, by job id and status. Jobs whose updates wait for a retry have no counts. */
export function countEnded(settlements: readonly Settlement[]): Map<string, Record<string, number>> {
  const ended = new Map<string, Record<string, number>>()
  for (const settlement of settlements) {
    const { id } = settlement.claimed.job
    const counts = ended.get(id) ?? {}
    ended.set(id, counts)
    if (settlement.disposition === 'retry') continue
    const { status } = settlement.result
    counts[status] = (counts[status] ?? 0) + 1
  }
  return ended
}

const MADE = ['updated', 'added', 'superseded', 'read']

/** The status of a job all of whose updates have ended. */
export function endedStatus(counts: Counts, received: number): JobStatus {
  // A superseded update counts as made: the lead has newer values.
  const made = MADE.reduce((sum, status) => sum + (counts[status] ?? 0), 0)
  if (made === received) return 'completed'
  return made + (counts['incomplete'] ?? 0) > 0 ? 'partial' : 'failed'
}
