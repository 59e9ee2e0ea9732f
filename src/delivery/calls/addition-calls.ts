import type { Refused } from '../../vicidial/reply/reply.ts'
import type { KeyLines } from '../adding/key-lines.ts'
import type { WaitingUpdate } from '../adding/waiting-update.ts'
import { FairQueue } from '../fair-queue.ts'
import type { Outcome } from '../outcome.ts'
import type { LeadReader } from '../reading/lead-reader.ts'
import { notVerified, verifiedOutcome, verifyingRead } from '../reading/verification.ts'
import { type CallParts, unsent } from './call-parts.ts'

/** Calls that add leads, one each. `Adder` decides when. */
export class AdditionCalls {
  readonly #queue = new FairQueue<WaitingUpdate>()
  readonly #parts: CallParts
  readonly #lines: KeyLines
  readonly #reader: LeadReader

  constructor(parts: CallParts, lines: KeyLines, reader: LeadReader) {
    this.#parts = parts
    this.#lines = lines
    this.#reader = reader
  }

  /** Adds an update whose lead is to be added. */
  add(waiting: WaitingUpdate): void {
    this.#queue.add(waiting)
  }

  /**
   * Starts the next call. Returns false if no lead is to be added.
   * @param refusal why VICIdial may not be called; then the call is not made
   */
  startNext(refusal: Refused | undefined): boolean {
    const [waiting] = this.#queue.take(() => 1)
    if (waiting === undefined) return false
    if (refusal !== undefined) waiting.end(unsent(refusal))
    else {
      this.#send(waiting).catch((error: unknown) => {
        waiting.end({ ...this.#parts.failure(error), maybeMade: waiting.isSent })
      })
    }
    return true
  }

  async #send(waiting: WaitingUpdate): Promise<void> {
    const { exchange, contextOf, onServed, onEnded } = this.#parts
    const { key, update } = waiting
    if (update.addition === undefined) return
    const ended = this.#lines.beginCall()
    try {
      waiting.end(await exchange.add(key.by, update.addition, contextOf([waiting])))
    } finally {
      ended()
      onServed(1)
    }
    onEnded()
  }

  /** Reads a lead that was added. Returns the outcome of its update with what was found. Never throws. */
  async verify(waiting: WaitingUpdate, lead: number, added: Outcome): Promise<Outcome> {
    const expected = waiting.update.addition?.stored ?? {}
    waiting.made = notVerified(added)
    try {
      return verifiedOutcome(added, expected, await this.#reader.read(lead, verifyingRead(expected), waiting))
    } catch (error) {
      return notVerified(added, this.#parts.failure(error).reply.detail)
    }
  }
}
