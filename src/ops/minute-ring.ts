/** Minutes of an hour, the current one included. */
export const MINUTES = 60
export const MINUTE_MS = 60_000

interface Minute<T> {
  /** The number of the minute since the epoch. */
  readonly number: number
  readonly value: T
}

/** Keeps something of each minute of the last hour. Times are milliseconds since the epoch. */
export class MinuteRing<T> {
  /** Each minute is at its number modulo MINUTES. */
  readonly #ring: (Minute<T> | undefined)[] = Array<undefined>(MINUTES).fill(undefined)
  readonly #make: () => T

  /** @param make what a minute begins with */
  constructor(make: () => T) {
    this.#make = make
  }

  /** That of the minute of `now`. */
  at(now: number): T {
    const number = Math.floor(now / MINUTE_MS)
    const minute = this.#ring[number % MINUTES]
    if (minute?.number === number) return minute.value
    const value = this.#make()
    this.#ring[number % MINUTES] = { number, value }
    return value
  }

  /** The last 60 minutes, ending with the current one, each with its beginning. */
  minutes(now: number): { readonly at: number; readonly value: T | undefined }[] {
    const first = Math.floor(now / MINUTE_MS) - MINUTES + 1
    return Array.from({ length: MINUTES }, (_, index) => {
      const number = first + index
      const minute = this.#ring[number % MINUTES]
      return { at: number * MINUTE_MS, value: minute?.number === number ? minute.value : undefined }
    })
  }
}
