import type { Outcome } from '../../delivery/outcome.ts'
import { Problem } from '../../errors.ts'
import type { Deliveries } from '../../updates/ordered-delivery.ts'
import { PeerRefusal } from '../peers/peer-refusal.ts'
import type { PeerHandler } from '../peers/peer-server.ts'
import { type DeliveryAnswer, readDelivery } from './delivery-wire.ts'

/** What the owner does for the others. */
export interface OwnerWork {
  readonly deliveries: Deliveries
  /** Whether there is a VICIdial account of this name. */
  readonly hasAccount: (account: string) => boolean
  /** Looks for stored updates. */
  readonly wake: () => void
  /** Cancels the updates of a job that are not in flight. Returns how many. */
  readonly cancel: (job: string) => Promise<number>
}

/** The path of a hint that updates were stored. */
export const STORED = '/v1/stored'
/** The path of a request to cancel a job. */
export const CANCEL = '/v1/cancel'

/** Refuses what only the owner does. */
export const NOT_OWNER = new PeerRefusal(503, 'This gateway does not call VICIdial now.')

/**
 * Answers requests to the owner.
 * @param work undefined while this gateway is not the owner
 */
export function ownerHandlers(
  work: () => OwnerWork | undefined
): Record<'deliver' | 'stored' | 'cancel', PeerHandler> {
  const required = () => {
    const found = work()
    if (found === undefined) throw NOT_OWNER
    return found
  }
  return {
    deliver: async (body, signal): Promise<DeliveryAnswer> => {
      const owner = required()
      const { deliveries, hasAccount } = owner
      const began = performance.now()
      const { account, updates, request } = readDelivery(body)
      if (!hasAccount(account))
        throw new PeerRefusal(409, `The gateway that calls VICIdial has no account ${account}.`)
      try {
        const { outcomes, upstreamCalls } = await deliveries.deliver(account, updates, { ...request, signal })
        // The next owner may still deliver them.
        if (work() !== owner && isUnsent(outcomes)) throw NOT_OWNER
        return { outcomes, calls: upstreamCalls, ms: performance.now() - began }
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'overloaded') throw error
        return {
          overloaded: { detail: error.message, retry_after: Number(error.headers['retry-after'] ?? 1) }
        }
      }
    },
    stored: async () => {
      required().wake()
    },
    cancel: async (body) => {
      const { job } = body as { job: string }
      return { cancelled: await required().cancel(job) }
    }
  }
}

/** Whether nothing was sent of a request. */
export function isUnsent(outcomes: readonly Outcome[]): boolean {
  return outcomes.length > 0 && outcomes.every((outcome) => outcome.isUnsent)
}
