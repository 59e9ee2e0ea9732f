import type { EndedUpdates, Observer } from '../telemetry/observer.ts'
import type { Settlement } from '../outbox/outbox.ts'

type Telling = Pick<Observer, 'updatesEnded'>
type Common = Pick<EndedUpdates, 'caller' | 'account' | 'storedMs'>

/** What an observer is told of one update. */
interface Ended {
  readonly status: EndedUpdates['status']
  readonly error?: { readonly code: string } | undefined
}

/** Tells what became of a caller's updates: those that ended alike in one. */
export function reportResults(
  observer: Telling,
  { caller, account, storedMs }: Common,
  results: Iterable<Ended>
): void {
  const alike = new Map<string, { status: EndedUpdates['status']; code: string | undefined; count: number }>()
  for (const { status, error } of results) {
    const key = error ? `${status} ${error.code}` : status
    const known = alike.get(key)
    if (known) known.count++
    else alike.set(key, { status, code: error?.code, count: 1 })
  }
  const common = { caller, account, ...(storedMs === undefined ? {} : { storedMs }) }
  for (const { status, code, count } of alike.values())
    observer.updatesEnded({ ...common, status, ...(code === undefined ? {} : { code }), count })
}

/** Tells which stored updates have ended with `settlements`, those of a job together. */
export function reportSettlements(observer: Telling, settlements: readonly Settlement[]): void {
  const now = Date.now()
  const ended = settlements.filter((settlement) => settlement.disposition !== 'retry')
  for (const ofJob of Map.groupBy(ended, ({ claimed }) => claimed.job.id).values()) {
    const [first] = ofJob
    if (first === undefined) continue
    const { job, acceptedAt } = first.claimed
    const results = ofJob.map(({ disposition, result: { status, error } }) =>
      disposition === 'dead_lettered' ? { status: 'dead_lettered' as const, error } : { status, error }
    )
    reportResults(observer, { ...job, storedMs: now - acceptedAt }, results)
  }
}
