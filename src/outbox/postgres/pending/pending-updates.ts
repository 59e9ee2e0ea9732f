import { BY_ID } from '../../../leads/lead-key.ts'
import { DueQueue } from './due-queue.ts'

/** An update that has not ended, as it was stored. */
export interface StoredUpdate {
  readonly id: number
  readonly account: string
  /** Milliseconds since the epoch. */
  readonly dueAt: number
}

/** The same, as a look finds it. */
export interface FoundUpdate extends StoredUpdate {
  /** The lead as the update names it, see `keyName`. */
  readonly lead: string
}

/** A lead as an update names it; one that is named by id by that number, which takes no memory of its own. */
type LeadName = number | string

/** An update that has not ended, among those of its lead. A million of them are in memory, so they are small. */
export class PendingUpdate {
  readonly id: number
  readonly lead: LeadName
  readonly account: AccountQueue
  dueAt: number
  /** See `Due`. */
  place = 0
  /** The lead's updates of the same account that were accepted right before and after it. */
  previous: PendingUpdate | undefined
  next: PendingUpdate | undefined
  /** Of the first of them: the last one. */
  last: PendingUpdate
  /** `queued`: among its account's due updates. */
  state: 'waiting' | 'queued' | 'in_flight' = 'waiting'

  constructor(id: number, lead: LeadName, account: AccountQueue, dueAt: number) {
    this.id = id
    this.lead = lead
    this.account = account
    this.dueAt = dueAt
    this.last = this
  }
}

interface AccountQueue {
  /** The first pending update of each lead. */
  readonly leads: Map<LeadName, PendingUpdate>
  /**
   * The first updates of leads. Those that can't be claimed when their turn comes are skipped: `#requeue` adds the lead's
   * first one again when it can be.
   */
  readonly due: DueQueue<PendingUpdate>
  size: number
}

/**
 * All pending updates, in memory: the owner alone changes them. Of each lead and account only the oldest may be claimed,
 * and none while an update of the lead is in flight, as VICIdial could apply the updates of two accounts in either order.
 */
export class PendingUpdates {
  readonly #accounts = new Map<string, AccountQueue>()
  readonly #byId = new Map<number, PendingUpdate>()
  /** Passes the ids in the order of `#byId`, each once. */
  #ids = this.#byId.keys()
  #oldestId: number | undefined
  /** How many updates of each lead are in flight. */
  readonly #inFlight = new Map<LeadName, number>()

  get size(): number {
    return this.#byId.size
  }

