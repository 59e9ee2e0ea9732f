import type { Upstream } from '../vicidial/upstreams.ts'
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts'

export type DispatchersOptions = Omit<DispatcherOptions, 'exchange' | 'guard' | 'log'>

/** What waits for VICIdial by one account; see `Dispatcher`. */
export interface DispatcherQueue {
  readonly account: string
  readonly waiting: number
  readonly oldestMs: number
}

/** The dispatchers, one for each VICIdial account. */
export class Dispatchers {
  readonly #byAccount: ReadonlyMap<string, Dispatcher>

  constructor(upstreams: readonly Upstream[], options: DispatchersOptions) {
    this.#byAccount = new Map(
      upstreams.map(({ account, exchange, guard, log }) => [
        account.name,
        new Dispatcher({ ...options, exchange, guard, log })
      ])
    )
  }

  /** @throws Error if there is no such account; callers and webhooks are checked to name none */
  of(account: string): Dispatcher {
    const dispatcher = this.#byAccount.get(account)
    if (dispatcher === undefined) throw new Error(`there is no account ${account}`)
    return dispatcher
  }

  /** The queue of each account. */
  get queues(): readonly DispatcherQueue[] {
    return [...this.#byAccount].map(([account, { waiting, oldestMs }]) => ({ account, waiting, oldestMs }))
  }
}
