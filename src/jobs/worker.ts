import type { Result } from '../../schemas/batch.ts'
import { withoutFields } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import type { Claimed, DeliveredFields, Settlement } from '../outbox/queue.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Guard } from '../vicidial/guard.ts'
import type { Dispatcher } from '../delivery/dispatcher.ts'
import type { Outcome, OutcomeError } from '../delivery/outcome.ts'
import { OverloadedError } from '../delivery/overloaded-error.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { outcomeResult } from '../delivery/result.ts'
import { type RetrySchedule, retryPauseMs } from './retry-schedule.ts'

export interface WorkerOptions {
  readonly outbox: Pick<Outbox, 'queue'>
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
/** VICIdial looked at the login alone, and nothing is sent until it takes that: no try, whatever was sent. */
const LOGIN_REFUSED: ReadonlySet<OutcomeError['code']> = new Set([
  'upstream_login_failed',
  'upstream_locked_out'
])
/** So many updates are claimed at once: few enough that reading them holds up nobody. */
const CLAIM = 500
/** One delivery, in milliseconds; what does not get its turn in this time is claimed again. */
const DELIVERY_MS = 60_000
/** What waits no longer than this for its turn has time left for its call, and the repeats of that. */
const GOOD_MS = DELIVERY_MS / 2
/** What was not sent comes again so much later. While VICIdial may not be called, or the database cannot be written, it is asked again so often. */
const IDLE_MS = 250
/** A timer must not wait longer: what is due may change. */
const LONGEST_SLEEP_MS = 60_000

/** One delivery of an update. */
interface Sending {
  readonly claimed: Claimed
  /** What is sent: without the fields that newer updates have set since. */
  readonly sent: Update
}

/** Takes updates out of the outbox, gives them to the dispatcher, and settles each by its outcome. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #pace: AdaptiveLimit
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
    this.#pace = new AdaptiveLimit(options.maxInFlight, GOOD_MS)
  }

  /** Looks for updates that are due. To be called at the start, and when updates were accepted. */
  wake(): void {
    this.#isWoken = true
    if (this.#isStopping || this.#isClaiming || this.#inFlight >= this.#pace.allowed) return
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
    const { outbox, account, guard, log } = this.#options
    if (guard.refusal() !== undefined)
      return (outbox.queue.pendingByAccount.get(account) ?? 0) === 0 ? LONGEST_SLEEP_MS : IDLE_MS
    const now = Date.now()
    try {
      const dueAt = outbox.queue.nextDueAt(account)
      if (dueAt === undefined) return LONGEST_SLEEP_MS
      if (dueAt > now) return Math.min(dueAt - now, LONGEST_SLEEP_MS)
      const claimed = await outbox.queue.claim(
        account,
        Math.min(CLAIM, this.#pace.allowed - this.#inFlight),
        now
      )
      this.#inFlight += claimed.length
      for (const ofJob of Map.groupBy(claimed, ({ job }) => job.id).values()) void this.#deliver(ofJob)
      // With all places taken the next settlement wakes it.
      return this.#inFlight < this.#pace.allowed ? 0 : LONGEST_SLEEP_MS
    } catch (error) {
      log.error({ err: error }, 'outbox cannot be read')
      return IDLE_MS
    }
  }

  /** Delivers updates of one job; each is settled as soon as its own outcome is known. */
  async #deliver(claimed: readonly Claimed[]): Promise<void> {
    const [first] = claimed
    if (first === undefined) return
    const { id, caller, source } = first.job
    const sending: Sending[] = []
    for (const one of claimed) {
      const { update, superseded } = one
      const changes = superseded.length > 0 ? withoutFields(update.changes, superseded) : update.changes
      if (changes === undefined) this.#settle(supersededAltogether(one))
      else sending.push({ claimed: one, sent: { ...update, changes } })
    }
    const open = new Map(sending.entries())
    const began = Date.now()
    let counted = 0
    const count = (calls: number) => {
      this.#calls.set(id, (this.#calls.get(id) ?? 0) + calls - counted)
      counted = calls
    }
    try {
      const { upstreamCalls } = await this.#options.dispatcher.deliver(
        sending.map(({ sent }) => sent),
        {
          // A caller's stored updates take turns with its requests, as another caller's would.
          caller: `stored ${caller}`,
          source,
          deadline: began + DELIVERY_MS,
          requestId: id,
          ordered: { sequenceOf: (place) => sending[place]?.claimed.sequence ?? 0, isStored: true },
          onOutcome: (place, outcome, calls) => {
            const one = open.get(place)
            if (one === undefined || !open.delete(place)) return
            count(calls)
            this.#pace.note(Date.now() - began, outcome.isUnsent !== true)
            this.#settle(this.#judge(one, outcome))
          }
        }
      )
      count(upstreamCalls)
    } catch (error) {
      if (!(error instanceof OverloadedError)) this.#options.log.error({ err: error }, 'worker failed')
      for (const one of open.values()) this.#settle(this.#again(one.claimed))
      open.clear()
    }
  }

  #judge({ claimed, sent }: Sending, outcome: Outcome): Settlement {
    const result: Result = outcomeResult(sent, outcome)
    const superseded = [...claimed.superseded, ...(outcome.superseded ?? [])]
    if (superseded.length > 0) result.superseded = superseded
    const { error, isUnsent } = outcome
    if (error === undefined || FINAL.has(error.code)) {
      return { claimed, disposition: 'delivered', result, delivered: deliveredFields(sent, outcome) }
    }
    if (isUnsent || LOGIN_REFUSED.has(error.code)) return { ...this.#again(claimed), result }
    const attempts = claimed.attempts + 1
    const pauseMs = retryPauseMs(attempts, this.#options.schedule)
    if (pauseMs === undefined) return { claimed, disposition: 'dead_lettered', result, delivered: [] }
    return { claimed, disposition: 'retry', result, attempts, dueAt: Math.round(Date.now() + pauseMs) }
  }

  /** It was nobody's try. */
  #again(claimed: Claimed) {
    return { claimed, disposition: 'retry', attempts: claimed.attempts, dueAt: Date.now() + IDLE_MS } as const
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
        await outbox.queue.settle(settlements, calls)
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
  return { claimed, disposition: 'delivered', result, delivered: [] }
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
