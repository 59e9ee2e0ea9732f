import { keyName, type LeadKey } from '../leads/lead-key.ts'
import type { CallContext, Exchange, Exchanged } from '../vicidial/exchange.ts'
import type { Refused } from '../vicidial/reply.ts'
import type { Delivery } from './delivery.ts'
import { FairQueue, Flow } from './fair-queue.ts'
import { type Found, MAX_KEYS_PER_CALL, LeadSearch, searchGroup, type SearchKey } from './lead-search.ts'

/** A request's look-ups. */
export interface Looking {
  /** What was found, by `keyName`. */
  readonly found: Promise<ReadonlyMap<string, Found>>
  /** Resolves when every earlier request that named one of the keys has put its updates in. */
  readonly turn: Promise<unknown>
  /** To be called when this request has put its updates in, or given up. */
  readonly entered: () => void
  /** Whether VICIdial was asked for a key. */
  readonly isSent: (key: LeadKey) => boolean
}

/** Keys that wait for a look-up, gathered across requests. */
export class SearchQueue {
  readonly #queue = new FairQueue<LeadSearch>()
  readonly #exchange: Exchange
  /** The look-up of a key that waits or is under way: whoever names the key meanwhile shares it. */
  readonly #open = new Map<string, LeadSearch>()
  readonly #latest = new Map<string, Promise<undefined>>()

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  /** Puts the keys of a request among those that wait. */
  find(keys: readonly SearchKey[], delivery: Delivery): Looking {
    const byName = new Map<string, LeadSearch>()
    const flows = new Map<string, Flow<LeadSearch>>()
    const searches: Promise<[string, Found]>[] = []
    const turn: Promise<undefined>[] = []
    const { promise, resolve } = Promise.withResolvers<undefined>()
    for (const key of keys) {
      const name = keyName(key)
      if (byName.has(name)) continue
      const search = this.#search(key, delivery, flows)
      byName.set(name, search)
      searches.push(search.found.then((found) => [name, found]))
      const before = this.#latest.get(name)
      if (before) turn.push(before)
      this.#latest.set(name, promise)
    }
    const entered = () => {
      resolve(undefined)
      for (const name of byName.keys()) if (this.#latest.get(name) === promise) this.#latest.delete(name)
    }
    const isSent = (key: LeadKey) => byName.get(keyName(key))?.isSent === true
    const found = Promise.all(searches).then((all) => new Map(all))
    return { found, turn: Promise.all(turn), entered, isSent }
  }

  #search(key: SearchKey, delivery: Delivery, flows: Map<string, Flow<LeadSearch>>): LeadSearch {
    const name = `${delivery.source} ${keyName(key)}`
    let search = this.#open.get(name)
    if (search === undefined || !isOfUse(search, delivery)) {
      const group = `${delivery.source} ${searchGroup(key)}`
      const flow = flows.get(group) ?? new Flow<LeadSearch>(delivery.caller, delivery, group)
      flows.set(group, flow)
      search = new LeadSearch(key, delivery, flow)
      this.#open.set(name, search)
      this.#queue.add(search)
      const opened = search
      void search.found.then(() => {
        if (this.#open.get(name) === opened) this.#open.delete(name)
      })
    } else search.join(delivery)
    return search
  }

  /** Takes the keys of the next look-up. */
  take(): LeadSearch[] {
    return this.#queue.take(() => MAX_KEYS_PER_CALL)
  }

  /** Tells all who wait for `searches` why VICIdial was not asked, or not in the right way. */
  refuse(searches: readonly LeadSearch[], why: Exchanged<Refused>): void {
    for (const search of searches) search.settle(why)
  }

  /** Asks VICIdial for `searches`, which are of one group. A result that reached the limit is asked for in halves. */
  async send(searches: readonly LeadSearch[], context: CallContext): Promise<void> {
    const [first] = searches
    if (first === undefined) return
    for (const search of searches) search.sentUntil = context.deadline
    const values = searches.map(({ key }) => key.value)
    const onSent = () => {
      for (const search of searches) search.isSent = true
      context.onSent()
    }
    const exchanged = await this.#exchange.search(first.key.by, values, { ...context, onSent })
    const { reply } = exchanged
    if (reply.kind === 'limit_reached' && searches.length > 1) {
      const half = Math.ceil(searches.length / 2)
      await Promise.all([
        this.send(searches.slice(0, half), context),
        this.send(searches.slice(half), context)
      ])
      return
    }
    for (const search of searches) {
      const isKnown = reply.kind === 'found' || reply.kind === 'limit_reached'
      // A look-up changes nothing, so whatever became of it, the update was not made.
      search.settle(isKnown ? (reply.leads.get(search.key.value) ?? []) : { ...exchanged, maybeMade: false })
    }
  }
}

/** Whether a look-up that may be under way has at least half the time that a request has. */
function isOfUse(search: LeadSearch, delivery: Delivery): boolean {
  const now = Date.now()
  return (search.sentUntil - now) * 2 >= delivery.deadline - now
}
