import { steadyNow } from '../../steady-clock.ts'

/**
 * What VICIdial shows when it is asked for things known to exist. `missing`: it finds none of them, or gives no reply.
 * `unsure`: it finds nothing, but nothing is known to exist.
 */
export type Shown = 'found' | 'missing' | 'unsure'

/** Average time between checks, in milliseconds, however many calls find nothing. */
const CHECK_EVERY_MS = 1_000
/** Checks that may follow each other without a pause after a quiet time, so that a single call does not wait. */
const BURST = 4

interface Waiting {
  readonly since: number
  readonly resolve: (shown: Shown) => void
}

/** Knows things that a table of VICIdial has, and finds out whether VICIdial can find them. */
export class Witness<Thing> {
  readonly #check: (known: readonly Thing[]) => Promise<Shown>
  readonly #mostKnown: number
  readonly #everyMs: number
  /** The latest last. */
  readonly #known = new Set<Thing>()
  #waiting: Waiting[] = []
  /** When the next check may be made. */
  #dueAt = Number.NEGATIVE_INFINITY
  #isChecking = false
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /**
   * @param check asks VICIdial for things known to exist, the latest last; never rejects
   * @param mostKnown how many things are kept as known
   * @param everyMs average time between checks, in milliseconds
   */
  constructor(
    check: (known: readonly Thing[]) => Promise<Shown>,
    mostKnown: number,
    everyMs: number = CHECK_EVERY_MS
  ) {
    this.#check = check
    this.#mostKnown = mostKnown
    this.#everyMs = everyMs
  }

  /** Notes that `thing` exists. */
  know(thing: Thing): void {
    this.#known.delete(thing)
    this.#known.add(thing)
    const [oldest] = this.#known
    if (this.#known.size > this.#mostKnown && oldest !== undefined) this.#known.delete(oldest)
  }

  /** Notes that a call which was sent at `sentAt`, in milliseconds of `steadyNow`, found something. */
  found(sentAt: number): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ since }) => since >= sentAt)
    for (const { since, resolve } of waiting) if (since < sentAt) resolve('found')
  }

  /** Resolves when a call next finds something, or with the result of the next check. */
  ask(): Promise<Shown> {
    if (this.#isClosed) return Promise.resolve('missing')
    const { promise, resolve } = Promise.withResolvers<Shown>()
    this.#waiting.push({ since: steadyNow(), resolve })
    this.#plan()
    return promise
  }

  /** Makes no more checks. All that was and will be asked resolves with `missing`. */
  close(): void {
    this.#isClosed = true
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
    this.#dueAt = Math.max(this.#dueAt, steadyNow() - BURST * this.#everyMs) + this.#everyMs
    this.#isChecking = true
    const asking = this.#waiting.splice(0)
    const shown = await this.#check([...this.#known])
    this.#isChecking = false
    for (const { resolve } of asking) resolve(shown)
    this.#plan()
  }
}
