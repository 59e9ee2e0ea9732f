import type { Changes } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import type { CallContext, Exchange, Exchanged } from '../vicidial/exchange.ts'
import type { Guard } from '../vicidial/guard.ts'
import type { Refused } from '../vicidial/reply.ts'
import { SEARCH_LIMIT } from '../vicidial/wire.ts'
import { Delivery, type Delivered, type DeliveryContext } from './delivery.ts'
import { OverloadedError } from './overloaded-error.ts'
import { DrainRate } from './drain-rate.ts'
import { outcomesOf, namedMissing } from './reply-outcomes.ts'
import type { Flow } from './fair-queue.ts'
import { RecentWrites } from './recent-writes.ts'
import type { Found, SearchKey } from './lead-search.ts'
import { type Looking, SearchQueue } from './search-queue.ts'
import {
  ambiguous,
  NOT_IN_TIME,
  NOT_SENT_AFTER_UNKNOWN,
  notDone,
  notFound,
  type Outcome,
  tooManyLeads
} from './outcome.ts'
import { QueueAge } from './queue-age.ts'
import { type CallRules, Flows, DeliveryTask } from './delivery-task.ts'
import { LeadQueues } from './lead-queues.ts'

export interface DispatcherOptions {
  readonly exchange: Exchange
  readonly guard: Guard
  readonly rules: CallRules
  /** Updates that may be waiting for their outcome, all requests together. */
  readonly maxWaiting: number
  /** How long an update waits for company before it goes out; 0: not at all. */
  readonly lingerMs: number
  /** Nothing is taken of a caller while its oldest has waited longer than this and was not sent; absent: no limit. */
  readonly maxAgeMs?: number
  readonly log: {
    child(bindings: Record<string, unknown>): CallContext['log']
    error(members: object, message: string): void
  }
}

/** Values and keys that may wait, in characters: the memory that they take stays below a few times this. */
const MAX_WAITING_CHARACTERS = 64 * 1024 * 1024
/** A call is sent so often without the leads that a dialect names as missing. */
const MAX_ROUNDS = 3
const TOO_OLD = 'those of this caller do not get their turn in time'
const NO_LEAD = 'No lead has this key.'

const NOTHING_FOUND: ReadonlyMap<string, Found> = new Map()

type LeadRow = DeliveryTask<number, Delivery>

