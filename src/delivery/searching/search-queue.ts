import { collated, keyName, type LeadKey, mayBeSpeltOtherwise, orderName } from '../../leads/lead-key.ts'
import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { CallContext, RepeatOptions } from '../../vicidial/exchange/call-runner.ts'
import { pauseBeforeRepeat } from '../../vicidial/exchange/repeat.ts'
import { type Refused, REFUSED_ON_THE_WAY } from '../../vicidial/reply/reply.ts'
import { confirmAbsence } from '../adding/confirm-absence.ts'
import type { KeyLines } from '../adding/key-lines.ts'
import type { Delivery } from '../delivery.ts'
import { FairQueue, Flow } from '../fair-queue.ts'
import { type Found, LeadSearch, searchBatchKey, type SearchKey, type WantedSearch } from './lead-search.ts'
import { type FailedExchange, notDone } from '../outcome.ts'
import { type PartEnd, sendInParts } from './send-in-parts.ts'

/** A request's searches. */
export interface PendingSearch {
  /** What was found, by `keyName`. */
  readonly found: Promise<ReadonlyMap<string, Found>>
  /** Resolves when every earlier request that named one of the keys has added its tasks. */
  readonly turn: Promise<unknown>
  /** Must be called when this request has added its tasks, or has given up. */
  readonly entered: () => void
  /** Whether VICIdial was asked for a key. */
  readonly isSent: (key: LeadKey) => boolean
}

/** Most leads of one key whose codes are read, a call each. */
export const MAX_CODES_READ = 10

/** Most keys per call. VICIdial compares every key with every row it found, so more would cost more than another call. */
export const MAX_KEYS_PER_CALL = 600

/** The look-up before, which named the keys, was proven. */
const AFTER_PROOF: RepeatOptions = { isRepeated: true, isBlamed: false, isBelieved: true }

/** Searches that wait for a call, gathered across requests. */
export class SearchQueue {
  readonly #queue = new FairQueue<LeadSearch>()
  readonly #exchange: Exchange
  readonly #lines: Pick<KeyLines, 'version'>
  /** Searches without a result, by source and key; requests that name the same key share them. */
  readonly #pending = new Map<string, LeadSearch>()
  /** `orderName` of a key → resolves when the last request that named it so has entered. */
  readonly #turns = new Map<string, Promise<undefined>>()

  constructor(exchange: Exchange, lines: Pick<KeyLines, 'version'>) {
    this.#exchange = exchange
    this.#lines = lines
  }

