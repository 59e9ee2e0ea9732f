import type { EndedUpdates, Observer } from './observer.ts'

export type ResultObserver = Pick<Observer, 'updatesEnded'>
type Common = Pick<EndedUpdates, 'caller' | 'account' | 'storedMs'>

/** The result of one update. */
interface Ended {
  readonly status: EndedUpdates['status']
  readonly error?: { readonly code: string } | undefined
}

/** Reports the results of a caller's updates, one report for each status and code. */
export function reportResults(
  observer: ResultObserver,
  { caller, account, storedMs }: Common,
  results: Iterable<Ended>
): void {
  const reports = new Map<
    string,
    { status: EndedUpdates['status']; code: string | undefined; count: number }
  >()
  for (const { status, error } of results) {
    const key = error ? `${status} ${error.code}` : status
    const report = reports.get(key)
    if (report) report.count++
    else reports.set(key, { status, code: error?.code, count: 1 })
  }
  const common = { caller, account, ...(storedMs === undefined ? {} : { storedMs }) }
  for (const { status, code, count } of reports.values())
    observer.updatesEnded({ ...common, status, ...(code === undefined ? {} : { code }), count })
}
