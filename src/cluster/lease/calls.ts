import { steadyNow } from '../../steady-clock.ts'

/** How long a call counts as recent, in milliseconds. */
const RECENT_MS = 60_000
const BUCKET_MS = 5_000

/** The calls to VICIdial that this gateway makes: how many are under way, and how long they take. */
export class Calls {
  /** When each began, in milliseconds of `steadyNow`; oldest first. */
  readonly #began = new Map<symbol, number>()
  /** The slowest call that ended in each span of `BUCKET_MS`, by the number of the span. */
  readonly #slowest = new Map<number, number>()
  readonly #waiting: (() => void)[] = []

  get inFlight(): number {
    return this.#began.size
  }

  /** Notes that a call begins. Returns what notes its end; its time only counts if `isTimed`. */
  begin(): (isTimed: boolean) => void {
    const call = Symbol('call')
    const began = steadyNow()
    this.#began.set(call, began)
    return (isTimed) => {
      if (!this.#began.delete(call)) return
      if (isTimed) this.#note(steadyNow(), began)
      if (this.#began.size === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  /** The time of the slowest call of the last minute, those under way included, in milliseconds. */
  slowestMs(): number {
    const now = steadyNow()
    const [oldest = now] = this.#began.values()
    let slowest = now - oldest
    for (const [bucket, ms] of this.#slowest) {
      if (bucket * BUCKET_MS >= now - RECENT_MS) slowest = Math.max(slowest, ms)
    }
    return slowest
  }

  /** Resolves when no call is under way. */
  async ended(): Promise<void> {
    if (this.#began.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #note(now: number, began: number): void {
    const bucket = Math.floor(now / BUCKET_MS)
    this.#slowest.set(bucket, Math.max(this.#slowest.get(bucket) ?? 0, now - began))
    for (const old of this.#slowest.keys()) {
      if (old * BUCKET_MS < now - RECENT_MS) this.#slowest.delete(old)
    }
  }
}
