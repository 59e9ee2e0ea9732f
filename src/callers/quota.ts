/** Length of a quota's window in seconds, from the first use. Then the quota is full again. */
export const WINDOW_SECONDS = 60

/** A quota per minute. Times are milliseconds of a monotonic clock. */
export class Quota {
  #perMinute: number
  #taken = 0
  #endsAt = Number.NEGATIVE_INFINITY

  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  get perMinute(): number {
    return this.#perMinute
  }

  /** Changes the quota. What is taken stays taken. */
  change(perMinute: number): void {
    this.#perMinute = perMinute
  }

  /** Whether nothing has been taken. */
  isWhole(now: number): boolean {
    return now >= this.#endsAt
  }

  /** The amount left. */
  left(now: number): number {
    return this.isWhole(now) ? this.#perMinute : Math.max(0, this.#perMinute - this.#taken)
  }

  /** Whole seconds until the quota is full again, at least one. */
  secondsLeft(now: number): number {
    return this.isWhole(now) ? WINDOW_SECONDS : Math.max(1, Math.ceil((this.#endsAt - now) / 1_000))
  }

  /** Takes all of `amount`, or nothing. Returns whether it was taken. */
  take(amount: number, now: number): boolean {
    if (amount > this.left(now)) return false
    if (this.isWhole(now)) {
      this.#taken = 0
      this.#endsAt = now + WINDOW_SECONDS * 1_000
    }
    this.#taken += amount
    return true
  }

  /** Gives back what was taken, unless it is back already. */
  giveBack(amount: number, now: number): void {
    if (!this.isWhole(now)) this.#taken = Math.max(0, this.#taken - amount)
  }
}
