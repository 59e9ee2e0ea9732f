import type { Changes } from '../leads/changes.ts'
import type { Update } from '../leads/update.ts'
import type { CallContext, Exchange } from '../vicidial/exchange.ts'
import type { Guard } from '../vicidial/guard.ts'
import type { Refused } from '../vicidial/reply.ts'
import { SEARCH_LIMIT } from '../vicidial/wire.ts'
import { Delivery } from './delivery.ts'
import { DrainRate } from './drain-rate.ts'
import { judge, namedMissing } from './judge.ts'
import { type Found, keyName, type SearchKey } from './look-up.ts'
import { LookUps } from './look-ups.ts'
import {
  ambiguous,
  NOT_IN_TIME,
  NOT_SENT_AFTER_UNKNOWN,
  notDone,
  notFound,
  type Outcome,
  tooManyLeads
} from './outcome.ts'
import { type CallRules, groupOf, Row } from './row.ts'
import { WaitingRows } from './waiting-rows.ts'

/** Who asks for updates, and until when the answer is of use. */
export interface DeliveryContext {
  readonly caller: string
  /** VICIdial's `source`; updates of different sources never share a call. */
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly requestId: string
  /** Aborted when nobody waits for the answer any more: what is not yet sent is given up. */
  readonly signal?: AbortSignal
}

/** What became of a request's updates. */
export interface Delivered {
  /** One outcome per update, in the same order. */
  readonly outcomes: readonly Outcome[]
  /** Calls to VICIdial in which the request had a part, repeats included. */
  readonly upstreamCalls: number
}

export interface DispatcherOptions {
  readonly exchange: Exchange
  readonly guard: Guard
  readonly rules: CallRules
  /** Updates that may be waiting for their outcome, all requests together. */
  readonly maxWaiting: number
  /** How long an update waits for company before it goes out; 0: not at all. */
  readonly lingerMs: number
  readonly log: {
    child(bindings: Record<string, unknown>): CallContext['log']
    error(members: object, message: string): void
  }
}

/** Too much is waiting; nothing of the request was taken. */
export class OverloadedError extends Error {
  /** When there will be room, at the rate measured of late. */
  readonly retryAfterSeconds: number

  constructor(waiting: number, retryAfterSeconds: number) {
    super(`${waiting} updates are waiting for VICIdial; there is no room for more.`)
    this.name = 'OverloadedError'
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Values and keys that may wait, in characters: the memory that they take stays below a few times this. */
const MAX_WAITING_CHARACTERS = 64 * 1024 * 1024
/** A call is sent so often without the leads that a dialect names as missing. */
const MAX_ROUNDS = 3
const NO_LEAD = 'No lead has this key.'

type LeadRow = Row<number, Delivery>

/**
 * Updates in, one outcome each out; one for the whole process. A call starts at once if VICIdial has a free place.
 * What arrives meanwhile gathers, across requests and callers, and goes out together when a place is free.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #rows: WaitingRows<number, Delivery>
  readonly #lookUps: LookUps
  readonly #rate = new DrainRate()
  #waiting = 0
  #waitingCharacters = 0
  #lingering: NodeJS.Timeout | undefined
  #isLookUpNext = true

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#rows = new WaitingRows(options.rules)
    this.#lookUps = new LookUps(options.exchange)
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

  /**
   * Delivers a request's updates; resolves when its own have outcomes, whatever others wait for.
   * @throws OverloadedError if too much is waiting already
   */
  async deliver(updates: readonly Update[], context: DeliveryContext): Promise<Delivered> {
    let characters = 0
    for (const { key } of new Set(updates.map(({ changes }) => changes))) characters += key.length
    this.#admit(updates.length, characters)
    const delivery = new Delivery(updates, context, (leads) => {
      this.#waiting -= leads
    })
    const giveUp = () => {
      for (const row of delivery.giveUp(NOT_IN_TIME)) this.#rows.abandon(row)
    }
    const atDeadline = setTimeout(giveUp, Math.max(0, context.deadline - Date.now()))
    context.signal?.addEventListener('abort', giveUp, { once: true })
    if (context.signal?.aborted) giveUp()
    try {
      await this.#enter(updates, delivery)
      return { outcomes: await delivery.done, upstreamCalls: delivery.calls }
    } finally {
      clearTimeout(atDeadline)
      context.signal?.removeEventListener('abort', giveUp)
      this.#waitingCharacters -= characters
    }
  }

  #admit(updates: number, characters: number): void {
    const isTooMany = this.#waiting + updates > this.#options.maxWaiting
    const isTooMuch = this.#waitingCharacters + characters > MAX_WAITING_CHARACTERS
    if (this.#waiting > 0 && (isTooMany || isTooMuch)) {
      throw new OverloadedError(this.#waiting, this.#rate.secondsFor(this.#waiting))
    }
    this.#waiting += updates
    this.#waitingCharacters += characters
  }

  /** Looks up the keys of a request, and puts its updates behind those that came before. */
  async #enter(updates: readonly Update[], delivery: Delivery): Promise<void> {
    const keys = updates.map(({ key }) => key).filter((key): key is SearchKey => key.by !== 'lead_id')
    if (keys.length === 0) {
      this.#enqueue(updates, delivery, new Map())
    } else {
      const looking = this.#lookUps.find(keys, delivery)
      this.#arrange()
      // Requests that name the same key enter in the order in which they came.
      const all = Promise.all([looking.found, looking.turn])
      const known = await Promise.race([all, delivery.done])
      const [found] = known
      if (found instanceof Map) this.#enqueue(updates, delivery, found)
      // One that gave up still keeps its place until those before it are in.
      void looking.turn.then(looking.entered)
    }
    this.#arrange()
  }