/**
 * Updates in, one outcome each out; one for the whole process. A call starts at once if VICIdial has a free place.
 * What arrives meanwhile gathers, across requests and callers, and goes out together when a place is free.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #rows: LeadQueues<number, Delivery>
  readonly #lookUps: SearchQueue
  readonly #rate = new DrainRate()
  readonly #latelySet = new RecentWrites<Delivery>()
  readonly #age = new QueueAge()
  #waiting = 0
  #waitingCharacters = 0
  #lingering: NodeJS.Timeout | undefined
  #isLookUpNext = true

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#rows = new LeadQueues(options.rules, (row) => {
      if (row.request.ordered?.isStored !== true) return
      const fields = this.#latelySet.newerThan(row)
      if (fields.length > 0) row.leave(fields, options.rules)
    })
    this.#lookUps = new SearchQueue(options.exchange)
    // Not at once: first the call that made the place settles its rows, and what they held back may go along.
    options.guard.onPlace(() => {
      setImmediate(() => {
        this.#pump()
      })
    })
  }

  /** Updates that have no outcome yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** How long the oldest request of which nothing was sent has waited, in milliseconds; 0 if there is none. */
  get oldestMs(): number {
    return this.#age.oldestOfAllMs(Date.now())
  }

  /**
   * Delivers a request's updates; resolves when its own have outcomes, whatever others wait for.
   * @throws OverloadedError if too much is waiting already
   */
  async deliver(updates: readonly Update[], context: DeliveryContext): Promise<Delivered> {
    const { keys, characters } = survey(updates)
    this.#admit(updates.length, characters, context.caller)
    const delivery = new Delivery(updates, context, (leads) => {
      this.#waiting -= leads
    })
    if (context.ordered) this.#latelySet.keep(delivery, delivery.done)
    const looking = keys.length > 0 ? this.#lookUps.find(keys, delivery) : undefined
    this.#age.enter(context.caller, delivery, delivery.since)
    const giveUp = (leavesSent: boolean) => {
      const isAsked = looking?.isSent ?? (() => false)
      for (const row of delivery.giveUp(NOT_IN_TIME, isAsked, leavesSent)) this.#rows.abandon(row)
    }
    // Nobody waits for the answer, but what becomes of a call that is out is told to the log and the history.
    const onAbort = () => {
      giveUp(true)
    }
    const atDeadline = setTimeout(giveUp, Math.max(0, context.deadline - Date.now()), false)
    context.signal?.addEventListener('abort', onAbort, { once: true })
    if (context.signal?.aborted) onAbort()
    try {
      if (looking) await this.#lookUp(updates, looking, delivery)
      else this.#enqueue(updates, delivery, NOTHING_FOUND)
      this.#arrange()
      const outcomes = await delivery.done
      if (context.note) await context.note(outcomes)
      return { outcomes, upstreamCalls: delivery.calls }
    } finally {
      if (context.ordered) this.#latelySet.forget(delivery)
      clearTimeout(atDeadline)
      context.signal?.removeEventListener('abort', onAbort)
      this.#age.leave(context.caller, delivery)
      this.#waitingCharacters -= characters
    }
  }

  #admit(updates: number, characters: number, caller: string): void {
    const isTooMany = this.#waiting + updates > this.#options.maxWaiting
    const isTooMuch = this.#waitingCharacters + characters > MAX_WAITING_CHARACTERS
    if (this.#waiting > 0 && (isTooMany || isTooMuch)) {
      throw new OverloadedError(this.#waiting, this.#rate.secondsFor(this.#waiting))
    }
    const { maxAgeMs = Number.POSITIVE_INFINITY } = this.#options
    if (this.#age.oldestMs(caller, Date.now()) > maxAgeMs) {
      throw new OverloadedError(this.#waiting, this.#rate.secondsFor(this.#waiting), TOO_OLD)
    }
    this.#waiting += updates
    this.#waitingCharacters += characters
  }

  /** Looks up the keys of a request, and puts its updates behind those that came before. */
  async #lookUp(updates: readonly Update[], looking: Looking, delivery: Delivery): Promise<void> {
    this.#arrange()
    // Requests that name the same key enter in the order in which they came.
    const all = Promise.all([looking.found, looking.turn])
    const known = await Promise.race([all, delivery.done])
    const [found] = known
    if (found instanceof Map) this.#enqueue(updates, delivery, found)
    // One that gave up still keeps its place until those before it are in.
    void looking.turn.then(looking.entered)
  }

  #enqueue(updates: readonly Update[], delivery: Delivery, found: ReadonlyMap<string, Found>): void {
    if (delivery.isDone) return
    const flows = new Flows<number, Delivery>(delivery, this.#options.rules)
    let place = 0
    for (const update of updates) {
      const { key, changes } = update
      const flow = flows.of(changes)
      if (key.by === 'lead_id') {
        const row = new DeliveryTask(key.value, changes, delivery, place, flow)
        delivery.follow(row)
        this.#rows.admit(row)
      } else this.#enqueueMatched(update, place, flow, delivery, found.get(keyName(key)) ?? [])
      place++
    }
  }

  #enqueueMatched(
    update: Update,
    place: number,
    flow: Flow<LeadRow>,
    delivery: Delivery,
    found: Found
  ): void {
    const leads = matched(update, found)
    if ('status' in leads) {
      delivery.settle(place, leads)
      return
    }
    const more = leads.length - 1
    if (more > 0 && (leads.length >= SEARCH_LIMIT || this.#waiting + more > this.#options.maxWaiting)) {
      delivery.settle(place, tooManyLeads(leads.length))
      return
    }
    this.#waiting += more
    const rows = leads.map((lead) => new DeliveryTask(lead, update.changes, delivery, place, flow))
    delivery.followAll(place, rows)
    for (const row of rows) this.#rows.admit(row)
  }

  /** Sends what can be sent, at once or, if the operator wants larger calls, when enough time has passed. */
  #arrange(): void {
    const { lingerMs } = this.#options
    if (lingerMs === 0) {
      this.#pump()
      return
    }
    this.#lingering ??= setTimeout(() => {
      this.#lingering = undefined
      this.#pump()
    }, lingerMs)
  }

  /** Starts calls as long as there are places for them; ends all that waits while VICIdial may not be called. */
  #pump(): void {
    const { guard } = this.#options
    if (this.#lingering !== undefined) return
    while (guard.refusal() !== undefined || guard.hasPlace()) {
      const started = this.#isLookUpNext
        ? this.#startLookUp() || this.#startCall()
        : this.#startCall() || this.#startLookUp()
      this.#isLookUpNext = !this.#isLookUpNext
      if (!started) return
    }
  }

  #startLookUp(): boolean {
    const searches = this.#lookUps.take()
    if (searches.length === 0) return false
    const reply = this.#options.guard.refusal()
    if (reply !== undefined) this.#lookUps.refuse(searches, unsent(reply))
    else {
      this.#lookUps.send(searches, this.#context(searches)).catch((error: unknown) => {
        this.#lookUps.refuse(searches, this.#failure(error))
      })
    }
    return true
  }

  #startCall(): boolean {
    const rows = this.#rows.take()
    if (rows.length === 0) return false
    const reply = this.#options.guard.refusal()
    if (reply === undefined) {
      this.#send(rows).catch((error: unknown) => {
        this.#refuse(rows, this.#failure(error))
      })
    } else this.#refuse(rows, unsent(reply))
    return true
  }

  #refuse(rows: readonly LeadRow[], why: Exchanged<Refused>): void {
    for (const row of rows) this.#settle(row, notDone({ ...why, maybeMade: row.isSent }))
  }

  /** A fault of the gateway ends the updates that it hit, and nothing else. */
  #failure(error: unknown): Exchanged<Refused> {
    this.#options.log.error({ err: error }, 'dispatcher failed')
    const detail = 'The gateway failed. Its log says more.'
    return { reply: { kind: 'refused', code: 'upstream_error', detail }, maybeMade: false }
  }

  async #send(rows: readonly LeadRow[], rounds = 1): Promise<void> {
    const [first] = rows
    if (first === undefined) return
    const call = { function: first.changes.function, leads: rows }
    const onSent = () => {
      for (const row of rows) row.isSent = true
    }
    const exchanged = await this.#options.exchange.update(call, this.#context(rows, onSent))
    const isNaming = this.#options.rules.dialect === 'leads_data' && rounds < MAX_ROUNDS
    const missing = new Set(isNaming ? namedMissing(rows, exchanged) : [])
    const outcomeOf = outcomesOf(first.changes, exchanged)
    for (const row of missing.size > 0 ? missing : rows) this.#settle(row, outcomeOf(row.lead))
    this.#rate.note(rows.length)
    if (missing.size > 0)
      await this.#send(
        rows.filter((row) => !missing.has(row)),
        rounds + 1
      )
    this.#pump()
  }

  #settle(row: LeadRow, outcome: Outcome): void {
    if (outcome.status === 'updated') this.#latelySet.note(row)
    row.settle(outcome)
    // A call whose fate is not known may still take effect: what comes after it could be undone by it.
    if (outcome.status === 'unknown') {
      for (let { next } = row; next !== undefined; next = next.next) next.settle(NOT_SENT_AFTER_UNKNOWN)
    }
    this.#rows.release(row)
  }

  /** A call is of use until the last of its requests ends, and counts for each of them. */
  #context(
    units: readonly { addRequests(requests: Set<Delivery>): void }[],
    onSent?: () => void
  ): CallContext {
    const deliveries = new Set<Delivery>()
    for (const unit of units) unit.addRequests(deliveries)
    const [first] = deliveries
    const { requestId = '', source = '' } = first ?? {}
    let deadline = 0
    let since = Date.now()
    for (const delivery of deliveries) {
      deadline = Math.max(deadline, delivery.deadline)
      since = Math.min(since, delivery.since)
    }
    return {
      source,
      deadline,
      since,
      requests: deliveries,
      log: this.#options.log.child({ request_id: requestId, requests: deliveries.size }),
      onSent: () => {
        for (const delivery of deliveries) {
          delivery.calls++
          this.#age.leave(delivery.caller, delivery)
        }
        onSent?.()
      }
    }
  }
}

/** No call was made, because VICIdial may not be called. */
function unsent(reply: Refused): Exchanged<Refused> {
  return { reply, maybeMade: false, isUnsent: true }
}

/** What a request brings along: keys to look up, and the characters of what is to be changed. */
function survey(updates: readonly Update[]): { keys: readonly SearchKey[]; characters: number } {
  const keys: SearchKey[] = []
  const distinct = new Set<Changes>()
  for (const { key, changes } of updates) {
    if (key.by !== 'lead_id') keys.push(key)
    distinct.add(changes)
  }
  let characters = 0
  for (const { key } of distinct) characters += key.length
  return { keys, characters }
}

/** The leads of those that its key matches which an update means, or its outcome if that settles it. */
function matched({ onMultiple }: Update, found: Found): readonly number[] | Outcome {
  if ('reply' in found) return notDone(found)
  const [newest] = found
  if (newest === undefined) return notFound(NO_LEAD)
  if (found.length === 1 || onMultiple === 'newest') return [newest]
  return onMultiple === 'all' ? found : ambiguous(found)
}
