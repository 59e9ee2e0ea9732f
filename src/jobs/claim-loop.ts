import type { Claimed, UpdateQueue } from '../outbox/queue.ts'
import type { Guard } from '../vicidial/guard.ts'
import { steadyNow } from '../steady-clock.ts'

export interface ClaimLoopOptions {
  readonly queue: Pick<UpdateQueue, 'claim' | 'nextDueAt' | 'pendingByAccount'>
  /** The VICIdial account whose updates are claimed. */
  readonly account: string
  readonly guard: Pick<Guard, 'refusal'>
  /** How many more updates may be in flight, not counting those that are folded into others. */
  readonly room: () => number
  /** How many more may be folded into others. */
  readonly roomToFold: () => number
  /** Called with updates that were claimed. */
  readonly deliver: (claimed: readonly Claimed[]) => void
  readonly log: { error(members: object, message: string): void }
}

/** Most updates per claim: few enough that reading them blocks nothing else. */
const MAX_CLAIM = 500
/** Pause while VICIdial may not be called or the outbox cannot be read, in milliseconds. */
const RETRY_MS = 250
/** Longest pause, in milliseconds: what is due may change without a wake. */
const LONGEST_PAUSE_MS = 60_000

/** Claims updates as they become due, as long as there is room for them. */
export class ClaimLoop {
  readonly #options: ClaimLoopOptions
  #running: Promise<void> | undefined
  #isStopping = false
  /** Whether it was woken since it last looked. */
  #isWoken = false
  #timer: NodeJS.Timeout | undefined
  #endPause: () => void = () => {}

  constructor(options: ClaimLoopOptions) {
    this.#options = options
  }

  /** Looks for due updates now; starts the loop the first time. */
  wake(): void {
    this.#isWoken = true
    this.#endPause()
    if (!this.#isStopping) this.#running ??= this.#run()
  }

  /** Resolves when a claim in flight has ended; what it returns is not delivered. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#endPause()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false
      const pauseMs = this.#options.room() > 0 ? await this.#claim() : LONGEST_PAUSE_MS
      await this.#pause(pauseMs)
    }
  }

  async #pause(ms: number): Promise<void> {
    if (ms === 0 || this.#isWoken || this.#isStopping) return
    await new Promise<void>((resolve) => {
      this.#endPause = resolve
      this.#timer = setTimeout(resolve, ms)
    })
    clearTimeout(this.#timer)
  }

  /** Claims what is due. Returns the pause before the next claim, in milliseconds. */
  async #claim(): Promise<number> {
    const { queue, account, guard, room, roomToFold, deliver, log } = this.#options
    if (guard.refusal() !== undefined)
      return (queue.pendingByAccount.get(account) ?? 0) === 0 ? LONGEST_PAUSE_MS : RETRY_MS
    const now = steadyNow()
    try {
      const dueAt = queue.nextDueAt(account)
      if (dueAt === undefined) return LONGEST_PAUSE_MS
      if (dueAt > now) return Math.min(dueAt - now, LONGEST_PAUSE_MS)
      const claimed = await queue.claim(account, Math.min(MAX_CLAIM, room()), now, roomToFold())
      // The claim is only in memory: after the next start these updates are due again.
      if (!this.#isStopping) deliver(claimed)
      return 0
    } catch (error) {
      log.error({ err: error }, 'outbox cannot be read')
      return RETRY_MS
    }
  }
}
