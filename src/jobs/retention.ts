import { EVENT_ID_TTL_MS } from '../outbox/idempotency.ts'
import type { Outbox } from '../outbox/outbox.ts'

export interface RetentionOptions {
  readonly outbox: Pick<Outbox, 'jobs' | 'idempotency' | 'history' | 'queue'>
  readonly retentionDays: number
  readonly historyDays: number
  readonly log: { error(members: object, message: string): void }
}

const DAY_MS = 24 * 60 * 60 * 1_000
const EVERY_MS = 30_000
/** Rows deleted at once: few, so that other writes need not wait. */
const STEP = 500
const BETWEEN_STEPS_MS = 50

/**
 * Deletes old jobs, idempotency records and history, in small steps. That also finds out whether a failing database
 * works again.
 */
export class Retention {
  readonly #options: RetentionOptions
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  start(): void {
    this.#schedule(EVERY_MS)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#step(), ms)
  }

  async #step(): Promise<void> {
    const { outbox, retentionDays, historyDays, log } = this.#options
    const now = Date.now()
    try {
      const deleted =
        (await outbox.idempotency.purge(now - EVENT_ID_TTL_MS, STEP)) +
        (await outbox.jobs.purge(now - retentionDays * DAY_MS, STEP)) +
        (await outbox.history.purge(now - historyDays * DAY_MS, STEP)) +
        (await outbox.queue.forgetWrites(STEP))
      this.#schedule(deleted > 0 ? BETWEEN_STEPS_MS : EVERY_MS)
    } catch (error) {
      log.error({ err: error }, 'outbox cannot be purged')
      this.#schedule(EVERY_MS)
    }
  }
}
