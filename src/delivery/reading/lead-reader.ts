import type { LeadRead } from '../../leads/reading/lead-read.ts'
import { steadyNow } from '../../steady-clock.ts'
import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { CallContext, Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import type { Delivery } from '../delivery.ts'
import type { Outcome } from '../outcome.ts'
import { KnownLabels } from './known-labels.ts'
import { type ReadEnd, readLead } from './read-lead.ts'
import { ReadQueue } from './read-queue.ts'

/** What serves requests by calls to VICIdial. */
export interface CallItem {
  /** Whether VICIdial may have received a call of it. */
  isSent: boolean
  addRequests(requests: Set<Delivery>): void
}

/** What a lead is read for, or something is done with it. */
export interface Reader extends CallItem {
  /** Whose turn its calls have. */
  readonly request: Delivery
  /** Whether anybody still waits for it. */
  readonly isWanted: boolean
  /** Its outcome so far, if the lead is read to verify it. */
  readonly made?: Outcome | undefined
}

export interface LeadReaderOptions {
  readonly exchange: Exchange
  readonly contextOf: (items: readonly CallItem[]) => CallContext
  /** Called when a call waits for its turn. */
  readonly onWaiting: () => void
}

/** Time for a call that verifies a stored update, or does its actions, in milliseconds. */
const VERIFY_MS = 30_000

/** Reads leads, and makes other calls about one lead. Each call waits for its turn. */
export class LeadReader {
  readonly #options: LeadReaderOptions
  readonly #queue = new ReadQueue()
  readonly #labels = new KnownLabels()

  constructor(options: LeadReaderOptions) {
    this.#options = options
  }

  /**
   * Starts the next call. Returns false if none waits.
   * @param refusal why VICIdial may not be called; then the call is not made
   */
  startNext(refusal: Refused | undefined): boolean {
    const call = this.#queue.take()
    if (call === undefined) return false
    if (refusal !== undefined) call.refuse(refusal)
    else call.start()
    return true
  }

  /** Reads a lead. */
  read(lead: number, wanted: LeadRead, reader: Reader): Promise<ReadEnd> {
    const { exchange } = this.#options
    const call = <Reply>(make: (context: CallContext) => Promise<Exchanged<Reply>>) => this.call(reader, make)
    return readLead(lead, wanted, {
      lead: (hasCustom) => call((context) => exchange.reads.lead(lead, hasCustom, context)),
      id: () => call((context) => exchange.reads.shortField(lead, 'lead_id', context)),
      field: (name, isCustom) => call((context) => exchange.reads.field(lead, name, isCustom, context)),
      labels: (list) => this.#labels.of(list, () => call((context) => exchange.reads.labels(list, context)))
    })
  }

  /** Makes a call about one lead when its turn comes. */
  call<Reply>(
    reader: Reader,
    make: (context: CallContext) => Promise<Exchanged<Reply>>
  ): Promise<Exchanged<Reply>> {
    const { request } = reader
    const owner = { caller: request.caller, request, isWanted: () => reader.isWanted }
    const reply = this.#queue.add(owner, () => make(this.contextOf([reader])))
    this.#options.onWaiting()
    return reply
  }

  /** The context of a call about leads, which may come after their updates were made. */
  contextOf(readers: readonly Reader[]): CallContext {
    const context = this.#options.contextOf(readers)
    // See `Delivery.giveUp`.
    const isLater = readers.some(({ made, request }) => made !== undefined && request.sequencing?.isStored)
    return isLater ? { ...context, deadline: Math.max(context.deadline, steadyNow() + VERIFY_MS) } : context
  }
}