  #enqueue(updates: readonly Update[], delivery: Delivery, found: ReadonlyMap<string, Found>): void {
    if (delivery.isDone) return
    const groups = new Map<Changes, string>()
    for (const [place, update] of updates.entries()) {
      const { changes } = update
      const leads = leadsOf(update, found)
      if ('status' in leads) {
        delivery.settle(place, leads)
        continue
      }
      const more = leads.length - 1
      if (more > 0 && (leads.length >= SEARCH_LIMIT || this.#waiting + more > this.#options.maxWaiting)) {
        delivery.settle(place, tooManyLeads(leads.length))
        continue
      }
      this.#waiting += more
      let group = groups.get(changes)
      if (group === undefined) {
        group = groupOf(changes, delivery.source, this.#options.rules)
        groups.set(changes, group)
      }
      for (const lead of leads) {
        delivery.follow(place, this.#rows.admit(new Row(lead, changes, delivery, group)))
      }
    }
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
    if (reply !== undefined) this.#lookUps.refuse(searches, reply)
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
    } else this.#refuse(rows, reply)
    return true
  }

  #refuse(rows: readonly LeadRow[], reply: Refused): void {
    for (const row of rows) this.#settle(row, notDone([row.lead], { reply, maybeMade: row.isSent }))
  }

  /** A fault of the gateway ends the updates that it hit, and nothing else. */
  #failure(error: unknown): Refused {
    this.#options.log.error({ err: error }, 'dispatcher failed')
    return { kind: 'refused', code: 'upstream_error', detail: 'The gateway failed. Its log says more.' }
  }

  async #send(rows: readonly LeadRow[], rounds = 1): Promise<void> {
    const [first] = rows
    if (first === undefined) return
    const call = { function: first.changes.function, rows }
    const onSent = () => {
      for (const row of rows) row.isSent = true
    }
    const exchanged = await this.#options.exchange.update(call, this.#context(rows, onSent))
    const isNaming = this.#options.rules.dialect === 'leads_data' && rounds < MAX_ROUNDS
    const missing = new Set(isNaming ? namedMissing(rows, exchanged) : [])
    for (const row of missing.size > 0 ? missing : rows) this.#settle(row, judge(row, exchanged))
    this.#rate.note(rows.length)
    if (missing.size > 0)
      await this.#send(
        rows.filter((row) => !missing.has(row)),
        rounds + 1
      )
    this.#pump()
  }

  #settle(row: LeadRow, outcome: Outcome): void {
    row.settle(outcome)
    // A call whose fate is not known may still take effect: what comes after it could be undone by it.
    if (outcome.status === 'unknown') {
      for (let { next } = row; next !== undefined; next = next.next) next.settle(NOT_SENT_AFTER_UNKNOWN)
    }
    this.#rows.release(row)
  }

  /** A call is of use until the last of its requests ends, and counts for each of them. */
  #context(
    units: readonly { readonly waiters: readonly { readonly request: Delivery }[] }[],
    onSent?: () => void
  ): CallContext {
    const deliveries = new Set<Delivery>()
    for (const { waiters } of units) for (const { request } of waiters) deliveries.add(request)
    const [first] = deliveries
    const { requestId = '', source = '' } = first ?? {}
    let deadline = 0
    for (const delivery of deliveries) deadline = Math.max(deadline, delivery.deadline)
    return {
      source,
      deadline,
      log: this.#options.log.child({ request_id: requestId, requests: deliveries.size }),
      onSent: () => {
        for (const delivery of deliveries) delivery.calls++
        onSent?.()
      }
    }
  }
}

/** The leads that an update names, or its outcome if that settles it. */
function leadsOf(update: Update, found: ReadonlyMap<string, Found>): readonly number[] | Outcome {
  if (update.key.by === 'lead_id') return [update.key.value]
  const leads = found.get(keyName(update.key)) ?? []
  if ('reply' in leads) return notDone([], leads)
  const [newest] = leads
  if (newest === undefined) return notFound([], NO_LEAD)
  if (leads.length === 1 || update.onMultiple === 'newest') return [newest]
  return update.onMultiple === 'all' ? leads : ambiguous(leads)
}
