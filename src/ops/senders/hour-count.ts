import { MinuteRing } from '../minute-ring.ts'

/** Counts something: since the start, and by the minute for the last hour. Times are milliseconds since the epoch. */
export class HourCount {
  #total = 0
  #lastAt: number | undefined
  readonly #minutes = new MinuteRing(() => ({ count: 0 }))

  add(count: number, now: number): void {
    this.#minutes.at(now).count += count
    this.#total += count
    this.#lastAt = now
  }

  get total(): number {
    return this.#total
  }

  /** When it was last counted; undefined if never. */
  get lastAt(): number | undefined {
    return this.#lastAt
  }

  /** The count of the last 60 minutes, the current one included. */
  inLastHour(now: number): number {
    return this.#minutes.minutes(now).reduce((sum, { value }) => sum + (value?.count ?? 0), 0)
  }
}

/** How often each of several things was counted. */
export class HourCounts {
  readonly #counts = new Map<string, HourCount>()

  /** @param name one of few: each is kept */
  add(name: string, count: number, now: number): void {
    const known = this.#counts.get(name)
    if (known) {
      known.add(count, now)
      return
    }
    const counter = new HourCount()
    counter.add(count, now)
    this.#counts.set(name, counter)
  }

  /** Each, the most frequent first. */
  list(now: number): Counted[] {
    return [...this.#counts]
      .map(([name, counter]) => ({
        name,
        lastHour: counter.inLastHour(now),
        total: counter.total,
        lastAt: counter.lastAt
      }))
      .toSorted((a, b) => b.total - a.total)
  }
}

/** How often something was counted. */
export interface Counted {
  readonly name: string
  readonly lastHour: number
  /** Since the start. */
  readonly total: number
  /** Milliseconds since the epoch. */
  readonly lastAt: number | undefined
}

/** The sum of several counts. */
export function sumOf(counts: readonly Counted[]): Omit<Counted, 'name'> {
  let [lastHour, total, lastAt]: [number, number, number | undefined] = [0, 0, undefined]
  for (const one of counts) {
    lastHour += one.lastHour
    total += one.total
    if (one.lastAt !== undefined) lastAt = Math.max(lastAt ?? 0, one.lastAt)
  }
  return { lastHour, total, lastAt }
}
