import { type Column, NONE } from './column.ts'

/** A lead as an update names it; one that is named by id by that number, which takes no memory of its own. */
export type LeadName = number | string

/** The columns that link the rows of a lead. Lists of different rows may share them. */
export interface LeadColumns {
  readonly id: Column
  /** The rows of the same lead before and after each. Its first row comes after its last one. */
  readonly previous: Column
  readonly next: Column
}

/** Lists of rows by lead, in the order of their ids. */
export class LeadLists {
  readonly #columns: LeadColumns
  readonly #first = new Map<LeadName, number>()

  constructor(columns: LeadColumns) {
    this.#columns = columns
  }

  /** A lead's first row, or NONE. */
  first(lead: LeadName): number {
    return this.#first.get(lead) ?? NONE
  }

  /** The row after one in its lead's list, or NONE. */
  after(lead: LeadName, row: number): number {
    const next = this.#columns.next.at(row)
    return next === this.first(lead) ? NONE : next
  }

  /** Adds a row in its place by id, which is near the end. */
  add(lead: LeadName, row: number): void {
    const { id, previous, next } = this.#columns
    const first = this.first(lead)
    const isFirst = first === NONE || id.at(row) < id.at(first)
    let before = first === NONE ? row : previous.at(first)
    if (!isFirst) while (id.at(before) > id.at(row)) before = previous.at(before)
    const after = first === NONE ? row : next.at(before)
    this.#link(before, row)
    this.#link(row, after)
    if (isFirst) this.#first.set(lead, row)
  }

  /** Removes a row that is in the lead's list. */
  remove(lead: LeadName, row: number): void {
    const { previous, next } = this.#columns
    const after = this.after(lead, row)
    this.#link(previous.at(row), next.at(row))
    if (this.first(lead) !== row) return
    if (after === NONE) this.#first.delete(lead)
    else this.#first.set(lead, after)
  }

  #link(before: number, after: number): void {
    const { previous, next } = this.#columns
    next.set(before, after)
    previous.set(after, before)
  }
}
