/** A quota is for so long, from the first that is taken of it; then it is whole again. */
export const WINDOW_SECONDS = 60

/** What may be taken in a minute. Times are milliseconds of a clock that only goes forward. */
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

  /** From now on another number; what is taken stays taken. */
  change(perMinute: number): void {
    this.#perMinute = perMinute
  }

  /** Whether nothing is taken of it. */
  isWhole(now: number): boolean {
    return now >= this.#endsAt
  }

  /** What is left to take. */
  left(now: number): number {
    return this.isWhole(now) ? this.#perMinute : Math.max(0, this.#perMinute - this.#taken)
  }

  /** Until it is whole again, in whole seconds, at least one. */
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
}
