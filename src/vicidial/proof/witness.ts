import { steadyNow } from '../../steady-clock.ts'

/**
 * What VICIdial shows when it is asked for things known to exist. `missing`: it finds none of them, or gives no reply.
 * `unsure`: it finds nothing, but nothing is known to exist.
 */
export type Shown = 'found' | 'missing' | 'unsure'

/** Time between checks, in milliseconds: in the long run no more are made, however many calls find nothing. */
const CHECK_EVERY_MS = 1_000
/** After a quiet time this many milliseconds' worth of checks may be made at once, so that a single call need not wait. */
const BURST_MS = 4_000

interface Waiting {
  readonly since: number
  readonly resolve: (shown: Shown) => void
}

/** Knows when a table could last be read, from what calls found in it and from checks. Times are those of `steadyNow`. */
export class Witness {
  readonly #check: () => Promise<Shown>
  #waiting: Waiting[] = []
  #lastFindAt = Number.NEGATIVE_INFINITY
  #lastMissAt = Number.NEGATIVE_INFINITY
  /** When the next check may be made. */
  #dueAt = Number.NEGATIVE_INFINITY
  #isChecking = false
  #timer: NodeJS.Timeout | undefined

  /** @param check asks VICIdial for things known to exist; never rejects */
  constructor(check: () => Promise<Shown>) {
    this.#check = check
  }

  /** When the latest call that found something was sent. */
  get lastFindAt(): number {
    return this.#lastFindAt
  }

  /** When the latest check that found nothing was sent. */
  get lastMissAt(): number {
    return this.#lastMissAt
  }

  /** Notes that a call which was sent at `sentAt` found something. */
  found(sentAt: number): void {
    this.#lastFindAt = Math.max(this.#lastFindAt, sentAt)
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ since }) => since >= sentAt)
    for (const { since, resolve } of waiting) if (since < sentAt) resolve('found')
  }

  /** Resolves with what the next call shows that finds something, or the next check. */
  ask(): Promise<Shown> {
    const { promise, resolve } = Promise.withResolvers<Shown>()
    this.#waiting.push({ since: steadyNow(), resolve })
    this.#plan()
    return promise
  }

  /** Makes no more checks. */
  close(): void {
    clearTimeout(this.#timer)
    for (const { resolve } of this.#waiting.splice(0)) resolve('missing')
  }

  #plan(): void {
    if (this.#isChecking || this.#timer !== undefined || this.#waiting.length === 0) return
    const waitMs = this.#dueAt - steadyNow()
    if (waitMs <= 0) void this.#run()
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        if (this.#waiting.length > 0) void this.#run()
      }, waitMs)
    }
  }

  async #run(): Promise<void> {
    const now = steadyNow()
    this.#dueAt = Math.max(this.#dueAt, now - BURST_MS) + CHECK_EVERY_MS
    this.#isChecking = true
    const asking = this.#waiting.splice(0)
    const shown = await this.#check()
    if (shown === 'found') this.#lastFindAt = Math.max(this.#lastFindAt, now)
    else if (shown === 'missing') this.#lastMissAt = Math.max(this.#lastMissAt, now)
    this.#isChecking = false
    for (const { resolve } of asking) resolve(shown)
    this.#plan()
  }
}
