import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import { NOT_SENT } from '../../vicidial/call-reply.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import { FairQueue, Flow, type Item } from '../fair-queue.ts'

/** Whose reading a call is part of. */
export interface ReadOwner {
  readonly caller: string
  readonly request: object
  /** Whether anybody still waits for the reading. */
  readonly isWanted: () => boolean
}

/** A call of a reading that waits for its turn. */
interface ReadCall extends Item<ReadCall> {
  /** Starts the call, synchronously: that takes the place. */
  readonly start: () => void
  readonly refuse: (refusal: Refused) => void
}

/**
 * The calls of readings, each of which reads one lead or one field. Callers and their requests take turns call by call, so a
 * lead that has to be read field by field keeps nobody waiting.
 */
export class ReadQueue {
  readonly #queue = new FairQueue<ReadCall>()
  readonly #flows = new WeakMap<object, Flow<ReadCall>>()

  /**
   * Makes a call when its turn comes.
   * @param make makes the call; called synchronously when there is a place for it
   * @returns its reply, or that it was not sent: nobody wants it any more, or VICIdial may not be called
   */
  add<Reply>(
    { caller, request, isWanted }: ReadOwner,
    make: () => Promise<Exchanged<Reply>>
  ): Promise<Exchanged<Reply>> {
    const { promise, resolve } = Promise.withResolvers<Exchanged<Reply>>()
    const flow = this.#flows.get(request) ?? new Flow<ReadCall>(caller, request, '')
    this.#flows.set(request, flow)
    this.#queue.add({
      flow,
      // Taken in any case, so that its reading ends.
      isWanted: true,
      start: () => {
        resolve(isWanted() ? make() : { reply: NOT_SENT, maybeMade: false, isUnsent: true })
      },
      refuse: (reply) => {
        resolve({ reply, maybeMade: false, isUnsent: true })
      }
    })
    return promise
  }

  /** Takes the next call; undefined if none waits. */
  take(): Pick<ReadCall, 'start' | 'refuse'> | undefined {
    return this.#queue.take(() => 1)[0]
  }
}
