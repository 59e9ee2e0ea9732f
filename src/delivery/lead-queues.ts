import { FairQueue } from './fair-queue.ts'
import type { DeliveryTask } from './delivery-task.ts'
import { type CallRules, callSize, type Owner } from './delivery-task.ts'

/**
 * Rows on their way into calls. Each lead's rows go out in the order in which they came, one at a time; rows of
 * different leads never wait for each other.
 */
export class LeadQueues<Lead extends number | string, Request extends Owner> {
  readonly #rules: CallRules
  readonly #queue = new FairQueue<DeliveryTask<Lead, Request>>()
  readonly #latest = new Map<Lead, DeliveryTask<Lead, Request>>()
  readonly #beforeTurn: (row: DeliveryTask<Lead, Request>) => void

  /** @param beforeTurn called when nothing of its lead is before a row any more; it may change or end it */
  constructor(rules: CallRules, beforeTurn: (row: DeliveryTask<Lead, Request>) => void = () => {}) {
    this.#rules = rules
    this.#beforeTurn = beforeTurn
  }

  /**
   * Admits a row behind those of its lead. If the one before it wants the same and has not gone out, that one
   * goes out for both.
   */
  admit(row: DeliveryTask<Lead, Request>): void {
    const before = this.#latest.get(row.lead)
    if (before !== undefined && before.state !== 'taken' && before.live && isSame(before, row)) {
      before.coalesce(row)
      return
    }
    this.#latest.set(row.lead, row)
    if (before === undefined) this.#startWith(row)
    else before.next = row
  }

  /** Takes the rows of the next call, which are of one group; none if nothing is ready. */
  take(): DeliveryTask<Lead, Request>[] {
    const rows = this.#queue.take(({ changes }) => callSize(changes, this.#rules))
    for (const row of rows) row.state = 'taken'
    return rows
  }

  /** Ends a row that was taken; the next one of its lead gets ready. */
  release(row: DeliveryTask<Lead, Request>): void {
    if (row.next === undefined) this.#latest.delete(row.lead)
    else this.#startWith(row.next)
  }

  /** Ends a row that nobody waits for any more, if it was not taken. */
  abandon(row: DeliveryTask<Lead, Request>): void {
    if (row.state !== 'ready') return
    row.state = 'taken'
    this.release(row)
  }

  /** The first of a lead's rows that is still wanted gets ready. */
  #startWith(first: DeliveryTask<Lead, Request>): void {
    for (let row: typeof first | undefined = first; row !== undefined; row = row.next) {
      if (row.live) this.#beforeTurn(row)
      if (row.live) {
        row.state = 'ready'
        this.#queue.add(row)
        return
      }
      row.state = 'taken'
    }
    this.#latest.delete(first.lead)
  }
}

function isSame<Lead extends number | string, Request extends Owner>(
  a: DeliveryTask<Lead, Request>,
  b: DeliveryTask<Lead, Request>
): boolean {
  return a.flow.batchKey === b.flow.batchKey && a.changes.key === b.changes.key
}
