import type { Delivered, DeliveryContext } from '../delivery/delivery.ts'
import { deliveredFields, type Outcome } from '../delivery/outcome.ts'
import { overloaded, StorageError } from '../errors.ts'
import type { Update } from '../leads/update.ts'
import type { UpdateQueue } from '../outbox/queue.ts'
import type { WriteNotes } from './write-notes.ts'

/** A request whose updates are delivered while it waits. */
export type WaitingRequest = Pick<DeliveryContext, 'caller' | 'source' | 'deadline' | 'requestId' | 'signal'>

/** Delivers a request's updates now. */
export interface Deliveries {
  /**
   * Resolves when each update has its outcome.
   * @throws Problem overloaded, if too much is waiting for VICIdial or for the disk; then nothing was sent
   */
  deliver(account: string, updates: readonly Update[], request: WaitingRequest): Promise<Delivered>
}

export interface OrderedDeliveryOptions {
  readonly dispatchers: {
    of(account: string): {
      deliver(updates: readonly Update[], context: DeliveryContext): Promise<Delivered>
    }
  }
  readonly queue: Pick<UpdateQueue, 'nextSequence'>
  readonly notes: Pick<WriteNotes, 'requireRoom' | 'add'>
}

/** In seconds. */
const RETRY_AFTER_SECONDS = 5

/** Gives updates to their account's dispatcher, and keeps older stored updates from overwriting what they set. */
export class OrderedDelivery implements Deliveries {
  readonly #options: OrderedDeliveryOptions

  constructor(options: OrderedDeliveryOptions) {
    this.#options = options
  }

  async deliver(account: string, updates: readonly Update[], request: WaitingRequest): Promise<Delivered> {
    const context = { ...request, ...(await this.#pastOutbox(updates, request.requestId)) }
    return this.#options.dispatchers.of(account).deliver(updates, context)
  }

  /** Keeps older updates of the same leads, which may still be in the outbox, from overwriting what is set now. */
  async #pastOutbox(
    updates: readonly Update[],
    requestId: string
  ): Promise<Pick<DeliveryContext, 'sequencing' | 'note'> | undefined> {
    const { queue, notes } = this.#options
    const sequence = await queue.nextSequence().catch(throwOverloaded)
    if (sequence === undefined) return undefined
    notes.requireRoom()
    const note = (outcomes: readonly Outcome[], noted: () => void) => {
      const delivered = updates.flatMap((update, index) => {
        const outcome = outcomes[index]
        return outcome ? deliveredFields(update, outcome) : []
      })
      return notes.add({ delivered, sequence, noted }, requestId)
    }
    return { sequencing: { sequenceOf: () => sequence, isStored: false }, note }
  }
}

/** Without the database nobody could tell which of two values is the newer one. */
function throwOverloaded(error: unknown): never {
  if (!(error instanceof StorageError)) throw error
  throw overloaded('The database cannot be asked now; nothing was sent.', RETRY_AFTER_SECONDS)
}
