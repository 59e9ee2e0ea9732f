import type { Delivered, DeliveryContext } from '../delivery/delivery.ts'
import type { Outcome, OutcomeError } from '../delivery/outcome.ts'
import { deliveredFields } from '../delivery/delivered-fields.ts'
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
  /** Whether another gateway may deliver older updates, and undo what is not noted. */
  readonly isShared?: boolean
}

/** In seconds. */
const RETRY_AFTER_SECONDS = 5

/** Why an update that was made counts as unknown. */
const NOT_NOTED: OutcomeError = {
  code: 'upstream_unavailable',
  detail:
    'The change was made, but could not be noted: another gateway may have undone it with an older one.',
  retryable: true
}

/** Gives updates to their account's dispatcher, and keeps older stored updates from overwriting what they set. */
export class OrderedDelivery implements Deliveries {
  readonly #options: OrderedDeliveryOptions
  readonly #underWay = new Set<Promise<Delivered>>()

  constructor(options: OrderedDeliveryOptions) {
    this.#options = options
  }

  async deliver(account: string, updates: readonly Update[], request: WaitingRequest): Promise<Delivered> {
    const delivery = this.#deliver(account, updates, request)
    this.#underWay.add(delivery)
    try {
      return await delivery
    } finally {
      this.#underWay.delete(delivery)
    }
  }

  /** Resolves when the deliveries that are under way now have ended, and what they have set is noted. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }

  async #deliver(account: string, updates: readonly Update[], request: WaitingRequest): Promise<Delivered> {
    const { dispatchers, isShared = false } = this.#options
    const past = await this.#pastOutbox(updates, request.requestId)
    const delivered = await dispatchers.of(account).deliver(updates, { ...request, ...past?.context })
    if (!isShared || past === undefined || past.isNoted()) return delivered
    return { ...delivered, outcomes: delivered.outcomes.map(unlessMade) }
  }

  /** Keeps older updates of the same leads, which may still be in the outbox, from overwriting what is set now. */
  async #pastOutbox(updates: readonly Update[], requestId: string) {
    const { queue, notes } = this.#options
    const sequence = await queue.nextSequence().catch(throwOverloaded)
    if (sequence === undefined) return undefined
    notes.requireRoom()
    let isNoted = true
    const note = async (outcomes: readonly Outcome[], noted: () => void) => {
      const delivered = updates.flatMap((update, index) => {
        const outcome = outcomes[index]
        return outcome ? deliveredFields(update, outcome) : []
      })
      isNoted = await notes.add({ delivered, sequence, noted }, requestId)
    }
    const context: Pick<DeliveryContext, 'sequencing' | 'note'> = {
      sequencing: { sequenceOf: () => sequence, isStored: false },
      note
    }
    return { context, isNoted: () => isNoted }
  }
}

function unlessMade(outcome: Outcome): Outcome {
  return outcome.status === 'updated' ? { ...outcome, status: 'unknown', error: NOT_NOTED } : outcome
}

/** Without the database nobody could tell which of two values is the newer one. */
function throwOverloaded(error: unknown): never {
  if (!(error instanceof StorageError)) throw error
  throw overloaded('The database cannot be read now; nothing was sent.', RETRY_AFTER_SECONDS)
}
