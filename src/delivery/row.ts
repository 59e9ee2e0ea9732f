import type { Changes } from '../leads/changes.ts'
import type { LeadChanges } from '../vicidial/wire.ts'
import { Lot, type Unit } from './fair-queue.ts'
import type { Outcome } from './outcome.ts'

/** Whose request a row belongs to. */
export interface Owner {
  readonly caller: string
  readonly source: string
  /** Learns that a row of its update at `place` has its outcome. */
  rowSettled(place: number): void
}

/** One lead of one update: what is to be changed of it, and what became of that. */
export class Row<Lead extends number | string = number, Request extends Owner = Owner>
  implements Unit<Row<Lead, Request>>, LeadChanges<Lead>
{
  readonly lead: Lead
  readonly changes: Changes
  readonly request: Request
  /** The place of its update in the request. */
  readonly place: number
  /** The rows of the request that may share a call with it. */
  readonly lot: Lot<Row<Lead, Request>>
  /** `behind` another row of its lead, `ready` to go out, or `gone`: in a call, done, or given up. */
  state: 'behind' | 'ready' | 'gone' = 'behind'
  /** Whether VICIdial may have got it. */
  isSent = false
  /** What comes next for the same lead. */
  next: Row<Lead, Request> | undefined
  outcome: Outcome | undefined
  /** The row that goes out for this one too, if another does. */
  carrier: Row<Lead, Request> | undefined
  #carried: Row<Lead, Request>[] | undefined

  constructor(lead: Lead, changes: Changes, request: Request, place: number, lot: Lot<Row<Lead, Request>>) {
    this.lead = lead
    this.changes = changes
    this.request = request
    this.place = place
    this.lot = lot
  }

  /** Whether anybody waits for it; a row that nobody waits for is not sent. */
  get live(): boolean {
    return this.outcome === undefined || this.#carried?.some(({ outcome }) => outcome === undefined) === true
  }

  /** Goes out for `row` too, which wants the same of the same lead. */
  carry(row: Row<Lead, Request>): void {
    row.carrier = this
    this.#carried ??= []
    this.#carried.push(row)
  }

  /** Adds the requests for which it goes out. */
  addRequests(requests: Set<Request>): void {
    requests.add(this.request)
    for (const { request } of this.#carried ?? []) requests.add(request)
  }

  /** Ends it, and the rows for which it goes out; those that have an outcome keep it. */
  settle(outcome: Outcome): void {
    this.end(outcome)
    for (const row of this.#carried ?? []) row.end(outcome)
  }

  /** Ends it alone, unless it has an outcome. */
  end(outcome: Outcome): void {
    if (this.outcome !== undefined) return
    this.outcome = outcome
    this.request.rowSettled(this.place)
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

/** The lots of one request: rows of the same group may share a call. */
export class Lots<Lead extends number | string, Request extends Owner> {
  readonly #request: Request
  readonly #rules: CallRules
  readonly #byChanges = new Map<Changes, Lot<Row<Lead, Request>>>()
  readonly #byGroup = new Map<string, Lot<Row<Lead, Request>>>()

  constructor(request: Request, rules: CallRules) {
    this.#request = request
    this.#rules = rules
  }

  /** The lot of the rows that make `changes`. */
  of(changes: Changes): Lot<Row<Lead, Request>> {
    const known = this.#byChanges.get(changes)
    if (known !== undefined) return known
    const { caller, source } = this.#request
    const isShared = this.#rules.dialect === 'leads_data' && changes.function === 'batch_update_lead'
    const group = `${source} ${isShared ? changes.function : changes.key}`
    const lot = this.#byGroup.get(group) ?? new Lot<Row<Lead, Request>>(caller, this.#request, group)
    this.#byGroup.set(group, lot)
    this.#byChanges.set(changes, lot)
    return lot
  }
}
