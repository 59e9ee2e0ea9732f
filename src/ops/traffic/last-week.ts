import { StorageError } from '../../errors.ts'
import { COUNTED_MS, type ResultCount, type ResultCountStore } from '../../outbox/result-counts.ts'
import type { EndedUpdates, Observer } from '../../telemetry/observer.ts'
import { kindOf, type Reason, reasonOf, type Slot, sumOfReasons, type Traffic } from './kinds.ts'
import { type Range, startOf } from './ranges.ts'

/** How often counts are stored, in milliseconds: a crash loses no more. */
const STORE_EVERY_MS = 60_000

type Counts = Map<string, { -readonly [Name in keyof ResultCount]: ResultCount[Name] }>

export interface LastWeekOptions {
  /** The store, once it is open. */
  readonly store: () => Pick<ResultCountStore, 'add' | 'since'>
  readonly log: { error(members: object, message: string): void }
}

/** Counts the results of the last week's updates and readings, of all gateways that share the database. */
export class LastWeek implements Observer {
  readonly #options: LastWeekOptions
  /** Not stored yet. */
  #counts: Counts = new Map()
  /** Each is storing counts. */
  readonly #flushes = new Set<Promise<void>>()
  /** How many flushes have begun. */
  #flushed = 0
  #isFailing = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: LastWeekOptions) {
    this.#options = options
  }

  /** @param now milliseconds since the epoch */
  updatesEnded(ended: EndedUpdates, now = Date.now()): void {
    const { status, count } = ended
    if (kindOf(status) === undefined) return
    const at = Math.floor(now / COUNTED_MS) * COUNTED_MS
    add(this.#counts, { at, status, code: reasonOf(ended) ?? '', count })
  }

  /** Stores what it counts once a minute. */
  start(): void {
    this.#timer = setInterval(() => void this.flush(), STORE_EVERY_MS)
  }

  /** Hands what is left to the store at once. Resolves when it is stored. */
  stop(): Promise<void> {
    clearInterval(this.#timer)
    return this.flush()
  }

  /** Stores what was counted since. What can't be stored is kept for the next time. Never throws. */
  async flush(): Promise<void> {
    const counts = this.#counts
    if (counts.size === 0) return
    this.#counts = new Map()
    this.#flushed++
    const flush = this.#store(counts)
    this.#flushes.add(flush)
    await flush
    this.#flushes.delete(flush)
  }

  async #store(counts: Counts): Promise<void> {
    try {
      await this.#options.store().add([...counts.values()])
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) this.#options.log.error({ err: error }, 'counts of results cannot be stored')
      this.#isFailing = true
      const mayBeStored = error instanceof StorageError && error.mayBeStored
      // Rather a minute too few than one twice.
      if (!mayBeStored) for (const count of counts.values()) add(this.#counts, count)
    }
  }

  /**
   * What is stored and what is not stored yet, each once: it reads again if a flush began meanwhile. No flush waits for it.
   *
   * @throws StorageError
   */
  async #countsSince(first: number, spanMs: number): Promise<ResultCount[]> {
    for (;;) {
      while (this.#flushes.size > 0) await Promise.all(this.#flushes)
      const flushed = this.#flushed
      const stored = await this.#options.store().since(first, spanMs)
      if (flushed === this.#flushed) return [...stored, ...this.#counts.values()]
    }
  }

  /** @param now milliseconds since the epoch @throws StorageError */
  async traffic(range: Range, now = Date.now()): Promise<Traffic> {
    const { spanMs, slots: length } = range
    const first = startOf(range, now)
    const counts = await this.#countsSince(first, spanMs)
    const slots = Array.from({ length }, (_, index) => ({
      at: first + index * spanMs,
      updated: 0,
      read: 0,
      refused: 0,
      failed: 0
    })) satisfies Slot[]
    const reasons: Reason[] = []
    for (const { at, status, code, count } of counts) {
      const kind = kindOf(status)
      const slot = slots[Math.floor((at - first) / spanMs)]
      if (kind === undefined || slot === undefined) continue
      slot[kind] += count
      if (code !== '') reasons.push({ code, kind, count })
    }
    return { slots, reasons: sumOfReasons(reasons) }
  }
}

function add(counts: Counts, { at, status, code, count }: ResultCount): void {
  const key = `${at} ${status} ${code}`
  const known = counts.get(key)
  if (known) known.count += count
  else counts.set(key, { at, status, code, count })
}
