import type { Result } from '../../schemas/batch.ts'
import type { Claimed, Settlement, UpdateQueue } from '../outbox/queue.ts'

export interface RemovedAccountsOptions {
  readonly queue: UpdateQueue
  /** Whether a gateway has a VICIdial account of this name. */
  readonly hasAccount: (account: string) => boolean
  readonly log: { error(members: object, message: string): void }
}

/** Updates claimed at once: few, so that other writes need not wait. */
const STEP = 500
/** Pause while other updates of the leads are in flight or writing fails, in milliseconds. */
const PAUSE_MS = 250
/** Claims updates whenever they are due. */
const ANY_TIME = Number.MAX_SAFE_INTEGER

/** Dead-letters the pending updates of accounts that are not configured any more: nothing else would deliver them. */
export class RemovedAccounts {
  readonly #options: RemovedAccountsOptions
  /** Of claimed updates that are not settled yet. */
  #settlements: readonly Settlement[] = []
  #isRunning = false
  #isStopped = false

  constructor(options: RemovedAccountsOptions) {
    this.#options = options
  }

  /** Dead-letters them in small steps. Resolves when none is left or `stop` is called. */
  async deadLetter(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    const { queue, hasAccount, log } = this.#options
    for (const [account, updates] of [...queue.pendingByAccount]) {
      if (hasAccount(account) || updates === 0) continue
      log.error(
        { account, updates },
        'updates of an account that is not configured any more become dead letters'
      )
      const isDue = () => this.#settlements.length > 0 || !hasAccount(account)
      while (!this.#isStopped && isDue() && (queue.pendingByAccount.get(account) ?? 0) > 0) {
        if (!(await this.#step(account))) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
    this.#isRunning = false
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Returns whether it dead-lettered any. */
  async #step(account: string): Promise<boolean> {
    const { queue, log } = this.#options
    try {
      if (this.#settlements.length === 0)
        this.#settlements = (await queue.claim(account, STEP, ANY_TIME))
          .flatMap((claimed) => [...(claimed.folded ?? []), claimed])
          .map(deadLetterSettlement)
      if (this.#settlements.length === 0) return false
      await queue.settle(this.#settlements, new Map())
      this.#settlements = []
      return true
    } catch (error) {
      if (!this.#isStopped) log.error({ err: error, account }, 'updates cannot be made dead letters')
      return false
    }
  }
}

function deadLetterSettlement(claimed: Claimed): Settlement {
  const { job, update } = claimed
  const { index, key } = update
  const detail = `The VICIdial account ${job.account} is not configured any more.`
  const error = { code: 'upstream_login_failed', detail, retryable: true } as const
  const result: Result = { index, [key.by]: key.value, status: 'failed', error }
  return { claimed, disposition: 'dead_lettered', result, delivered: [] }
}
