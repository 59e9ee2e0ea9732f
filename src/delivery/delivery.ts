import type { Update } from '../leads/update.ts'
import { combine, type Outcome } from './outcome.ts'
import type { LeadKey } from '../leads/lead-key.ts'
import type { Ordered, Owner, DeliveryTask } from './delivery-task.ts'

/** Who asks for updates, and until when the answer is of use. */
export interface DeliveryContext {
  readonly caller: string
  /** VICIdial's `source`; updates of different sources never share a call. */
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly requestId: string
  /** Aborted when nobody waits for the answer any more: what is not yet sent is given up. */
  readonly signal?: AbortSignal
  /** To be given if older or newer updates can wait in the outbox. */
  readonly ordered?: Ordered | undefined
  /** Notes in the outbox what was set; until then the dispatcher sees to it that nothing older undoes it. */
  readonly note?: (outcomes: readonly Outcome[]) => Promise<void>
  /** Called with each outcome as soon as it is known; `calls`: see `Delivered.upstreamCalls`, so far. */
  readonly onOutcome?: (place: number, outcome: Outcome, calls: number) => void
}

/** What became of a request's updates. */
export interface Delivered {
  /** One outcome per update, in the same order. */
  readonly outcomes: readonly Outcome[]
  /** Calls to VICIdial in which the request had a part, repeats included. */
  readonly upstreamCalls: number
}

/** Why an update is given up before VICIdial's answer. */
export interface GivenUp {
  /** Of an update that was not sent. */
  readonly waiting: Outcome
  /** Of an update whose key is being looked up. */
  readonly lookedUp: Outcome
  /** Of an update whose call is under way. */
  readonly sent: Outcome
}

type LeadRow = DeliveryTask<number, Delivery>

/** The leads that a key matches, on their way. */
interface Matched {
  readonly rows: LeadRow[]
  /** How many have no outcome yet. */
  open: number
}

/** One request's updates on their way: it ends when each has its outcome. */
export class Delivery implements Owner {
  readonly caller: string
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly requestId: string
  /** When it came, in milliseconds since the epoch. */
  readonly since = Date.now()
  readonly ordered: Ordered | undefined
  /** Calls to VICIdial in which it had a part. */
  calls = 0
  readonly done: Promise<Outcome[]>
  readonly #finish: (outcomes: Outcome[]) => void
  readonly #updates: readonly Update[]
  /** For each update its row, or those of its key once they are known. */
  readonly #rows: (LeadRow | Matched | undefined)[]
  readonly #outcomes: (Outcome | undefined)[]
  readonly #onSettled: (leads: number) => void
  readonly #onOutcome: DeliveryContext['onOutcome']
  #left: number

  constructor(updates: readonly Update[], context: DeliveryContext, onSettled: (leads: number) => void) {
    const { promise, resolve } = Promise.withResolvers<Outcome[]>()
    this.caller = context.caller
    this.source = context.source
    this.deadline = context.deadline
    this.requestId = context.requestId
    this.ordered = context.ordered
    this.done = promise
    this.#finish = resolve
    this.#updates = updates
    this.#rows = new Array<undefined>(updates.length).fill(undefined)
    this.#outcomes = new Array<undefined>(updates.length).fill(undefined)
    this.#onSettled = onSettled
    this.#onOutcome = context.onOutcome
    this.#left = updates.length
    if (this.#left === 0) resolve([])
  }

  get isDone(): boolean {
    return this.#left === 0
  }

  /** Waits for the row of an update that names its lead by id. */
  follow(row: LeadRow): void {
    this.#rows[row.place] = row
  }

  /** Waits for the rows of the update at `place`, which names its leads by a key. */
  followAll(place: number, rows: LeadRow[]): void {
    this.#rows[place] = { rows, open: rows.length }
  }

  /** Gives the update at `place` its outcome, unless it has one. */
  settle(place: number, outcome: Outcome): void {
    if (this.#outcomes[place] !== undefined) return
    const whole = withWarnings(outcome, this.#updates[place])
    this.#outcomes[place] = whole
    this.#onSettled(this.#leadsOf(place))
    this.#onOutcome?.(place, whole, this.calls)
    if (--this.#left === 0) this.#finish(this.#outcomes as Outcome[])
  }

  taskSettled(place: number): void {
    const rows = this.#rows[place]
    if (rows === undefined) return
    if ('lead' in rows) {
      if (rows.outcome) this.settle(place, rows.outcome)
    } else if (--rows.open === 0) this.settle(place, combine(rows.rows))
  }

  /** Leads that the update at `place` means; one if that was never known. */
  #leadsOf(place: number): number {
    const rows = this.#rows[place]
    return rows === undefined || 'lead' in rows ? 1 : rows.rows.length
  }

  #rowsOf(place: number): readonly LeadRow[] {
    const rows = this.#rows[place]
    if (rows === undefined) return []
    return 'lead' in rows ? [rows] : rows.rows
  }

  /**
   * Gives up everything that has no outcome yet. Returns the rows that nobody waits for any more.
   * @param isAsked whether VICIdial was asked for the leads of a key
   * @param leavesSent leaves alone what is in a call, whose end is still of interest
   */
  giveUp(reason: GivenUp, isAsked: (key: LeadKey) => boolean, leavesSent: boolean): LeadRow[] {
    const abandoned: LeadRow[] = []
    for (const [place, { key }] of this.#updates.entries()) {
      if (this.#outcomes[place] !== undefined) continue
      const rows = this.#rowsOf(place)
      if (rows.length === 0) this.settle(place, isAsked(key) ? reason.lookedUp : reason.waiting)
      for (const row of rows) {
        const goesOut = row.leader ?? row
        if (leavesSent && goesOut.isSent) continue
        row.end(goesOut.isSent ? reason.sent : reason.waiting)
        if (!goesOut.live) abandoned.push(goesOut)
      }
    }
    return abandoned
  }
}

/** The outcome of an update with the warnings of the values that were set. */
function withWarnings(outcome: Outcome, update: Update | undefined): Outcome {
  const { superseded = [] } = outcome
  const warnings = (update?.changes.warnings ?? []).filter(({ field }) => !superseded.includes(field))
  if (outcome.status !== 'updated' || warnings.length === 0) return outcome
  return { ...outcome, warnings: [...warnings, ...outcome.warnings] }
}
