import { Column, NONE } from './column.ts'
import type { DueColumns } from './due-queue.ts'
import type { LeadColumns, LeadName } from './lead-lists.ts'
import { RowsById } from './rows-by-id.ts'

/**
 * Updates as rows of columns, which take about 60 bytes each. Rows are numbered from 1; those of removed updates are used
 * again.
 * @typeParam A the account of an update
 */
export class UpdateRows<A> implements DueColumns, LeadColumns {
  readonly id = new Column(Float64Array)
  readonly dueAt = new Column(Float64Array)
  readonly place = new Column(Int32Array)
  readonly previous = new Column(Int32Array)
  readonly next = new Column(Int32Array)
  readonly #leads: LeadName[] = ['']
  readonly #accounts: (A | undefined)[] = [undefined]
  readonly #byId = new RowsById(this.id)
  /** The rows that were added right before and after each. */
  readonly #older = new Column(Int32Array)
  readonly #newer = new Column(Int32Array)
  #oldest = NONE
  #newest = NONE
  /** Rows that may be used again. */
  readonly #free: number[] = []

  get size(): number {
    return this.#byId.size
  }

  /** The id of the update that was added first. */
  get oldestId(): number | undefined {
    return this.size === 0 ? undefined : this.id.at(this.#oldest)
  }

  /** The row of an update, or NONE. */
  find(id: number): number {
    return this.#byId.find(id)
  }

  leadOf(row: number): LeadName {
    return this.#leads[row] ?? ''
  }

  /** @throws RangeError if there is no such row */
  accountOf(row: number): A {
    const account = this.#accounts[row]
    if (account === undefined) throw new RangeError(`no row ${row}`)
    return account
  }

  /** Adds an update; its id must not be there. Returns its row. */
  add(id: number, lead: LeadName, account: A, dueAt: number): number {
    const row = this.#free.pop() ?? this.#leads.length
    this.id.set(row, id)
    this.dueAt.set(row, dueAt)
    this.#leads[row] = lead
    this.#accounts[row] = account
    this.#byId.add(row)
    this.#link(this.#newest, row)
    this.#link(row, NONE)
    return row
  }

  /** Removes an update. */
  remove(row: number): void {
    this.#byId.remove(row)
    this.#link(this.#older.at(row), this.#newer.at(row))
    this.#leads[row] = ''
    this.#accounts[row] = undefined
    this.#free.push(row)
  }

  #link(older: number, newer: number): void {
    if (older === NONE) this.#oldest = newer
    else this.#newer.set(older, newer)
    if (newer === NONE) this.#newest = older
    else this.#older.set(newer, older)
  }
}
