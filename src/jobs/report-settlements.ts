import type { Settlement } from '../outbox/queue.ts'
import { reportResults, type ResultObserver } from '../telemetry/observer.ts'

/** Reports the results of stored updates that have ended, job by job. */
export function reportSettlements(observer: ResultObserver, settlements: readonly Settlement[]): void {
  const now = Date.now()
  const ended = settlements.filter((settlement) => settlement.disposition !== 'retry')
  for (const ofJob of Map.groupBy(ended, ({ claimed }) => claimed.job.id).values()) {
    const [first] = ofJob
    if (first === undefined) continue
    const { job, acceptedAt } = first.claimed
    const results = ofJob.map(({ disposition, result }) =>
      disposition === 'dead_lettered' ? { ...result, status: 'dead_lettered' as const } : result
    )
    reportResults(observer, { ...job, storedMs: Math.max(0, now - acceptedAt) }, results)
  }
}