  /** How many there are of each account. */
  get byAccount(): ReadonlyMap<string, number> {
    return new Map([...this.#accounts].map(([name, { size }]) => [name, size]))
  }

  /** The id of the update that was found first. */
  get oldestId(): number | undefined {
    if (this.size === 0) return undefined
    while (this.#oldestId === undefined || !this.#byId.has(this.#oldestId)) {
      const { value, done } = this.#ids.next()
      if (done) this.#ids = this.#byId.keys()
      else this.#oldestId = value
    }
    return this.#oldestId
  }

  has(id: number): boolean {
    return this.#byId.has(id)
  }

  /** Adds an update, unless it is known. Returns whether it was added. */
  add({ id, account, lead: named, dueAt }: FoundUpdate): boolean {
    if (this.#byId.has(id)) return false
    const lead = shortName(named)
    const ofAccount = this.#accountOf(account)
    const update = new PendingUpdate(id, lead, ofAccount, dueAt)
    insert(update)
    this.#byId.set(id, update)
    ofAccount.size++
    if (!this.#inFlight.has(lead)) queueFirst(ofAccount, lead)
    return true
  }

  /** Takes up to `limit` updates of an account that are due at `now`, longest due first, and marks them as in flight. */
  take(account: string, limit: number, now: number): PendingUpdate[] {
    const taken: PendingUpdate[] = []
    while (taken.length < limit) {
      const first = this.#firstDue(account)
      if (first === undefined || first.dueAt > now) break
      this.takeAlong(first)
      taken.push(first)
    }
    return taken
  }

  /** Marks an update as in flight, if it isn't. */
  takeAlong(update: PendingUpdate): void {
    const { lead } = update
    if (update.state === 'in_flight') return
    unqueue(update)
    update.state = 'in_flight'
    this.#inFlight.set(lead, (this.#inFlight.get(lead) ?? 0) + 1)
  }

  /** The same by its id. */
  takeById(id: number): void {
    const update = this.#byId.get(id)
    if (update !== undefined) this.takeAlong(update)
  }

  /** Ends the flight of an update; it can be claimed again at `dueAt`. */
  release(id: number, dueAt = this.#byId.get(id)?.dueAt ?? 0): void {
    const update = this.#byId.get(id)
    if (update?.state !== 'in_flight') return
    update.dueAt = dueAt
    this.#land(update)
    this.#requeue(update.lead)
  }

  /** Removes an update that has ended. */
  end(id: number): void {
    const update = this.#byId.get(id)
    if (update === undefined) return
    this.#byId.delete(id)
    unqueue(update)
    unlink(update)
    update.account.size--
    if (update.state === 'in_flight') this.#land(update)
    this.#requeue(update.lead)
  }

  /** When the next update of an account is due, in milliseconds since the epoch. */
  nextDueAt(account: string): number | undefined {
    return this.#firstDue(account)?.dueAt
  }

  /** The first update of an account that can be claimed once it is due. */
  #firstDue(account: string): PendingUpdate | undefined {
    const due = this.#accounts.get(account)?.due
    for (;;) {
      const first = due?.first
      if (first === undefined) return undefined
      if (first.account.leads.get(first.lead) === first && !this.#inFlight.has(first.lead)) return first
      unqueue(first)
    }
  }

  /** Ends the flight of an update. */
  #land(update: PendingUpdate): void {
    const { lead } = update
    const left = (this.#inFlight.get(lead) ?? 0) - 1
    update.state = 'waiting'
    if (left > 0) this.#inFlight.set(lead, left)
    else this.#inFlight.delete(lead)
  }

  /** Lets each account's next update of a lead be claimed, unless one of the lead is in flight. */
  #requeue(lead: LeadName): void {
    if (this.#inFlight.has(lead)) return
    for (const account of this.#accounts.values()) queueFirst(account, lead)
  }

  #accountOf(name: string): AccountQueue {
    const known = this.#accounts.get(name)
    if (known) return known
    const made = { leads: new Map<LeadName, PendingUpdate>(), due: new DueQueue<PendingUpdate>(), size: 0 }
    this.#accounts.set(name, made)
    return made
  }
}

function shortName(lead: string): LeadName {
  return lead.startsWith(BY_ID) ? Number(lead.slice(BY_ID.length)) : lead
}

/** Lets the first update of a lead be claimed once it is due. */
function queueFirst({ leads, due }: AccountQueue, lead: LeadName): void {
  const first = leads.get(lead)
  if (first?.state !== 'waiting') return
  first.state = 'queued'
  due.add(first)
}

/** Removes an update from the due ones of its account, if it is among them. */
function unqueue(update: PendingUpdate): void {
  if (update.state !== 'queued') return
  update.account.due.remove(update)
  update.state = 'waiting'
}

/** Puts an update in its place by id among those of its lead, which is near the end. */
function insert(update: PendingUpdate): void {
  const { lead, account } = update
  const first = account.leads.get(lead)
  let previous = first?.last
  while (previous !== undefined && previous.id > update.id) previous = previous.previous
  const next = previous === undefined ? first : previous.next
  update.previous = previous
  update.next = next
  if (previous !== undefined) previous.next = update
  if (next !== undefined) next.previous = update
  if (previous === undefined) makeFirst(update, first?.last ?? update)
  else if (next === undefined && first !== undefined) first.last = update
}

function unlink({ lead, account, previous, next, last }: PendingUpdate): void {
  const first = account.leads.get(lead)
  if (previous !== undefined) previous.next = next
  if (next !== undefined) next.previous = previous
  if (previous !== undefined && next === undefined && first !== undefined) first.last = previous
  if (previous !== undefined) return
  if (next === undefined) account.leads.delete(lead)
  else makeFirst(next, last)
}

function makeFirst(update: PendingUpdate, last: PendingUpdate): void {
  update.last = last
  update.account.leads.set(update.lead, update)
}
