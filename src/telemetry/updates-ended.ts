import type { EndedUpdates, Observer } from './observer.ts'

export type ResultObserver = Pick<Observer, 'updatesEnded'>
type Common = Pick<EndedUpdates, 'caller' | 'account' | 'storedMs'>

/** What an observer is told of one update. */
interface Ended {
  readonly status: EndedUpdates['status']
  readonly error?: { readonly code: string } | undefined
}

/** Tells what became of a caller's updates: those that ended alike in one. */
export function reportResults(
  observer: ResultObserver,
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
