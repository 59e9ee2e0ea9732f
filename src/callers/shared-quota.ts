import { WINDOW_SECONDS } from './quota.ts'

/** What is taken of a caller's minute. */
export interface TakenShare {
  /** All of `need` and up to `want`; 0 if not even `need` is left. */
  readonly taken: number
  /** What is left for everybody. */
  readonly left: number
  /** Until the quota is full again, in milliseconds. */
  readonly leftMs: number
}

/** Counts what callers use at all gateways together. */
export interface QuotaLedger {
  /**
   * Takes at least `need` and up to `want` of what is left, or nothing.
   * @throws StorageError
   */
  take(
    caller: string,
    unit: string,
    amount: { readonly need: number; readonly want: number },
    perMinute: number
  ): Promise<TakenShare>
}

/** Part of a quota that a gateway takes at once: of three gateways, what they have not used is a few per cent together. */
const SHARE = 0.01

/** Ends of a minute that differ by less, in milliseconds, are the same. */
const SAME_MS = 1_000

/** This gateway's share of a quota that all gateways have together. Times are milliseconds of a monotonic clock. */
export class SharedQuota {
  readonly #ledger: QuotaLedger
  readonly #caller: string
  readonly #unit: string
  #perMinute: number
  /** What this gateway has taken from the ledger and not used. */
  #share = 0
  /** What was left in the ledger when it was last asked. */
  #left: number
  #endsAt = Number.NEGATIVE_INFINITY
  /** Those that need more than the share, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(ledger: QuotaLedger, caller: string, unit: string, perMinute: number) {
    this.#ledger = ledger
    this.#caller = caller
    this.#unit = unit
    this.#perMinute = perMinute
    this.#left = perMinute
  }

  get perMinute(): number {
    return this.#perMinute
  }

  /** Changes the quota. What is taken stays taken. */
  change(perMinute: number): void {
    this.#left = Math.max(0, this.#left + perMinute - this.#perMinute)
    this.#perMinute = perMinute
  }

  /** The amount left, as far as this gateway knows. */
  left(now: number): number {
    return now < this.#endsAt ? this.#left + this.#share : this.#perMinute
  }

  /** Whole seconds until the quota is full again, at least one. */
  secondsLeft(now: number): number {
    return now < this.#endsAt ? Math.max(1, Math.ceil((this.#endsAt - now) / 1_000)) : WINDOW_SECONDS
  }

  /**
   * Takes all of `amount`, or nothing; at once if this gateway's share is enough. Returns whether it was taken.
   * @throws StorageError
   */
  take(amount: number, now: number): boolean | Promise<boolean> {
    if (this.#takeOfShare(amount, now)) return true
    const taken = this.#turn.then(() => this.#takeMore(amount))
    this.#turn = taken.catch(() => {})
    return taken
  }

  #takeOfShare(amount: number, now: number): boolean {
    if (now >= this.#endsAt || amount > this.#share) return false
    this.#share -= amount
    return true
  }

  async #takeMore(amount: number): Promise<boolean> {
    // Another request may have taken enough for both.
    if (this.#takeOfShare(amount, performance.now())) return true
    const isNewMinute = await this.#fetch(amount)
    if (this.#takeOfShare(amount, performance.now())) return true
    // The share that was to be part of it was of the minute before.
    if (isNewMinute) await this.#fetch(amount)
    return this.#takeOfShare(amount, performance.now())
  }

  /** Fetches what is missing for `amount`, or more. Returns whether another minute has begun. */
  async #fetch(amount: number): Promise<boolean> {
    const share = performance.now() < this.#endsAt ? this.#share : 0
    const need = amount - share
    const want = Math.max(need, Math.ceil(this.#perMinute * SHARE))
    const { taken, left, leftMs } = await this.#ledger.take(
      this.#caller,
      this.#unit,
      { need, want },
      this.#perMinute
    )
    const endsAt = performance.now() + leftMs
    const isNewMinute = endsAt - this.#endsAt >= SAME_MS
    this.#share = (isNewMinute ? 0 : this.#share) + taken
    this.#left = left
    this.#endsAt = endsAt
    return isNewMinute
  }
}
