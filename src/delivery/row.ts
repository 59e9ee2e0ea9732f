import type { Changes } from '../leads/changes.ts'
import type { LeadChanges } from '../vicidial/wire.ts'
import type { Unit } from './fair-queue.ts'
import type { Outcome } from './outcome.ts'

/** Whose request a row belongs to. */
export interface Owner {
  readonly caller: string
  readonly source: string
}

/** Somebody who wants to know what became of a row. */
export interface Waiter<Request extends Owner> {
  readonly request: Request
  /** Whether they still wait. */
  readonly isWaiting: boolean
  settle(outcome: Outcome): void
}

/** One lead and what is to be changed of it, with everybody who wants to know what became of it. */
export class Row<Lead extends number | string = number, Request extends Owner = Owner>
  implements Unit, LeadChanges<Lead>
{
  readonly lead: Lead
  readonly changes: Changes
  readonly request: Request
  readonly group: string
  /** `behind` another row of its lead, `ready` to go out, or `gone`: in a call, done, or given up. */
  state: 'behind' | 'ready' | 'gone' = 'behind'
  /** Whether VICIdial may have got it. */
  isSent = false
  /** What comes next for the same lead. */
  next: Row<Lead, Request> | undefined
  /** Mostly one; an array only where there are more. */
  #waiters: Waiter<Request> | Waiter<Request>[] | undefined

  /** @param group rows of one group may share a call, see `groupOf` */
  constructor(lead: Lead, changes: Changes, request: Request, group: string) {
    this.lead = lead
    this.changes = changes
    this.request = request
    this.group = group
  }

  get caller(): string {
    return this.request.caller
  }

  /** Everybody who waits for it, or has. */
  get waiters(): readonly Waiter<Request>[] {
    const waiters = this.#waiters ?? []
    return Array.isArray(waiters) ? waiters : [waiters]
  }

  /** Whether anybody still waits for it; a row that nobody waits for is not sent. */
  get live(): boolean {
    const waiters = this.#waiters
    return Array.isArray(waiters) ? waiters.some(({ isWaiting }) => isWaiting) : waiters?.isWaiting === true
  }

  /** Adds somebody who waits. */
  await(waiter: Waiter<Request>): void {
    const before = this.#waiters
    if (before === undefined) this.#waiters = waiter
    else if (Array.isArray(before)) before.push(waiter)
    else this.#waiters = [before, waiter]
  }

  /** Tells everybody what became of it. */
  settle(outcome: Outcome): void {
    for (const waiter of this.waiters) waiter.settle(outcome)
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

/** The group of changes that are made for `source`: rows of one group may share a call. */
export function groupOf(changes: Changes, source: string, rules: CallRules): string {
  const isShared = rules.dialect === 'leads_data' && changes.function === 'batch_update_lead'
  return `${source} ${isShared ? changes.function : changes.key}`
}
