import { EVENT_ID_TTL_MS } from '../outbox/idempotency.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { steadyNow } from '../steady-clock.ts'

export interface RetentionOptions {
  readonly outbox: Pick<Outbox, 'jobs' | 'idempotency' | 'history' | 'queue' | 'resultCounts'>
  readonly retentionDays: number
  readonly historyDays: number
  readonly log: {
    error(members: object, message: string): void
    warn(members: object, message: string): void
  }
}

const HOUR_MS = 60 * 60 * 1_000
const DAY_HOURS = 24
const DAY_MS = DAY_HOURS * HOUR_MS
const EVERY_MS = 30_000
/** How long counts of results are kept: the operations page shows a week. */
const COUNTS_MS = 8 * DAY_MS
/** Rows deleted at once: few, so that other writes need not wait. */
const STEP = 500
const BETWEEN_STEPS_MS = 50
/** After a larger jump of the clock nothing is deleted for a day. */
const MAX_JUMP_MS = HOUR_MS
/** The same after a longer time in which the gateway did not run: the clock may be wrong. */
const MAX_AWAY_MS = DAY_MS

/**
 * Deletes old jobs, idempotency records, history and counts, in small steps. That also finds out whether a failing database
 * works again.
 *
 * A wrong clock deletes nothing: for a day after a jump nothing is deleted, and then the clock from before the jump counts.
 * Dead letters, which somebody may still want to replay, are also kept until the gateway itself has run for that many hours.
 */
export class Retention {
  readonly #options: RetentionOptions
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  /** When the last hour was noted, or this began. */
  #hourBegan = steadyNow()
  /** How far the system's clock is ahead of the steady one, as last seen. */
  #ahead = Date.now() - steadyNow()
  /** Nothing is deleted before this time. */
  #heldUntil = 0

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    // A day of hours, so that a restart doesn't end the day in which nothing is deleted.
    const times = [Date.now(), ...(await this.#options.outbox.jobs.lastHours(DAY_HOURS))]
    const awayMs = Math.max(...times.map((at, n) => at - (times[n + 1] ?? at)))
    if (awayMs > MAX_AWAY_MS) this.#hold(awayMs)
    this.#schedule(EVERY_MS)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#step(), ms)
  }

  #hold(ms: number): void {
    this.#heldUntil = steadyNow() + DAY_MS
    this.#options.log.warn(
      { seconds: Math.round(ms / 1_000) },
      'the clock has jumped, or the gateway was down for long: nothing is deleted for a day'
    )
  }

  /** Whether to note an hour: this has run for one, or the last note, which may be another run's, is an hour old. */
  async #isHourOver(): Promise<boolean> {
    const [last = 0] = await this.#options.outbox.jobs.lastHours(1)
    const now = steadyNow()
    return now - this.#hourBegan >= HOUR_MS || now - last >= HOUR_MS
  }

  async #step(): Promise<void> {
    const { outbox, retentionDays, historyDays, log } = this.#options
    const ahead = Date.now() - steadyNow()
    if (Math.abs(ahead - this.#ahead) > MAX_JUMP_MS) {
      this.#hold(ahead - this.#ahead)
      this.#ahead = ahead
    }
    const isHeld = steadyNow() < this.#heldUntil
    const now = Math.min(Date.now(), steadyNow())
    const past = (ms: number) => (isHeld ? 0 : now - ms)
    try {
      if (await this.#isHourOver()) {
        this.#hourBegan = steadyNow()
        await outbox.jobs.noteHour(this.#hourBegan, retentionDays * DAY_HOURS)
      }
      const deleted =
        (await outbox.idempotency.purge(past(EVENT_ID_TTL_MS), STEP)) +
        (await outbox.jobs.purge(past(retentionDays * DAY_MS), STEP, retentionDays * DAY_HOURS)) +
        (await outbox.history.purge(past(historyDays * DAY_MS), STEP)) +
        (await outbox.resultCounts.purge(past(COUNTS_MS), STEP)) +
        (await outbox.queue.forgetWrites(STEP))
      this.#schedule(deleted > 0 ? BETWEEN_STEPS_MS : EVERY_MS)
    } catch (error) {
      log.error({ err: error }, 'outbox cannot be purged')
      this.#schedule(EVERY_MS)
    }
  }
}
