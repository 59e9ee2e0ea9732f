import { type Changes, withoutFields } from '../leads/changes.ts'
import type { LeadChanges } from '../vicidial/wire.ts'
import { Flow, type Item } from './fair-queue.ts'
import type { Outcome } from './outcome.ts'

const SUPERSEDED: Outcome = { status: 'superseded', warnings: [] }

/** Whose request a row belongs to. */
export interface Owner {
  readonly caller: string
  readonly source: string
  /** Absent if nothing older or newer can wait in the outbox. */
  readonly ordered?: Ordered | undefined
  /** Learns that a row of its update at `place` has its outcome. */
  taskSettled(place: number): void
}

/** How a request's updates stand in the order in which all were accepted. */
export interface Ordered {
  /** The place in that order of the update at `place`. */
  readonly sequenceOf: (place: number) => number
  /** Whether they leave to newer updates what those have set; otherwise they are sent as they are. */
  readonly isStored: boolean
}

/** One lead of one update: what is to be changed of it, and what became of that. */
export class DeliveryTask<Lead extends number | string = number, Request extends Owner = Owner>
  implements Item<DeliveryTask<Lead, Request>>, LeadChanges<Lead>
{
  readonly lead: Lead
  changes: Changes
  readonly request: Request
  /** The place of its update in the request. */
  readonly place: number
  /** The rows of the request that may share a call with it. */
  flow: Flow<DeliveryTask<Lead, Request>>
  /** `behind` another row of its lead, `ready` to go out, or `gone`: in a call, done, or given up. */
  state: 'blocked' | 'ready' | 'taken' = 'blocked'
  /** Whether VICIdial may have got it. */
  isSent = false
  /** What comes next for the same lead. */
  next: DeliveryTask<Lead, Request> | undefined
  outcome: Outcome | undefined
  /** The row that goes out for this one too, if another does. */
  leader: DeliveryTask<Lead, Request> | undefined
  #carried: DeliveryTask<Lead, Request>[] | undefined
  /** Fields that were taken off it. */
  #superseded: readonly string[] = []

  constructor(
    lead: Lead,
    changes: Changes,
    request: Request,
    place: number,
    flow: Flow<DeliveryTask<Lead, Request>>
  ) {
    this.lead = lead
    this.changes = changes
    this.request = request
    this.place = place
    this.flow = flow
  }

  /** Whether anybody waits for it; a row that nobody waits for is not sent. */
  get live(): boolean {
    return this.outcome === undefined || this.#carried?.some(({ outcome }) => outcome === undefined) === true
  }

  /** Goes out for `row` too, which wants the same of the same lead. */
  coalesce(row: DeliveryTask<Lead, Request>): void {
    row.leader = this
    this.#carried ??= []
    this.#carried.push(row)
  }

  /** Adds the requests for which it goes out. */
  addRequests(requests: Set<Request>): void {
    requests.add(this.request)
    for (const { request } of this.#carried ?? []) requests.add(request)
  }

  /** It, and the rows for which it goes out. */
  get all(): readonly DeliveryTask<Lead, Request>[] {
    return this.#carried === undefined ? [this] : [this, ...this.#carried]
  }

  /** Its place in the order in which updates were accepted; absent if it has none. */
  get sequence(): number | undefined {
    return this.request.ordered?.sequenceOf(this.place)
  }

  /** What is set by updates newer than this it leaves to them; infinite if it leaves nothing to anybody. */
  get yieldsAfter(): number {
    let newest = 0
    for (const { sequence, request, outcome } of this.all) {
      if (outcome !== undefined) continue
      if (sequence === undefined || request.ordered?.isStored !== true) return Number.POSITIVE_INFINITY
      newest = Math.max(newest, sequence)
    }
    return newest
  }

  /** Leaves fields, named as in `changes.stored`, to newer updates; without any others it is ended. */
  leave(fields: readonly string[], rules: CallRules): void {
    this.#superseded = fields
    const changes = withoutFields(this.changes, fields)
    if (changes === undefined) this.settle(SUPERSEDED)
    else {
      this.changes = changes
      this.flow = new Flows<Lead, Request>(this.request, rules).of(changes)
    }
  }

  /** Ends it, and the rows for which it goes out; those that have an outcome keep it. */
  settle(outcome: Outcome): void {
    const superseded = this.#superseded
    const whole = superseded.length > 0 ? { ...outcome, superseded } : outcome
    this.end(whole)
    for (const row of this.#carried ?? []) row.end(whole)
  }

  /** Ends it alone, unless it has an outcome. */
  end(outcome: Outcome): void {
    if (this.outcome !== undefined) return
    this.outcome = outcome
    this.request.taskSettled(this.place)
  }
}

/** How rows are put into calls. */
export interface CallRules {
  readonly maxLeadsPerCall: number
  /** `leads_data` carries each lead with its own values, so that different changes can share a call. */
  readonly dialect: 'lead_ids' | 'leads_data'
}

/** Leads that a call of these changes may carry. */
export function callSize(changes: Changes, rules: CallRules): number {
  return changes.function === 'update_lead' ? 1 : rules.maxLeadsPerCall
}

/** The flows of one request: rows of the same group may share a call. */
export class Flows<Lead extends number | string, Request extends Owner> {
  readonly #request: Request
  readonly #rules: CallRules
  readonly #byChanges = new Map<Changes, Flow<DeliveryTask<Lead, Request>>>()
  readonly #byGroup = new Map<string, Flow<DeliveryTask<Lead, Request>>>()

  constructor(request: Request, rules: CallRules) {
    this.#request = request
    this.#rules = rules
  }

  /** The flow of the rows that make `changes`. */
  of(changes: Changes): Flow<DeliveryTask<Lead, Request>> {
    const known = this.#byChanges.get(changes)
    if (known !== undefined) return known
    const { caller, source } = this.#request
    const group = `${source} ${this.#rules.dialect === 'leads_data' ? changes.function : changes.key}`
    const flow =
      this.#byGroup.get(group) ?? new Flow<DeliveryTask<Lead, Request>>(caller, this.#request, group)
    this.#byGroup.set(group, flow)
    this.#byChanges.set(changes, flow)
    return flow
  }
}
