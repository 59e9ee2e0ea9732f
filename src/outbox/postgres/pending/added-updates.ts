import type { StoredUpdate } from './pending-updates.ts'

/** The update that was found first. */
export interface OldestUpdate {
  readonly id: number
  /** When its job was accepted, in milliseconds since the epoch. */
  readonly acceptedAt: number | undefined
}

/**
 * Updates that this gateway has stored and no look has found yet. They count, but can't be claimed: older updates of their
 * leads, which other gateways have stored, may not be found either.
 */
export class AddedUpdates {
  /** How many are due when, by account: few times, as what is stored is due at once. */
  readonly #accounts = new Map<string, Map<number, number>>()
  readonly #byId = new Map<number, StoredUpdate>()
  #oldest: OldestUpdate | undefined

  get size(): number {
    return this.#byId.size
  }

  /** How many there are of each account. */
  get byAccount(): [account: string, size: number][] {
    return [...this.#accounts].map(([account, times]) => [account, times.values().reduce((a, b) => a + b, 0)])
  }

  get ids(): readonly number[] {
    return [...this.#byId.keys()]
  }

  get oldest(): OldestUpdate | undefined {
    return this.#oldest
  }

  /** @param acceptedAt when the job of the first one was accepted */
  add(updates: readonly StoredUpdate[], acceptedAt: number): void {
    const [first] = updates
    if (first !== undefined && this.size === 0) this.#oldest = { id: first.id, acceptedAt }
    for (const update of updates) {
      this.#byId.set(update.id, update)
      this.#count(update, 1)
    }
  }

  /** When the first update of an account is due, in milliseconds since the epoch. */
  nextDueAt(account: string): number | undefined {
    return this.#accounts
      .get(account)
      ?.keys()
      .reduce((a, b) => Math.min(a, b))
  }

  /** Removes an update. Returns whether it was there. */
  delete(id: number): boolean {
    const update = this.#byId.get(id)
    if (update === undefined) return false
    this.#byId.delete(id)
    this.#count(update, -1)
    if (this.size === 0) this.#oldest = undefined
    return true
  }

  #count({ account, dueAt }: StoredUpdate, change: number): void {
    const times = this.#accounts.get(account) ?? new Map<number, number>()
    const count = (times.get(dueAt) ?? 0) + change
    if (count > 0) times.set(dueAt, count)
    else times.delete(dueAt)
    if (times.size > 0) this.#accounts.set(account, times)
    else this.#accounts.delete(account)
  }
}
