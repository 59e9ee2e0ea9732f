import { BY_ID } from '../../../leads/lead-key.ts'
import { NONE } from './column.ts'
import { DueQueue } from './due-queue.ts'
import { LeadLists, type LeadName } from './lead-lists.ts'
import { UpdateRows } from './update-rows.ts'

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

interface AccountQueue {
  readonly leads: LeadLists
  /**
   * The first updates of leads. Those that can't be claimed when their turn comes are skipped: `#requeue` adds the lead's
   * first one again when it can be.
   */
  readonly due: DueQueue
  size: number
}

/**
 * All pending updates, in memory: the owner alone changes them. Of each lead and account only the oldest may be claimed,
 * and none while an update of the lead is in flight, as VICIdial could apply the updates of two accounts in either order.
 * There may be millions of updates, so they are rows of columns and not objects.
 */
export class PendingUpdates {
  readonly #rows = new UpdateRows<AccountQueue>()
  readonly #accounts = new Map<string, AccountQueue>()
  /** The rows of updates in flight. */
  readonly #inFlight = new Set<number>()
  /** How many updates of each lead are in flight. */
  readonly #flights = new Map<LeadName, number>()

  get size(): number {
    return this.#rows.size
  }

  /** How many there are of each account. */
  get byAccount(): ReadonlyMap<string, number> {
    return new Map([...this.#accounts].map(([name, { size }]) => [name, size]))
  }

  /** The id of the update that was found first. */
  get oldestId(): number | undefined {
    return this.#rows.oldestId
  }

  has(id: number): boolean {
    return this.#rows.find(id) !== NONE
  }

  /** Adds an update, unless it is known. Returns whether it was added. */
  add({ id, account, lead: named, dueAt }: FoundUpdate): boolean {
    if (this.has(id)) return false
    const lead = shortName(named)
    const ofAccount = this.#accountOf(account)
    ofAccount.leads.add(lead, this.#rows.add(id, lead, ofAccount, dueAt))
    ofAccount.size++
    if (!this.#flights.has(lead)) this.#queueFirst(ofAccount, lead)
    return true
  }

  /**
   * Takes up to `limit` updates of an account that are due at `now`, longest due first, and marks them as in flight.
   * Returns their ids.
   */
  take(account: string, limit: number, now: number): number[] {
    const taken: number[] = []
    while (taken.length < limit) {
      const first = this.#firstDue(account)
      if (first === NONE || this.#rows.dueAt.at(first) > now) break
      this.#fly(first)
      taken.push(this.#rows.id.at(first))
    }
    return taken
  }

  /** Marks an update as in flight, if it isn't. */
  takeById(id: number): void {
    const row = this.#rows.find(id)
    if (row !== NONE && !this.#inFlight.has(row)) this.#fly(row)
  }

  /** The ids of up to `limit` updates of the same lead and account right after an update. */
  after(id: number, limit: number): number[] {
    const row = this.#rows.find(id)
    if (row === NONE) return []
    const lead = this.#rows.leadOf(row)
    const { leads } = this.#rows.accountOf(row)
    const ids: number[] = []
    for (
      let next = leads.after(lead, row);
      next !== NONE && ids.length < limit;
      next = leads.after(lead, next)
    )
      ids.push(this.#rows.id.at(next))
    return ids
  }

  /** Ends the flight of an update; it can be claimed again at `dueAt`, or as before. */
  release(id: number, dueAt?: number): void {
    const row = this.#rows.find(id)
    if (!this.#inFlight.has(row)) return
    if (dueAt !== undefined) this.#rows.dueAt.set(row, dueAt)
    this.#land(row)
    this.#requeue(this.#rows.leadOf(row))
  }

  /** Removes an update that has ended. */
  end(id: number): void {
    const row = this.#rows.find(id)
    if (row === NONE) return
    const lead = this.#rows.leadOf(row)
    const account = this.#rows.accountOf(row)
    this.#unqueue(row)
    if (this.#inFlight.has(row)) this.#land(row)
    account.leads.remove(lead, row)
    account.size--
    this.#rows.remove(row)
    this.#requeue(lead)
  }

  /** When the next update of an account is due, in milliseconds since the epoch. */
  nextDueAt(account: string): number | undefined {
    const row = this.#firstDue(account)
    return row === NONE ? undefined : this.#rows.dueAt.at(row)
  }

  /** The row of the first update of an account that can be claimed once it is due, or NONE. */
  #firstDue(account: string): number {
    const queue = this.#accounts.get(account)
    if (queue === undefined) return NONE
    for (;;) {
      const { first } = queue.due
      if (first === NONE) return NONE
      const lead = this.#rows.leadOf(first)
      if (queue.leads.first(lead) === first && !this.#flights.has(lead)) return first
      queue.due.remove(first)
    }
  }

  #fly(row: number): void {
    const lead = this.#rows.leadOf(row)
    this.#unqueue(row)
    this.#inFlight.add(row)
    this.#flights.set(lead, (this.#flights.get(lead) ?? 0) + 1)
  }

  /** Ends the flight of an update. */
  #land(row: number): void {
    const lead = this.#rows.leadOf(row)
    const left = (this.#flights.get(lead) ?? 0) - 1
    this.#inFlight.delete(row)
    if (left > 0) this.#flights.set(lead, left)
    else this.#flights.delete(lead)
  }

  /** Lets each account's next update of a lead be claimed, unless one of the lead is in flight. */
  #requeue(lead: LeadName): void {
    if (this.#flights.has(lead)) return
    for (const account of this.#accounts.values()) this.#queueFirst(account, lead)
  }

  /** Lets the first update of a lead be claimed once it is due. No update of the lead is in flight. */
  #queueFirst({ leads, due }: AccountQueue, lead: LeadName): void {
    const first = leads.first(lead)
    if (first !== NONE && !this.#isQueued(first)) due.add(first)
  }

  /** Removes an update from the due ones of its account, if it is among them. */
  #unqueue(row: number): void {
    if (this.#isQueued(row)) this.#rows.accountOf(row).due.remove(row)
  }

  #isQueued(row: number): boolean {
    return this.#rows.place.at(row) > 0
  }

  #accountOf(name: string): AccountQueue {
    const known = this.#accounts.get(name)
    if (known) return known
    const made = { leads: new LeadLists(this.#rows), due: new DueQueue(this.#rows), size: 0 }
    this.#accounts.set(name, made)
    return made
  }
}

function shortName(lead: string): LeadName {
  return lead.startsWith(BY_ID) ? Number(lead.slice(BY_ID.length)) : lead
}
