import type { Update } from '../leads/update.ts'
import { combine, type Outcome } from './outcome.ts'
import type { Row, Waiter } from './row.ts'

/** Why an update is given up before VICIdial's answer. */
export interface GivenUp {
  /** Of an update that was not sent. */
  readonly waiting: Outcome
  /** Of an update whose call is under way. */
  readonly sent: Outcome
}

/** One of the leads of an update, which waits for the row that changes it. */
class Part implements Waiter<Delivery> {
  readonly request: Delivery
  readonly place: number
  readonly row: Row<number, Delivery>
  outcome: Outcome | undefined

  constructor(request: Delivery, place: number, row: Row<number, Delivery>) {
    this.request = request
    this.place = place
    this.row = row
    row.await(this)
  }

  get isWaiting(): boolean {
    return this.outcome === undefined
  }

  settle(outcome: Outcome): void {
    if (this.outcome !== undefined) return
    this.outcome = outcome
    this.request.settlePart(this.place)
  }
}

/** One request's updates on their way: it ends when each has its outcome. */
export class Delivery {
  readonly caller: string
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly requestId: string
  /** Calls to VICIdial in which it had a part. */
  calls = 0
  readonly done: Promise<Outcome[]>
  readonly #finish: (outcomes: Outcome[]) => void
  readonly #updates: readonly Update[]
  /** For each update its lead, or leads, once they are known. */
  readonly #parts: (Part | Part[] | undefined)[]
  readonly #outcomes: (Outcome | undefined)[]
  readonly #open: Uint32Array
  readonly #onSettled: (leads: number) => void
  #left: number

  constructor(
    updates: readonly Update[],
    context: { caller: string; source: string; deadline: number; requestId: string },
    onSettled: (leads: number) => void
  ) {
    const { promise, resolve } = Promise.withResolvers<Outcome[]>()
    this.caller = context.caller
    this.source = context.source
    this.deadline = context.deadline
    this.requestId = context.requestId
    this.done = promise
    this.#finish = resolve
    this.#updates = updates
    this.#parts = new Array<undefined>(updates.length).fill(undefined)
    this.#outcomes = new Array<undefined>(updates.length).fill(undefined)
    this.#open = new Uint32Array(updates.length)
    this.#onSettled = onSettled
    this.#left = updates.length
    if (this.#left === 0) resolve([])
  }

  get isDone(): boolean {
    return this.#left === 0
  }

  /** Waits for `row` on behalf of the update at `place`, which may wait for several. */
  follow(place: number, row: Row<number, Delivery>): void {
    const part = new Part(this, place, row)
    this.#open[place] = (this.#open[place] ?? 0) + 1
    const before = this.#parts[place]
    if (before === undefined) this.#parts[place] = part
    else if (Array.isArray(before)) before.push(part)
    else this.#parts[place] = [before, part]
  }

  /** Gives the update at `place` its outcome, unless it has one. */
  settle(place: number, outcome: Outcome): void {
    if (this.#outcomes[place] !== undefined) return
    const warnings = this.#updates[place]?.changes.warnings ?? []
    const isUpdated = outcome.status === 'updated' && warnings.length > 0
    this.#outcomes[place] = isUpdated ? { ...outcome, warnings: [...warnings, ...outcome.warnings] } : outcome
    this.#onSettled(Math.max(1, this.#partsOf(place).length))
    if (--this.#left === 0) this.#finish(this.#outcomes as Outcome[])
  }

  /** Notes that one more of the leads of the update at `place` has its outcome. */
  settlePart(place: number): void {
    const open = (this.#open[place] ?? 1) - 1
    this.#open[place] = open
    if (open > 0) return
    const outcomes = this.#partsOf(place).map(({ outcome }) => outcome)
    this.settle(place, combine(outcomes.filter((outcome) => outcome !== undefined)))
  }

  #partsOf(place: number): readonly Part[] {
    const parts = this.#parts[place] ?? []
    return Array.isArray(parts) ? parts : [parts]
  }

  /** Gives up everything that has no outcome yet. Returns the rows that nobody waits for any more. */
  giveUp(reason: GivenUp): Row<number, Delivery>[] {
    const abandoned: Row<number, Delivery>[] = []
    for (const place of this.#updates.keys()) {
      if (this.#outcomes[place] !== undefined) continue
      const parts = this.#partsOf(place)
      if (parts.length === 0) this.settle(place, reason.waiting)
      for (const part of parts) {
        if (!part.isWaiting) continue
        part.settle({ ...(part.row.isSent ? reason.sent : reason.waiting), leads: [part.row.lead] })
        if (!part.row.live) abandoned.push(part.row)
      }
    }
    return abandoned
  }
}
