import { Column, NONE } from './column.ts'

const FIRST_CHAINS = 1_024

/**
 * Finds rows by their ids. Rows whose ids leave the same remainder are in one chain; ids are numbered one after the other,
 * so chains are short. For a million rows it takes 8 MB, a `Map` 60.
 */
export class RowsById {
  readonly #ids: Column
  /** The first row of each chain. */
  #chains = new Int32Array(FIRST_CHAINS)
  /** The row after each in its chain. */
  readonly #after = new Column(Int32Array)
  #size = 0

  /** @param ids the id of each row */
  constructor(ids: Column) {
    this.#ids = ids
  }

  get size(): number {
    return this.#size
  }

  /** The row with an id, or NONE. */
  find(id: number): number {
    let row = this.#firstOf(id)
    while (row !== NONE && this.#ids.at(row) !== id) row = this.#after.at(row)
    return row
  }

  /** Adds a row; its id must not be there. */
  add(row: number): void {
    if (this.#size === this.#chains.length) this.#grow()
    this.#size++
    this.#link(row)
  }

  /** Removes a row that is there. */
  remove(row: number): void {
    const id = this.#ids.at(row)
    const after = this.#after.at(row)
    this.#size--
    let before = this.#firstOf(id)
    if (before === row) {
      this.#chains[id % this.#chains.length] = after
      return
    }
    while (this.#after.at(before) !== row) before = this.#after.at(before)
    this.#after.set(before, after)
  }

  #firstOf(id: number): number {
    return this.#chains[id % this.#chains.length] ?? NONE
  }

  #link(row: number): void {
    const chain = this.#ids.at(row) % this.#chains.length
    this.#after.set(row, this.#chains[chain] ?? NONE)
    this.#chains[chain] = row
  }

  /** Doubles the chains. */
  #grow(): void {
    const chains = this.#chains
    this.#chains = new Int32Array(2 * chains.length)
    for (const first of chains) {
      let row = first
      while (row !== NONE) {
        const after = this.#after.at(row)
        this.#link(row)
        row = after
      }
    }
  }
}
