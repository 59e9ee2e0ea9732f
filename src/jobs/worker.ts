import type { Dispatcher } from '../delivery/dispatcher.ts'
import type { Outcome } from '../delivery/outcome.ts'
import { Problem } from '../errors.ts'
import { withoutFields } from '../leads/compose-changes.ts'
import type { Update } from '../leads/update.ts'
import type { Claimed, Settlement, UpdateQueue } from '../outbox/queue.ts'
import type { Guard } from '../vicidial/guard.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { ClaimLoop } from './claim-loop.ts'
import type { RetrySchedule } from './retry-schedule.ts'
import { foldedSettlement, fullySuperseded, notAttempted, settlementOf } from './settlement.ts'
import { SettlementWriter } from './settlement-writer.ts'
import { steadyNow } from '../steady-clock.ts'

export interface WorkerOptions {
  readonly queue: Pick<UpdateQueue, 'claim' | 'nextDueAt' | 'pendingByAccount' | 'settle'>
  /** The VICIdial account whose updates it delivers. */
  readonly account: string
  readonly dispatcher: Pick<Dispatcher, 'deliver'>
  readonly guard: Pick<Guard, 'refusal'>
  readonly schedule: RetrySchedule
  /** Updates that may be in flight at once. */
  readonly maxInFlight: number
  /** Called when updates are settled: the next ones of their leads may be another account's. */
  readonly onSettled?: () => void
  readonly log: { error(members: object, message: string): void }
}

/** Timeout for one delivery, in milliseconds; updates that don't get their turn in this time are claimed again. */
const DELIVERY_MS = 60_000
/** Updates that take longer than this wait too long for their turn: little time is left for the call and its repeats. */
const GOOD_MS = DELIVERY_MS / 2

/** Most updates in flight that are folded into others, to bound memory. */
const MAX_FOLDED_IN_FLIGHT = 5_000

/** A claimed update, and what is sent of it: without the fields that newer updates have set since. */
interface Sending {
  readonly claimed: Claimed
  readonly sent: Update
}

/** Delivers an account's stored updates: claims them, gives them to the dispatcher, and settles each by its outcome. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #limit: AdaptiveLimit
  readonly #claims: ClaimLoop
  readonly #settlements: SettlementWriter

  constructor(options: WorkerOptions) {
    const { queue, account, guard, log } = options
    this.#options = options
    this.#limit = new AdaptiveLimit(options.maxInFlight, GOOD_MS)
    this.#settlements = new SettlementWriter({
      queue,
      onWritten: () => {
        this.#claims.wake()
        options.onSettled?.()
      },
      log
    })
    this.#claims = new ClaimLoop({
      queue,
      account,
      guard,
      room: () => this.#limit.allowed - this.#settlements.inFlight,
      roomToFold: () => MAX_FOLDED_IN_FLIGHT - this.#settlements.foldedInFlight,
      deliver: (claimed) => {
        this.#settlements.expect(claimed)
        for (const ofJob of Map.groupBy(claimed, ({ job }) => job.id).values()) void this.#deliver(ofJob)
      },
      log
    })
  }

  /** Looks for due updates. Must be called at the start, and when updates are accepted. */
  wake(): void {
    this.#claims.wake()
  }

  /**
   * Stops claiming. Resolves when all claimed updates are settled, when the outbox fails, or at `deadline` (milliseconds
   * since the epoch). Updates that are not settled are delivered again after the next start.
   */
  async stop(deadline: number): Promise<void> {
    const ended = Promise.all([this.#claims.stop(), this.#settlements.stop()])
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, Math.max(0, deadline - steadyNow()))
    })
    await Promise.race([ended, timeout])
    clearTimeout(timer)
  }

  /** Delivers updates of one job; each is settled as soon as its own outcome is known. */
  async #deliver(ofJob: readonly Claimed[]): Promise<void> {
    const [first] = ofJob
    if (first === undefined) return
    const { id, caller, source } = first.job
    const sending: Sending[] = []
    for (const claimed of ofJob) {
      const { update, superseded } = claimed
      const changes = superseded.length > 0 ? withoutFields(update.changes, superseded) : update.changes
      if (changes === undefined) void this.#settle(claimed, fullySuperseded)
      else sending.push({ claimed, sent: { ...update, changes } })
    }
    const written: Promise<unknown>[] = []
    const unsettled = new Map(sending.entries())
    const startedAt = steadyNow()
    let counted = 0
    const countCalls = (calls: number) => {
      this.#settlements.countCalls(id, calls - counted)
      counted = calls
    }
    try {
      const { upstreamCalls } = await this.#options.dispatcher.deliver(
        sending.map(({ sent }) => sent),
        {
          // A caller's stored updates take turns with its requests, as another caller's would.
          caller: `stored ${caller}`,
          source,
          deadline: startedAt + DELIVERY_MS,
          requestId: id,
          sequencing: { sequenceOf: (index) => sending[index]?.claimed.sequence ?? 0, isStored: true },
          note: async (_outcomes, noted) => {
            void Promise.all(written).then(noted)
          },
          onOutcome: (index, outcome, calls) => {
            const one = unsettled.get(index)
            if (one === undefined || !unsettled.delete(index)) return
            countCalls(calls)
            const now = steadyNow()
            this.#limit.note(now - startedAt, outcome.isUnsent !== true)
            written.push(this.#settleBy(outcome, one, now))
          }
        }
      )
      countCalls(upstreamCalls)
    } catch (error) {
      // Overloaded: the updates are claimed again when there is room.
      if (!(error instanceof Problem)) this.#options.log.error({ err: error }, 'worker failed')
      for (const { claimed } of unsettled.values())
        void this.#settle(claimed, (one) => notAttempted(one, steadyNow()))
      unsettled.clear()
    }
  }

  /** Settles a delivered update and those folded into it. Resolves when that is on disk. */
  #settleBy(outcome: Outcome, { claimed, sent }: Sending, now: number): Promise<unknown> {
    const settlement = settlementOf(claimed, sent, outcome, this.#options.schedule, now)
    return this.#settle(claimed, (one) =>
      one === claimed ? settlement : foldedSettlement(one, outcome, settlement, now)
    )
  }

  /** Settles an update and those folded into it. Resolves when that is on disk. */
  #settle(claimed: Claimed, settlementOf: (one: Claimed) => Settlement): Promise<unknown> {
    const all = [...(claimed.folded ?? []), claimed]
    return Promise.all(all.map((one) => this.#settlements.settle(settlementOf(one))))
  }
}
