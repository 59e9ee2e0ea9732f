import { keysOf } from '../../leads/adding/addition.ts'
import { orderName } from '../../leads/lead-key.ts'
import type { Update } from '../../leads/update.ts'
import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { UpsertReply } from '../../vicidial/reply/upsert-reply.ts'
import type { Delivery, WaitingForLead } from '../delivery.ts'
import { Flow, type Item } from '../fair-queue.ts'
import type { SearchKey } from '../searching/lead-search.ts'
import type { Outcome } from '../outcome.ts'

/** Calls that add leads share nothing. */
const BATCH_KEY = 'add'

/** The end of the call that adds a lead; undefined if it was given up before it was sent. */
export type AdditionEnd = Exchanged<UpsertReply> | undefined

/** An update that waits until its lead is added, or until others that may add it have ended. */
export class WaitingUpdate implements Item<WaitingUpdate>, WaitingForLead {
  readonly update: Update
  readonly key: SearchKey
  readonly request: Delivery
  /** The index of its update in the request. */
  readonly index: number
  /** The keys that its lead has, or would have, as `orderName` names them. */
  readonly names: ReadonlySet<string>
  readonly flow: Flow<WaitingUpdate>
  /** Resolves when its outcome is of no interest any more. */
  readonly givenUp: Promise<unknown>
  /** Whether VICIdial may have received a call that adds its lead. */
  isSent = false
  /** Its outcome so far, if its lead is added and is being read to verify it. */
  made: Outcome | undefined
  readonly #giveUp: (value: undefined) => void
  #end: ((end: AdditionEnd) => void) | undefined

  constructor(update: Update, key: SearchKey, request: Delivery, index: number) {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.update = update
    this.key = key
    this.request = request
    this.index = index
    const keys = update.addition === undefined ? [] : keysOf(update.addition)
    this.names = new Set([key, ...keys].map(orderName))
    this.flow = new Flow<WaitingUpdate>(request.caller, request, `${request.source} ${BATCH_KEY}`)
    this.givenUp = promise
    this.#giveUp = resolve
  }

  /** Whether its update still needs an outcome; otherwise nothing is sent for it. */
  get isWanted(): boolean {
    return this.request.isWaiting(this.index)
  }

  addRequests(requests: Set<Delivery>): void {
    requests.add(this.request)
  }

  /** Waits for the end of its call. */
  callEnd(): Promise<AdditionEnd> {
    const { promise, resolve } = Promise.withResolvers<AdditionEnd>()
    this.#end = resolve
    return promise
  }

  /** Ends its call. */
  end(exchanged: AdditionEnd): void {
    this.#end?.(exchanged)
  }

  giveUp(): void {
    this.#giveUp(undefined)
    if (!this.isSent) this.end(undefined)
  }
}
