import type { Result } from '../../schemas/batch.ts'
import type { Claimed, Settlement, UpdateQueue } from '../outbox/queue.ts'

export interface RemovedAccountsOptions {
  readonly queue: UpdateQueue
  /** The VICIdial accounts that there are, by name. */
  readonly accounts: ReadonlySet<string>
  readonly log: { error(members: object, message: string): void }
}

/** Updates that are ended at once: few, so that nobody waits for it. */
const STEP = 500
/** While another update of the leads is on its way, or nothing can be written. */
const PAUSE_MS = 250
/** However late they are due. */
const ANY_TIME = Number.MAX_SAFE_INTEGER

/** Gives up the stored updates of accounts that are configured no more: nobody would ever deliver them. */
export class RemovedAccounts {
  readonly #options: RemovedAccountsOptions
  /** What was claimed and is not settled yet. */
  #settlements: readonly Settlement[] = []
  #isStopped = false

  constructor(options: RemovedAccountsOptions) {
    this.#options = options
  }

  /** Makes dead letters of them, in small steps; resolves when there are none left, or once it is stopped. */
  async deadLetter(): Promise<void> {
    const { queue, accounts, log } = this.#options
    for (const [account, updates] of [...queue.pendingByAccount]) {
      if (accounts.has(account) || updates === 0) continue
      log.error(
        { account, updates },
        'updates of an account that is not configured any more become dead letters'
      )
      while (!this.#isStopped && (queue.pendingByAccount.get(account) ?? 0) > 0) {
        if (!(await this.#step(account))) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Tells whether some were ended. */
  async #step(account: string): Promise<boolean> {
    const { queue, log } = this.#options
    try {
      if (this.#settlements.length === 0)
        this.#settlements = (await queue.claim(account, STEP, ANY_TIME)).map(givenUp)
      if (this.#settlements.length === 0) return false
      await queue.settle(this.#settlements, new Map())
      this.#settlements = []
      return true
    } catch (error) {
      if (!this.#isStopped) log.error({ err: error, account }, 'updates cannot be given up')
      return false
    }
  }
}

function givenUp(claimed: Claimed): Settlement {
  const { job, update } = claimed
  const { index, key } = update
  const detail = `The VICIdial account ${job.account} is not configured any more.`
  const error = { code: 'upstream_login_failed', detail, retryable: true } as const
  const result: Result = { index, [key.by]: key.value, status: 'failed', error }
  return { claimed, disposition: 'dead_lettered', result, delivered: [] }
}
