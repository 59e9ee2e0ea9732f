import type { Claimed, Settlement, UpdateQueue } from '../outbox/queue.ts'

export interface SettlementWriterOptions {
  readonly queue: Pick<UpdateQueue, 'settle'>
  /** Called when settlements are on disk. */
  readonly onWritten: () => void
  readonly log: { error(members: object, message: string): void }
}

/** Most settlements per write: few enough that writing them blocks nothing else. */
const MAX_BATCH = 500
/** Pause after a failed write, in milliseconds. */
const RETRY_MS = 250

/** Writes settlements to the outbox in batches, and counts the updates that are not settled yet. */
export class SettlementWriter {
  readonly #options: SettlementWriterOptions
  #settlements: { readonly settlement: Settlement; readonly written: () => void }[] = []
  /** Calls to VICIdial by job id, not yet written. */
  #calls = new Map<string, number>()
  #inFlight = 0
  readonly #folded = new Set<Claimed>()
  #isWriting = false
  #isStopping = false
  readonly #stopped = Promise.withResolvers<undefined>()

  constructor(options: SettlementWriterOptions) {
    this.#options = options
  }

  /** Claimed updates without a settlement on disk, not counting those that are folded into others. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Updates without a settlement on disk that are folded into others. */
  get foldedInFlight(): number {
    return this.#folded.size
  }

  /** Counts claimed updates in; each of them, and of those that are folded into them, must be settled. */
  expect(claimed: readonly Claimed[]): void {
    this.#inFlight += claimed.length
    for (const { folded = [] } of claimed) for (const one of folded) this.#folded.add(one)
  }

  /** Resolves when it is on disk. */
  settle(settlement: Settlement): Promise<void> {
    return new Promise((resolve) => {
      this.#settlements.push({ settlement, written: resolve })
      if (!this.#isWriting) void this.#write()
    })
  }

  /** Adds calls to VICIdial to a job's count; written with the next settlements. */
  countCalls(jobId: string, calls: number): void {
    this.#calls.set(jobId, (this.#calls.get(jobId) ?? 0) + calls)
  }

  /**
   * Resolves when nothing is in flight, or when the settlements that are left cannot be written: their updates are
   * delivered again after the next start.
   */
  stop(): Promise<unknown> {
    this.#isStopping = true
    if (this.#unsettled === 0) this.#stopped.resolve(undefined)
    return this.#stopped.promise
  }

  get #unsettled(): number {
    return this.#inFlight + this.#folded.size
  }

  /** Writes all settlements; those that arrive during a write go into the next batch. */
  async #write(): Promise<void> {
    const { queue, onWritten, log } = this.#options
    this.#isWriting = true
    while (this.#settlements.length > 0) {
      await new Promise((resolve) => setImmediate(resolve))
      const batch = this.#settlements.splice(0, MAX_BATCH)
      const calls = this.#calls
      this.#calls = new Map()
      try {
        await queue.settle(
          batch.map(({ settlement }) => settlement),
          calls
        )
      } catch (error) {
        log.error({ err: error }, 'outbox cannot be written')
        this.#settlements.unshift(...batch)
        for (const [jobId, count] of calls) this.countCalls(jobId, count)
        // While stopping, retries end with the last call in flight.
        if (this.#isStopping && this.#settlements.length === this.#unsettled) break
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        continue
      }
      for (const { settlement, written } of batch) {
        if (!this.#folded.delete(settlement.claimed)) this.#inFlight--
        written()
      }
      onWritten()
    }
    this.#isWriting = false
    if (this.#isStopping && this.#settlements.length === this.#unsettled) this.#stopped.resolve(undefined)
  }
}
