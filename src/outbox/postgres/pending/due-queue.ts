import { Column, NONE } from './column.ts'

/** The columns by which rows are in a queue. Queues of different rows may share them. */
export interface DueColumns {
  readonly id: Column
  /** Milliseconds since the epoch. A row's must not change while it is in a queue. */
  readonly dueAt: Column
  /** The place of each row in the queue that it is in, from 1 on; 0 if it is in none. Only queues change it. */
  readonly place: Column
}

/** A priority queue of rows: the one that has been due longest is first. Among those due at the same time, the lower id is. */
export class DueQueue {
  readonly #columns: DueColumns
  /** A binary heap by place: no row is before its parent, which is at half its place. */
  readonly #heap = new Column(Int32Array)
  #size = 0

  constructor(columns: DueColumns) {
    this.#columns = columns
  }

  /** The first row, or NONE. */
  get first(): number {
    return this.#size === 0 ? NONE : this.#heap.at(1)
  }

  add(row: number): void {
    this.#rise(++this.#size, row)
  }

  /** Removes a row; it must be in the queue. */
  remove(row: number): void {
    const place = this.#columns.place.at(row)
    const last = this.#heap.at(this.#size--)
    this.#columns.place.set(row, 0)
    if (last === row) return
    if (place > 1 && this.#isBefore(last, this.#heap.at(place >> 1))) this.#rise(place, last)
    else this.#sink(place, last)
  }

  #rise(from: number, row: number): void {
    let place = from
    while (place > 1) {
      const parent = this.#heap.at(place >> 1)
      if (!this.#isBefore(row, parent)) break
      this.#put(place, parent)
      place >>= 1
    }
    this.#put(place, row)
  }

  #sink(from: number, row: number): void {
    let place = from
    for (;;) {
      let child = 2 * place
      if (child > this.#size) break
      if (child < this.#size && this.#isBefore(this.#heap.at(child + 1), this.#heap.at(child))) child++
      const below = this.#heap.at(child)
      if (!this.#isBefore(below, row)) break
      this.#put(place, below)
      place = child
    }
    this.#put(place, row)
  }

  #put(place: number, row: number): void {
    this.#heap.set(place, row)
    this.#columns.place.set(row, place)
  }

  #isBefore(a: number, b: number): boolean {
    const { id, dueAt } = this.#columns
    const difference = dueAt.at(a) - dueAt.at(b)
    return difference < 0 || (difference === 0 && id.at(a) < id.at(b))
  }
}
