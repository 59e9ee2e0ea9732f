import { DueQueue } from './due-queue.ts'

/** An update that has not ended, as it is found in the database. */
export interface FoundUpdate {
  readonly id: number
  readonly account: string
  /** The lead as the update names it, see `keyName`. */
  readonly lead: string
  /** Milliseconds since the epoch. */
  readonly dueAt: number
}

/** An update that has not ended, among those of its lead. */
export class PendingUpdate {
  readonly id: number
  readonly leadQueue: LeadQueue
  dueAt: number
  /** The lead's updates of the same account that were accepted right before and after it. */
  previous: PendingUpdate | undefined
  next: PendingUpdate | undefined
  isInFlight = false
  /** Whether it is in its account's queue of due updates. */
  isQueued = false

  constructor(id: number, leadQueue: LeadQueue, dueAt: number) {
    this.id = id
    this.leadQueue = leadQueue
    this.dueAt = dueAt
  }
}

/** The pending updates of a lead and account, oldest first. */
interface LeadQueue {
  readonly lead: string
  readonly account: AccountQueue
  first: PendingUpdate | undefined
  last: PendingUpdate | undefined
}

interface AccountQueue {
  readonly leads: Map<string, LeadQueue>
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
  /** How many updates of each lead are in flight. */
  readonly #inFlight = new Map<string, number>()

  get size(): number {
    return this.#byId.size
  }

  /** How many there are of each account. */
  get byAccount(): ReadonlyMap<string, number> {
    return new Map([...this.#accounts].map(([name, { size }]) => [name, size]))
  }

  /** The id of the update that was found first. */
  get oldestId(): number | undefined {
    return this.#byId.keys().next().value
  }

  has(id: number): boolean {
    return this.#byId.has(id)
  }

  /** Adds an update, unless it is known. Returns whether it was added. */
  add({ id, account, lead, dueAt }: FoundUpdate): boolean {
    if (this.#byId.has(id)) return false
    const ofAccount = this.#accountOf(account)
    const leadQueue = leadQueueOf(ofAccount, lead)
    const update = new PendingUpdate(id, leadQueue, dueAt)
    insert(leadQueue, update)
    this.#byId.set(id, update)
    ofAccount.size++
    this.#queue(leadQueue)
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
    if (update.isInFlight) return
    const { lead, account } = update.leadQueue
    unqueue(account, update)
    update.isInFlight = true
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
    if (update === undefined || !update.isInFlight) return
    update.dueAt = dueAt
    this.#land(update)
    this.#requeue(update.leadQueue.lead)
  }

  /** Removes an update that has ended. */
  end(id: number): void {
    const update = this.#byId.get(id)
    if (update === undefined) return
    const { leadQueue } = update
    const { account, lead } = leadQueue
    this.#byId.delete(id)
    unlink(leadQueue, update)
    if (leadQueue.first === undefined) account.leads.delete(lead)
    account.size--
    if (update.isInFlight) this.#land(update)
    this.#requeue(lead)
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
      const { leadQueue } = first
      if (leadQueue.first === first && !this.#inFlight.has(leadQueue.lead)) return first
      unqueue(leadQueue.account, first)
    }
  }

  /** Ends the flight of an update. */
  #land(update: PendingUpdate): void {
    const { lead } = update.leadQueue
    const left = (this.#inFlight.get(lead) ?? 0) - 1
    update.isInFlight = false
    if (left > 0) this.#inFlight.set(lead, left)
    else this.#inFlight.delete(lead)
  }

  /** Lets each account's next update of a lead be claimed, unless one of the lead is in flight. */
  #requeue(lead: string): void {
    if (this.#inFlight.has(lead)) return
    for (const { leads } of this.#accounts.values()) {
      const leadQueue = leads.get(lead)
      if (leadQueue) this.#queue(leadQueue)
    }
  }

  #queue({ first, account }: LeadQueue): void {
    if (first === undefined || first.isQueued || first.isInFlight) return
    first.isQueued = true
    account.due.add(first)
  }

  #accountOf(name: string): AccountQueue {
    const known = this.#accounts.get(name)
    if (known) return known
    const made = { leads: new Map<string, LeadQueue>(), due: new DueQueue<PendingUpdate>(), size: 0 }
    this.#accounts.set(name, made)
    return made
  }
}

function leadQueueOf(account: AccountQueue, lead: string): LeadQueue {
  const known = account.leads.get(lead)
  if (known) return known
  const made = { lead, account, first: undefined, last: undefined }
  account.leads.set(lead, made)
  return made
}

/** Removes an update from the due ones of its account, if it is among them. */
function unqueue({ due }: AccountQueue, update: PendingUpdate): void {
  if (!update.isQueued) return
  due.remove(update)
  update.isQueued = false
}

/** Puts an update in its place by id, which is near the end. */
function insert(queue: LeadQueue, update: PendingUpdate): void {
  let previous = queue.last
  while (previous !== undefined && previous.id > update.id) previous = previous.previous
  const next = previous === undefined ? queue.first : previous.next
  update.previous = previous
  update.next = next
  if (previous === undefined) queue.first = update
  else previous.next = update
  if (next === undefined) queue.last = update
  else next.previous = update
}

function unlink(queue: LeadQueue, { previous, next }: PendingUpdate): void {
  if (previous === undefined) queue.first = next
  else previous.next = next
  if (next === undefined) queue.last = previous
  else next.previous = previous
}
