import type { Changes } from '../leads/changes.ts'
import { withoutFields } from '../leads/compose-changes.ts'
import type { LeadChanges } from '../vicidial/wire.ts'
import { batchKeyOf, type CallRules } from './calls/batch-key.ts'
import { Flow, type Item } from './fair-queue.ts'
import type { Outcome } from './outcome.ts'

const SUPERSEDED: Outcome = { status: 'superseded', warnings: [] }

/** The request that a task belongs to. */
export interface TaskRequest {
  readonly caller: string
  /** VICIdial's `source`. */
  readonly source: string
  /** Absent if no older or newer updates can be in the outbox. */
  readonly sequencing?: Sequencing | undefined
  /** Called when a task of the update at `index` has its outcome. */
  taskSettled(index: number): void
}

/** A request's updates among all accepted ones. */
export interface Sequencing {
  /** The sequence number of the update at `index`. */
  readonly sequenceOf: (index: number) => number
  /** Whether they come from the outbox; then they leave out fields that newer updates have set. */
  readonly isStored: boolean
}

/** One lead of one update: its changes, and its outcome when that is known. */
export class DeliveryTask<Lead extends number | string = number, Request extends TaskRequest = TaskRequest>
  implements Item<DeliveryTask<Lead, Request>>, LeadChanges<Lead>
{
  readonly lead: Lead
  changes: Changes
  readonly request: Request
  /** The index of its update in the request. */
  readonly index: number
  /** The request's tasks that may share a call with it. */
  flow: Flow<DeliveryTask<Lead, Request>>
  /** `blocked` by an earlier task of its lead, `ready` to be sent, or `taken`: in a call, ended, or given up. */
  state: 'blocked' | 'ready' | 'taken' = 'blocked'
  /** Whether VICIdial may have received it. */
  isSent = false
  /** The next task of the same lead. */
  next: DeliveryTask<Lead, Request> | undefined
  outcome: Outcome | undefined
  /** Its outcome so far, if the update is made, and its lead is being read to verify it or its actions are being done. */
  made: Outcome | undefined
  /** The outcome of what was done before, if only its actions are left: its lead was added. */
  base: Outcome | undefined
  /** The task that is sent in place of this one, if it is coalesced. */
  leader: DeliveryTask<Lead, Request> | undefined
  #coalesced: DeliveryTask<Lead, Request>[] | undefined
  /** How many have no outcome yet, of it and the tasks coalesced into it. */
  #unsettled = 1
  /** Fields left out of its changes. */
  #superseded: readonly string[] = []

  constructor(
    lead: Lead,
    changes: Changes,
    request: Request,
    index: number,
    flow: Flow<DeliveryTask<Lead, Request>>
  ) {
    this.lead = lead
    this.changes = changes
    this.request = request
    this.index = index
    this.flow = flow
  }

  /** Whether it, or a task coalesced into it, still needs an outcome; otherwise it is not sent. */
  get isWanted(): boolean {
    return this.#unsettled > 0
  }

  /** Coalesces `task`, which makes the same changes to the same lead: one call serves both. */
  coalesce(task: DeliveryTask<Lead, Request>): void {
    task.leader = this
    this.#coalesced ??= []
    this.#coalesced.push(task)
    this.#unsettled++
  }

  /** Adds the requests that it serves. */
  addRequests(requests: Set<Request>): void {
    requests.add(this.request)
    for (const { request } of this.#coalesced ?? []) requests.add(request)
  }

  /** It, and the tasks coalesced into it. */
  get all(): readonly DeliveryTask<Lead, Request>[] {
    return this.#coalesced === undefined ? [this] : [this, ...this.#coalesced]
  }

  /** Whether it, or a task coalesced into it, is to be verified. */
  get isVerified(): boolean {
    return this.all.some(({ changes }) => changes.isVerified)
  }

  /** Its update's sequence number, if it has one. */
  get sequence(): number | undefined {
    return this.request.sequencing?.sequenceOf(this.index)
  }

  /** Updates with a higher sequence number supersede its fields; infinite if it must be sent unchanged. */
  get supersededAfter(): number {
    let newest = 0
    for (const { index, request, outcome } of this.all) {
      if (outcome !== undefined) continue
      const { sequencing } = request
      if (sequencing?.isStored !== true) return Number.POSITIVE_INFINITY
      newest = Math.max(newest, sequencing.sequenceOf(index))
    }
    return newest
  }

  /** Leaves out fields, named as in `changes.stored`; ends it if no others are left. */
  leaveOut(fields: readonly string[], rules: CallRules): void {
    this.#superseded = fields
    const changes = withoutFields(this.changes, fields)
    if (changes === undefined) this.settle(SUPERSEDED)
    else {
      this.changes = changes
      this.flow = new Flows<Lead, Request>(this.request, rules).of(changes)
    }
  }

  /** Gives the outcome to it and to the tasks coalesced into it; those that have one keep it. */
  settle(outcome: Outcome): void {
    const superseded = this.#superseded
    const complete = superseded.length > 0 ? { ...outcome, superseded } : outcome
    this.settleAlone(complete)
    for (const task of this.#coalesced ?? []) task.settleAlone(complete)
  }

  /** Gives the outcome to it alone, unless it has one. */
  settleAlone(outcome: Outcome): void {
    if (this.outcome !== undefined) return
    this.outcome = outcome
    const sent = this.leader ?? this
    sent.#unsettled--
    this.request.taskSettled(this.index)
  }
}

/** The flows of one request. */
export class Flows<Lead extends number | string, Request extends TaskRequest> {
  readonly #request: Request
  readonly #rules: CallRules
  readonly #byChanges = new Map<Changes, Flow<DeliveryTask<Lead, Request>>>()
  readonly #byBatchKey = new Map<string, Flow<DeliveryTask<Lead, Request>>>()

  constructor(request: Request, rules: CallRules) {
    this.#request = request
    this.#rules = rules
  }

  /** The flow of the tasks that make `changes`. */
  of(changes: Changes): Flow<DeliveryTask<Lead, Request>> {
    const known = this.#byChanges.get(changes)
    if (known !== undefined) return known
    const { caller, source } = this.#request
    const batchKey = batchKeyOf(changes, source, this.#rules)
    const flow =
      this.#byBatchKey.get(batchKey) ?? new Flow<DeliveryTask<Lead, Request>>(caller, this.#request, batchKey)
    this.#byBatchKey.set(batchKey, flow)
    this.#byChanges.set(changes, flow)
    return flow
  }
}
