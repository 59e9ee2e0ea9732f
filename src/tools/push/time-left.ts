/** How fast the gateway delivers updates, at most. */
export interface Limits {
  /** Calls to VICIdial; undefined: no limit. */
  readonly callsPerSecond: number | undefined
  /** Undefined: no limit. */
  readonly updatesPerMinute: number | undefined
}

/** How many calls to VICIdial some rows need. */
export interface Plan {
  readonly rows: number
  readonly calls: number
}

/** The least time that rows take. */
export interface LeastTime {
  readonly seconds: number
  /** What it comes from, like `20 calls a second`. */
  readonly limit: string
}

const SECONDS_PER_MINUTE = 60

/** The least time for rows and the calls that they need; undefined if nothing limits it. */
export function leastTime({ rows, calls }: Plan, limits: Limits): LeastTime | undefined {
  const { callsPerSecond, updatesPerMinute } = limits
  const times: LeastTime[] = []
  if (callsPerSecond !== undefined)
    times.push({ seconds: calls / callsPerSecond, limit: `${callsPerSecond} calls a second` })
  if (updatesPerMinute !== undefined) {
    const seconds = (rows / updatesPerMinute) * SECONDS_PER_MINUTE
    times.push({ seconds, limit: `${updatesPerMinute} updates a minute` })
  }
  return times.toSorted((a, b) => b.seconds - a.seconds)[0]
}

/** A time for people: `42 minutes`. */
export function aboutTime(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  if (whole < 2 * SECONDS_PER_MINUTE) return amount(whole, 'second')
  const minutes = Math.round(seconds / SECONDS_PER_MINUTE)
  if (minutes < 2 * SECONDS_PER_MINUTE) return amount(minutes, 'minute')
  const rest = minutes % SECONDS_PER_MINUTE
  const hours = amount(Math.floor(minutes / SECONDS_PER_MINUTE), 'hour')
  return rest === 0 ? hours : `${hours} ${amount(rest, 'minute')}`
}

function amount(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** How far a push has come. */
interface Sample {
  /** In milliseconds, on the clock of performance.now(). */
  readonly at: number
  readonly rows: number
  readonly calls: number
}

/** How much of the past tells how fast the push is, in milliseconds. */
const WINDOW_MS = 60_000
/** Without an answer for longer, nobody knows how long it takes. The gateway answers a request within 28 seconds. */
const MAX_SILENCE_MS = 30_000

/** Estimates how long a push still takes: from its speed in the last minute, and from what the gateway permits. */
export class TimeLeft {
  readonly #samples: Sample[] = []

  /** Notes that rows were answered, or that the push begins. `calls` are those of this run. */
  note({ rows, calls }: Pick<Sample, 'rows' | 'calls'>): void {
    const at = performance.now()
    const last = this.#samples.at(-1)
    // An edited file goes back.
    if (last !== undefined && rows < last.rows) this.#samples.length = 0
    this.#samples.push({ at, rows, calls })
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift()
  }

  /** 0 until it is known. */
  get rowsPerSecond(): number {
    const { rows, ms } = this.#recent
    return ms === 0 ? 0 : (rows / ms) * 1_000
  }

  /**
   * Undefined if nobody knows.
   * @param rowsLeft rows without an answer
   * @param plan what some of them need, found out before the start
   */
  seconds(rowsLeft: number, plan: Plan | undefined, limits: Limits): number | undefined {
    const last = this.#samples.at(-1)
    if (rowsLeft === 0) return 0
    if (last === undefined) return undefined
    const recent = this.#recent
    const known = recent.rows > 0 ? recent : plan
    if (known === undefined || known.rows === 0) return undefined
    const calls = (rowsLeft * known.calls) / known.rows
    const least = leastTime({ rows: rowsLeft, calls }, limits)?.seconds ?? 0
    const speed = this.rowsPerSecond
    const atLast = speed === 0 ? least : Math.max(least, rowsLeft / speed)
    const silenceMs = performance.now() - last.at
    if (atLast === 0 || silenceMs > MAX_SILENCE_MS) return undefined
    return Math.max(1, atLast - silenceMs / 1_000)
  }

  get #recent(): Plan & { readonly ms: number } {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined) return { rows: 0, calls: 0, ms: 0 }
    return { rows: last.rows - first.rows, calls: last.calls - first.calls, ms: last.at - first.at }
  }
}
