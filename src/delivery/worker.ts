import type { Result } from '../../schemas/batch.ts'
import { withoutFields } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import type { Claimed, DeliveredFields, Outbox, Settlement } from '../outbox/outbox.ts'
import type { Guard } from '../vicidial/guard.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Outcome, OutcomeError } from './outcome.ts'
import { OverloadedError } from './overloaded-error.ts'
import { outcomeResult } from './result.ts'
import { type RetrySchedule, retryPauseMs } from './retry-schedule.ts'

export interface WorkerOptions {
  readonly outbox: Outbox
  /** The VICIdial account whose updates it delivers. */
  readonly account: string
  readonly dispatcher: Pick<Dispatcher, 'deliver'>
  readonly guard: Pick<Guard, 'refusal'>
  readonly schedule: RetrySchedule
  /** Updates that may be on their way at once. */
  readonly maxInFlight: number
  /** Called when updates were settled: the next ones of their leads may be another account's. */
  readonly onSettled?: () => void
  readonly log: { error(members: object, message: string): void }
}

/** Refusals of the update itself. Any other may be the server's or the operator's fault, and be mended meanwhile. */
const FINAL: ReadonlySet<OutcomeError['code']> = new Set([
  'lead_not_found',
  'lead_ambiguous',
  'list_not_found',
  'list_not_allowed',
  'field_unknown'
])
/** So many updates are claimed at once: few enough that reading them holds up nobody. */
const CLAIM = 500
/** One delivery, in milliseconds; what does not get its turn in this time is claimed again. */
const DELIVERY_MS = 60_000
/** While VICIdial may not be called, or the database cannot be written, it is asked again so often. */
const IDLE_MS = 250
/** A timer must not wait longer: what is due may change. */
const LONGEST_SLEEP_MS = 60_000

/** One delivery of an update. */
interface Delivered {
  readonly claimed: Claimed
  /** What was sent: without the fields that newer updates have set since. */
  readonly sent: Update
  readonly outcome: Outcome
}

