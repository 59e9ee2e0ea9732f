import { setTimeout as pause } from 'node:timers/promises'
import { steadyNow } from '../../steady-clock.ts'
import { Turns } from '../turns.ts'

export interface KeyLinesOptions {
  /**
   * How long no lead is added under a key after a call that may have added one was lost, in milliseconds: VICIdial may
   * still work on that call.
   */
  readonly doubtMs: number
  /** Whether VICIdial may still work on calls of the owner before, as if they were lost now. */
  readonly isInDoubt: boolean
}

/** A place in the lines of several keys. */
export interface Place {
  /** Resolves when it is the first in each of them. */
  readonly turn: Promise<unknown>
  readonly isFirst: boolean
  readonly leave: () => void
}

interface Waiting {
  readonly keys: ReadonlySet<string>
  /** In how many lines it is not the first. */
  behind: number
  readonly resolve: (value: undefined) => void
}

/**
 * Lets nobody add a lead under a key while another one does, whatever request, job or VICIdial account they belong to. One
 * for all accounts, as they share VICIdial's leads. Keys are named as `orderName` does.
 */
export class KeyLines {
  readonly #options: KeyLinesOptions
  readonly #lines = new Map<string, Turns<Waiting>>()
  /** Keys of lost calls → when a lead may be added under them again, in milliseconds of `steadyNow`. */
  readonly #doubts = new Map<string, number>()
  readonly #openAt: number
  #calls = 0
  #inFlight = 0

  constructor(options: KeyLinesOptions) {
    this.#options = options
    this.#openAt = options.isInDoubt ? steadyNow() + options.doubtMs : 0
  }

  /** Whether anybody waits in a key's line. */
  has(key: string): boolean {
    return this.#lines.has(key)
  }

  /** Takes the last place in the lines of all `keys` at once, so that no two can wait for each other. */
  join(keys: ReadonlySet<string>): Place {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const waiting: Waiting = { keys, behind: 0, resolve }
    for (const key of keys) {
      const line = this.#lines.get(key) ?? new Turns<Waiting>()
      this.#lines.set(key, line)
      line.add(waiting)
      if (line.first !== waiting) waiting.behind++
    }
    if (waiting.behind === 0) resolve(undefined)
    return {
      turn: promise,
      get isFirst() {
        return waiting.behind === 0
      },
      leave: () => {
        this.#leave(waiting)
      }
    }
  }

  /** Notes that a call is sent that adds a lead. Returns what notes its end. */
  beginCall(): () => void {
    this.#calls++
    this.#inFlight++
    return () => {
      this.#inFlight--
    }
  }

  /** Grows with each call that may add a lead; undefined while one is in flight: what a look-up then finds may be outdated. */
  get version(): number | undefined {
    return this.#inFlight > 0 ? undefined : this.#calls
  }

  /** Notes that a call was lost which may have added, or may still add, a lead that has these keys. */
  doubt(keys: ReadonlySet<string>): void {
    const now = steadyNow()
    for (const [key, until] of this.#doubts) {
      if (until > now) break
      this.#doubts.delete(key)
    }
    for (const key of keys) {
      this.#doubts.delete(key)
      this.#doubts.set(key, now + this.#options.doubtMs)
    }
  }

  /** Whether VICIdial may still work on a call that adds a lead, of which nobody waits for the reply. */
  get isInDoubt(): boolean {
    return this.#doubtMs > 0
  }

  /** Resolves when VICIdial can't work on such a call any more. */
  async certain(): Promise<void> {
    while (this.isInDoubt) await pause(this.#doubtMs)
  }

  get #doubtMs(): number {
    let until = this.#openAt
    for (const doubt of this.#doubts.values()) until = Math.max(until, doubt)
    return Math.max(0, until - steadyNow())
  }

  /** Milliseconds until a lead may be added that has these keys. */
  waitMs(keys: ReadonlySet<string>): number {
    let until = this.#openAt
    for (const key of keys) until = Math.max(until, this.#doubts.get(key) ?? 0)
    return Math.max(0, until - steadyNow())
  }

  #leave(waiting: Waiting): void {
    for (const key of waiting.keys) {
      const line = this.#lines.get(key)
      if (line === undefined) continue
      const before = line.first
      line.delete(waiting)
      const { first } = line
      if (first === undefined) this.#lines.delete(key)
      else if (before !== first && --first.behind === 0) first.resolve(undefined)
    }
  }
}
