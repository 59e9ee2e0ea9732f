import { steadyNow } from '../../steady-clock.ts'
import { PeerRefusal } from './peer-refusal.ts'
import type { ProvenRequest } from './signature.ts'

/** How far the clocks of two gateways may differ, in milliseconds. */
const MAX_DIFFERENCE_MS = 10_000
/** Longer than a request's time is accepted, whether its sender's clock is ahead or behind, in milliseconds. */
const KEPT_MS = 2 * MAX_DIFFERENCE_MS + 1_000
/** Far more than gateways send in that time; about 20 MB. */
const MOST_KEPT = 250_000

/** The requests that other gateways have sent lately, so that nobody can send a recorded one again. */
export class ReceivedRequests {
  /** By nonce, oldest first: when it can be forgotten, in milliseconds of `steadyNow`. */
  readonly #forgetAt = new Map<string, number>()

  /**
   * Notes a request.
   * @throws PeerRefusal if it is old, or was received before
   */
  note({ time, nonce }: Pick<ProvenRequest, 'time' | 'nonce'>): void {
    if (Math.abs(Date.now() - time) > MAX_DIFFERENCE_MS)
      throw new PeerRefusal(
        400,
        `The clocks of the gateways differ by more than ${MAX_DIFFERENCE_MS / 1_000} seconds.`
      )
    const now = steadyNow()
    for (const [old, forgetAt] of this.#forgetAt) {
      if (forgetAt > now) break
      this.#forgetAt.delete(old)
    }
    if (this.#forgetAt.has(nonce)) throw new PeerRefusal(400, 'The request was received before.')
    if (this.#forgetAt.size >= MOST_KEPT) throw new PeerRefusal(503, 'Other gateways send too many requests.')
    this.#forgetAt.set(nonce, now + KEPT_MS)
  }
}