  /** Adds searches for a request's keys, by `keyName`. */
  find(wanted: ReadonlyMap<string, WantedSearch>, delivery: Delivery): PendingSearch {
    const byName = new Map<string, LeadSearch>()
    const flows = new Map<string, Flow<LeadSearch>>()
    const searches: Promise<[string, Found]>[] = []
    const turns: Promise<undefined>[] = []
    const orders: string[] = []
    const { promise, resolve } = Promise.withResolvers<undefined>()
    for (const [name, { key, isExact }] of wanted) {
      const readsCodes = mayBeSpeltOtherwise(key, isExact)
      const search = this.#searchFor(key, readsCodes, name, delivery, flows)
      byName.set(name, search)
      searches.push(search.found.then((found) => [name, found]))
      const order = orderName(key)
      const before = this.#turns.get(order)
      if (before && before !== promise) turns.push(before)
      this.#turns.set(order, promise)
      orders.push(order)
    }
    const entered = () => {
      resolve(undefined)
      for (const order of orders) if (this.#turns.get(order) === promise) this.#turns.delete(order)
    }
    const isSent = (key: LeadKey) => byName.get(keyName(key))?.isSent === true
    const found = Promise.all(searches).then((all) => new Map(all))
    return { found, turn: Promise.all(turns), entered, isSent }
  }

  /** Looks up a key that seems to have no lead, once more and with others like it; see `confirmAbsence`. */
  confirm(key: SearchKey, isExact: boolean, delivery: Delivery): Promise<Found> {
    const { caller, source } = delivery
    const flow = new Flow<LeadSearch>(caller, delivery, `${source} absent ${searchBatchKey(key)}`)
    const search = new LeadSearch(key, mayBeSpeltOtherwise(key, isExact), delivery, flow, true)
    this.#queue.add(search)
    return search.found
  }

  #searchFor(
    key: SearchKey,
    readsCodes: boolean,
    name: string,
    delivery: Delivery,
    flows: Map<string, Flow<LeadSearch>>
  ): LeadSearch {
    const { caller, source } = delivery
    const pendingName = `${source} ${readsCodes ? 'with codes ' : ''}${name}`
    const pending = this.#pending.get(pendingName)
    if (pending?.isInTimeFor(delivery)) {
      pending.join(delivery)
      return pending
    }
    const batchKey = `${source} ${searchBatchKey(key)}`
    const flow = flows.get(batchKey) ?? new Flow<LeadSearch>(caller, delivery, batchKey)
    flows.set(batchKey, flow)
    const search = new LeadSearch(key, readsCodes, delivery, flow)
    this.#pending.set(pendingName, search)
    this.#queue.add(search)
    void search.found.then(() => {
      if (this.#pending.get(pendingName) === search) this.#pending.delete(pendingName)
    })
    return search
  }

  /** Takes the searches of the next call; an empty list if none waits. */
  take(): LeadSearch[] {
    return this.#queue.take(() => MAX_KEYS_PER_CALL)
  }

  /**
   * Sends searches that were taken together. If the call fails they are sent again in parts, so that a key which makes it
   * fail is alone in a call; a result that reaches VICIdial's limit is asked for in halves.
   */
  async send(taken: readonly LeadSearch[], context: CallContext): Promise<void> {
    const searches = taken.filter((search) => !this.#isRefused(search))
    if (searches.length === 0) return
    const [first] = searches
    if (first?.isConfirming) {
      const send = (keys: readonly string[]) =>
        this.#exchange.search(first.key.by, keys, context, AFTER_PROOF)
      await confirmAbsence(searches, send, (search, leads) => {
        this.#settleFound(search, leads, context)
      })
      return
    }
    for (const search of searches) search.deadline = context.deadline
    // Keys of one caller are neighbours, so halving soon separates a bad one from other callers' keys.
    const byCaller = [...Map.groupBy(searches, ({ flow }) => flow.caller).values()].flat()
    await sendInParts(byCaller, {
      send: (part, isPart, isBlamed) => this.#sendPart(part, context, isPart, isBlamed),
      mayBeAtFault: ({ reply }) =>
        reply.kind === 'not_made' || reply.kind === 'unclear' || reply === REFUSED_ON_THE_WAY,
      fail: (part, exchanged) => {
        this.fail(part, exchanged)
      },
      pause: (round) => pauseBeforeRepeat(round, context.deadline)
    })
  }

  async #sendPart(
    searches: readonly LeadSearch[],
    context: CallContext,
    isPart: boolean,
    isBlamed: boolean
  ): Promise<PartEnd> {
    const [first] = searches
    if (first === undefined) return 'settled'
    const values = searches.map(({ key }) => key.value)
    const isAlone = searches.length === 1 && !isPart
    const version = this.#lines.version
    const exchanged = await this.#exchange.search(first.key.by, values, context, {
      isRepeated: isAlone,
      isBlamed
    })
    const { reply } = exchanged
    if (reply.kind === 'limit_reached' && searches.length > 1) return 'too_large'
    if (reply.kind !== 'found' && reply.kind !== 'limit_reached' && reply.kind !== 'not_found')
      return { ...exchanged, reply }
    const missing: Found = {
      kind: 'leads',
      leads: [],
      ...(exchanged.isProvisional ? { isProvisional: true as const } : {}),
      ...(reply.kind === 'not_found' && version !== undefined ? { absentAsOf: version } : {})
    }
    for (const search of searches) {
      const leads = reply.kind === 'not_found' ? [] : (reply.leads.get(search.key.value) ?? [])
      if (leads.length > 0) this.#settleFound(search, leads, context)
      else search.settle(missing)
    }
    return 'settled'
  }

  #settleFound(search: LeadSearch, leads: readonly number[], context: CallContext): void {
    if (search.readsCodes) void this.#settleWithCodes(search, leads, context)
    else search.settle({ kind: 'leads', leads })
  }

  /** Reads the codes of the leads found, which may be spelt otherwise than the key. */
  async #settleWithCodes(search: LeadSearch, leads: readonly number[], context: CallContext): Promise<void> {
    const codes = new Map<number, string>()
    /** Why the first code that is missing could not be read. */
    let unread: { readonly refusal?: Refused; readonly isUnsent?: true } | undefined
    for (const lead of leads.slice(0, MAX_CODES_READ)) {
      const { reply, isUnsent } = await this.#exchange.reads.shortField(lead, 'vendor_lead_code', context)
      if (reply.kind === 'field' && collated(reply.value) === collated(search.key.value))
        codes.set(lead, reply.value)
      else unread ??= { ...(reply.kind === 'refused' && { refusal: reply }), ...(isUnsent && { isUnsent }) }
    }
    search.settle({ kind: 'leads', leads, codes, ...unread })
  }

  /** Settles a search whose key could harm others, or VICIdial. */
  #isRefused(search: LeadSearch): boolean {
    const reply = this.#exchange.keyRefusal(search.key.value)
    if (reply !== undefined) this.fail([search], { reply, maybeMade: false })
    return reply !== undefined
  }

  /** Settles searches whose call failed or was not made. */
  fail(searches: readonly LeadSearch[], exchanged: FailedExchange): void {
    // A search changes nothing, so the updates were certainly not made.
    const outcome = notDone({ ...exchanged, maybeMade: false })
    for (const search of searches) search.settle({ kind: 'outcome', outcome })
  }
}
