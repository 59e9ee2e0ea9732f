import type { Delivered } from '../../delivery/delivery.ts'
import type { Outcome } from '../../delivery/outcome.ts'
import { overloaded, Problem } from '../../errors.ts'
import type { Update } from '../../leads/update.ts'
import { steadyNow } from '../../steady-clock.ts'
import type { Deliveries, WaitingRequest } from '../../updates/ordered-delivery.ts'
import { type Peer, type PeerClient, PeerError } from '../peers/peer-client.ts'
import { DELIVER, type DeliveryAnswer, readOutcomes, writeDelivery } from './delivery-wire.ts'
import { CANCEL, isUnsent, type OwnerWork, STORED } from './owner-side.ts'

export interface RelayOptions {
  /** What this gateway does as the owner; undefined while another one is. */
  readonly work: () => OwnerWork | undefined
  /** How to reach the owner, if it is known and another gateway. */
  readonly owner: () => Peer | undefined
  /** Resolves when there may be another owner, after `ms` at the latest. */
  readonly ownerChange: (ms: number) => Promise<void>
  readonly client: Pick<PeerClient, 'send'>
  /** Called with the time that a request took beyond the owner's own, in milliseconds. */
  readonly onRelayed: (ms: number) => void
  readonly log: { warn(members: object, message: string): void }
}

/** A clean change of owners takes a second; requests wait for it this long, in milliseconds. */
const WAIT_MS = 2_500
/** Pause before an owner that refused is asked again, in milliseconds. */
const AGAIN_MS = 100
/** How much longer than the owner to wait for its answer, in milliseconds. */
const GRACE_MS = 1_000
/** Timeout for the hint that updates were stored, in milliseconds: the owner also looks for them itself. */
const HINT_MS = 1_000
/** Timeout for a request to cancel a job, in milliseconds. */
const CANCEL_MS = 5_000
const RETRY_AFTER_SECONDS = 5

const NO_OWNER = 'No gateway of the cluster can call VICIdial at the moment.'

/** The outcome of an update that reached no owner. */
const UNSENT: Outcome = {
  status: 'failed',
  warnings: [],
  error: { code: 'upstream_unavailable', detail: NO_OWNER, retryable: true },
  isUnsent: true
}
/** The outcome of an update whose owner was lost before it answered. */
const LOST: Outcome = {
  status: 'unknown',
  warnings: [],
  error: {
    code: 'upstream_unavailable',
    detail: 'The gateway that calls VICIdial was lost before it had answered; the change may have been made.',
    retryable: true
  }
}

/** Does at once, or at the owner, what only the owner may do: delivers, cancels, looks for stored updates. */
export class Relay implements Deliveries {
  readonly #options: RelayOptions
  /** Whether a hint to the owner is in flight, and whether another must follow it. */
  #hint: 'none' | 'sent' | 'again' = 'none'

  constructor(options: RelayOptions) {
    this.#options = options
  }

  async deliver(account: string, updates: readonly Update[], request: WaitingRequest): Promise<Delivered> {
    if (updates.length === 0) return { outcomes: [], upstreamCalls: 0 }
    const { work, ownerChange } = this.#options
    let waitUntil: number | undefined
    for (;;) {
      const own = work()
      const delivered = own
        ? await own.deliveries.deliver(account, updates, request)
        : await this.#deliverElsewhere(account, updates, request)
      // What this gateway could not send while it was the owner, the next one may.
      const isFree =
        delivered instanceof PeerError
          ? delivered.sent === 'no'
          : work() !== own && isUnsent(delivered.outcomes)
      const now = steadyNow()
      waitUntil ??= Math.min(request.deadline, now + WAIT_MS)
      if (!isFree || now >= waitUntil || request.signal?.aborted)
        return delivered instanceof PeerError ? this.#failed(delivered, updates, request) : delivered
      await ownerChange(Math.min(waitUntil - now, AGAIN_MS))
    }
  }

  /** Lets the owner look for stored updates. */
  wake(): void {
    const own = this.#options.work()
    if (own !== undefined) own.wake()
    else if (this.#hint === 'none') void this.#sendHints()
    else this.#hint = 'again'
  }

  /**
   * Cancels the updates of a job that are not in flight. Returns how many.
   * @throws Problem overloaded, if the owner can't be asked
   */
  async cancel(job: string): Promise<number> {
    const { work, owner, client } = this.#options
    const own = work()
    if (own !== undefined) return own.cancel(job)
    const to = owner()
    try {
      if (to === undefined) throw new PeerError(NO_OWNER, 'no')
      const answer = await client.send({ to, path: CANCEL, body: { job }, timeoutMs: CANCEL_MS })
      return (answer as { cancelled: number }).cancelled
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      throw overloaded(`${NO_OWNER} Whether updates were cancelled is not known.`, RETRY_AFTER_SECONDS)
    }
  }

  /** Returns why the owner did not deliver, if it did not. */
  async #deliverElsewhere(
    account: string,
    updates: readonly Update[],
    request: WaitingRequest
  ): Promise<Delivered | PeerError> {
    const { owner, client, onRelayed } = this.#options
    const to = owner()
    if (to === undefined) return new PeerError(NO_OWNER, 'no')
    const began = performance.now()
    let answer: DeliveryAnswer
    try {
      answer = (await client.send({
        to,
        path: DELIVER,
        body: writeDelivery(account, updates, request),
        signal: request.signal,
        timeoutMs: Math.max(0, request.deadline - steadyNow()) + GRACE_MS
      })) as DeliveryAnswer
    } catch (error) {
      if (error instanceof PeerError) return error
      throw error
    }
    if ('overloaded' in answer) {
      const { detail, retry_after } = answer.overloaded
      throw overloaded(detail, retry_after)
    }
    onRelayed(performance.now() - began - answer.ms)
    if (answer.outcomes.length !== updates.length)
      throw new Problem('internal_error', 'The owner answered for others.')
    return readOutcomes(answer)
  }

  #failed(error: PeerError, updates: readonly Update[], { signal, requestId }: WaitingRequest): Delivered {
    const { log } = this.#options
    if (!signal?.aborted)
      log.warn({ err: error, request_id: requestId }, 'the owner did not deliver a request')
    const outcome = error.sent === 'no' ? UNSENT : LOST
    return { outcomes: updates.map(() => outcome), upstreamCalls: 0 }
  }

  async #sendHints(): Promise<void> {
    const { owner, client } = this.#options
    do {
      this.#hint = 'sent'
      const to = owner()
      if (to === undefined) break
      // Without a hint the owner looks a little later.
      await client.send({ to, path: STORED, body: null, timeoutMs: HINT_MS }).catch(() => {})
    } while (this.#isHintDue())
    this.#hint = 'none'
  }

  #isHintDue(): boolean {
    return this.#hint === 'again'
  }
}
