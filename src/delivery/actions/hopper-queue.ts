import type { HopperOptions } from '../../leads/actions/lead-actions.ts'
import { NOT_SENT } from '../../vicidial/call-reply.ts'
import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { HopperReply } from '../../vicidial/reply/hopper-reply.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import type { LeadTask } from '../delivery.ts'
import { FairQueue, Flow, type Item } from '../fair-queue.ts'

/** Leads of one call: VICIdial takes as long for each as for ten in a batch update. */
export const MAX_HOPPER_LEADS = 250

/** A lead that waits for its call into the hopper. */
export interface HopperEntry {
  readonly task: LeadTask
  readonly options: HopperOptions
  /** Called each time the call is sent. */
  readonly onSent: () => void
  readonly end: (exchanged: Exchanged<HopperReply | Refused>) => void
}

interface WaitingEntry extends HopperEntry, Item<WaitingEntry> {}

const UNWANTED: Exchanged<HopperReply> = { reply: NOT_SENT, maybeMade: false, isUnsent: true }

/** Leads that wait to be put into the hopper. Those with the same options share calls, across requests and callers. */
export class HopperQueue {
  readonly #queue = new FairQueue<WaitingEntry>()
  readonly #flows = new WeakMap<object, Map<string, Flow<WaitingEntry>>>()

  /** Adds a lead. Resolves with the reply to its call, or that it was not sent. */
  add(task: LeadTask, options: HopperOptions, onSent: () => void): Promise<Exchanged<HopperReply>> {
    const { promise, resolve } = Promise.withResolvers<Exchanged<HopperReply>>()
    // Taken in any case, so that the promise resolves.
    const flow = this.#flowOf(task, options)
    this.#queue.add({ task, options, onSent, end: resolve, isWanted: true, flow })
    return promise
  }

  /** Takes the leads of the next call; an empty list if no lead waits. */
  take(): HopperEntry[] {
    const entries = this.#queue.take(() => MAX_HOPPER_LEADS)
    const wanted = entries.filter(({ task }) => task.isWanted)
    for (const { task, end } of entries) if (!task.isWanted) end(UNWANTED)
    return wanted.length > 0 || entries.length === 0 ? wanted : this.take()
  }

  #flowOf({ request }: LeadTask, { priority, checksCallTime }: HopperOptions): Flow<WaitingEntry> {
    const batchKey = `${request.source} ${priority} ${checksCallTime}`
    const ofRequest = this.#flows.get(request) ?? new Map<string, Flow<WaitingEntry>>()
    this.#flows.set(request, ofRequest)
    const flow = ofRequest.get(batchKey) ?? new Flow<WaitingEntry>(request.caller, request, batchKey)
    ofRequest.set(batchKey, flow)
    return flow
  }
}