/** Takes updates out of the outbox, gives them to the dispatcher, and settles each by its outcome. */
export class Worker {
  readonly #options: WorkerOptions
  #inFlight = 0
  #isStopping = false
  #isClaiming = false
  /** Whether it was woken while it claimed. */
  #isWoken = false
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined
  #settlements: Settlement[] = []
  #calls = new Map<string, number>()
  #isSettling = false

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  /** Looks for updates that are due. To be called at the start, and when updates were accepted. */
  wake(): void {
    this.#isWoken = true
    if (this.#isStopping || this.#isClaiming || this.#inFlight >= this.#options.maxInFlight) return
    this.#isClaiming = true
    this.#isWoken = false
    clearTimeout(this.#timer)
    void this.#claim().then((pauseMs) => {
      this.#isClaiming = false
      if (pauseMs === 0 || this.#isWoken) this.wake()
      else if (!this.#isStopping) this.#timer = setTimeout(() => this.wake(), pauseMs)
    })
  }

  /** Takes no more; resolves when all that is on its way is settled, or at `deadline` (ms since the epoch). */
  async stop(deadline: number): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#timer)
    if (this.#inFlight === 0) return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#idle = () => {
      resolve(undefined)
    }
    const timer = setTimeout(this.#idle, Math.max(0, deadline - Date.now()))
    await promise
    clearTimeout(timer)
  }

  /** Claims what is due. Returns how long to wait before the next time, in milliseconds. */
  async #claim(): Promise<number> {
    const { outbox, account, guard, maxInFlight, log } = this.#options
    if (guard.refusal() !== undefined) return outbox.size.open === 0 ? LONGEST_SLEEP_MS : IDLE_MS
    const now = Date.now()
    try {
      const dueAt = outbox.nextDueAt(account)
      if (dueAt === undefined) return LONGEST_SLEEP_MS
      if (dueAt > now) return Math.min(dueAt - now, LONGEST_SLEEP_MS)
      const claimed = await outbox.claim(account, Math.min(CLAIM, maxInFlight - this.#inFlight), now)
      this.#inFlight += claimed.length
      for (const ofJob of Map.groupBy(claimed, ({ job }) => job.id).values()) void this.#deliver(ofJob)
      // With all places taken the next settlement wakes it.
      return this.#inFlight < maxInFlight ? 0 : LONGEST_SLEEP_MS
    } catch (error) {
      log.error({ err: error }, 'outbox cannot be read')
      return IDLE_MS
    }
  }

  /** Delivers updates of one job. */
  async #deliver(claimed: readonly Claimed[]): Promise<void> {
    const [first] = claimed
    if (first === undefined) return
    const { id, caller, source } = first.job
    const sent: [Claimed, Update][] = []
    for (const one of claimed) {
      const { update, superseded } = one
      const changes = superseded.length > 0 ? withoutFields(update.changes, superseded) : update.changes
      if (changes === undefined) this.#settle(supersededAltogether(one))
      else sent.push([one, { ...update, changes }])
    }
    try {
      const { outcomes, upstreamCalls } = await this.#options.dispatcher.deliver(
        sent.map(([, update]) => update),
        // A caller's stored updates take turns with its requests, as another caller's would.
        { caller: `stored ${caller}`, source, deadline: Date.now() + DELIVERY_MS, requestId: id }
      )
      this.#calls.set(id, (this.#calls.get(id) ?? 0) + upstreamCalls)
      for (const [place, [one, update]] of sent.entries()) {
        const outcome = outcomes[place]
        if (outcome) this.#settle(this.#judge({ claimed: one, sent: update, outcome }))
      }
    } catch (error) {
      if (!(error instanceof OverloadedError)) this.#options.log.error({ err: error }, 'worker failed')
      const dueAt = Date.now() + IDLE_MS
      for (const [one] of sent) this.#settle({ claimed: one, as: 'waiting', tries: one.tries, dueAt })
    }
  }

  #judge({ claimed, sent, outcome }: Delivered): Settlement {
    const { superseded } = claimed
    const result: Result = outcomeResult(sent, outcome)
    if (superseded.length > 0) result.superseded = [...superseded]
    if (outcome.error === undefined || FINAL.has(outcome.error.code)) {
      return { claimed, as: 'done', result, delivered: deliveredFields(sent, outcome) }
    }
    // VICIdial being away is nobody's try.
    if (this.#options.guard.refusal() !== undefined) {
      return { claimed, as: 'waiting', result, tries: claimed.tries, dueAt: Date.now() }
    }
    const tries = claimed.tries + 1
    const pauseMs = retryPauseMs(tries, this.#options.schedule)
    if (pauseMs === undefined) return { claimed, as: 'dead', result, delivered: [] }
    return { claimed, as: 'waiting', result, tries, dueAt: Math.round(Date.now() + pauseMs) }
  }

  #settle(settlement: Settlement): void {
    this.#settlements.push(settlement)
    if (!this.#isSettling) void this.#writeSettlements()
  }

  /** Writes what gathered; what comes meanwhile goes with the next writing. */
  async #writeSettlements(): Promise<void> {
    const { outbox, log } = this.#options
    this.#isSettling = true
    while (this.#settlements.length > 0) {
      await new Promise((resolve) => setImmediate(resolve))
      const settlements = this.#settlements.splice(0, CLAIM)
      const calls = this.#calls
      this.#calls = new Map()
      try {
        await outbox.settle(settlements, calls)
      } catch (error) {
        log.error({ err: error }, 'outbox cannot be written')
        this.#settlements.unshift(...settlements)
        for (const [id, count] of calls) this.#calls.set(id, (this.#calls.get(id) ?? 0) + count)
        if (this.#isStopping) break
        await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
        continue
      }
      this.#inFlight -= settlements.length
      this.wake()
      this.#options.onSettled?.()
    }
    this.#isSettling = false
    if (this.#inFlight === 0) this.#idle?.()
  }
}

function supersededAltogether(claimed: Claimed): Settlement {
  const { index, key } = claimed.update
  const superseded = [...claimed.superseded]
  const result: Result = { index, [key.by]: key.value, status: 'superseded', superseded }
  return { claimed, as: 'done', result, delivered: [] }
}

/** What an update has set, under each name of its lead that is known. */
export function deliveredFields(
  { key, changes }: Update,
  { status, leads = [] }: Outcome
): DeliveredFields[] {
  if (status !== 'updated') return []
  const fields = Object.keys(changes.stored)
  const names = new Set([keyName(key), ...leads.map((lead) => keyName({ by: 'lead_id', value: lead }))])
  return [...names].map((lead) => ({ lead, fields }))
}
