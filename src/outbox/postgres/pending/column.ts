/** No row: rows are numbered from 1. */
export const NONE = 0
/** Rows that a new column has room for. */
const FIRST_ROWS = 1_024

/**
 * Numbers by row; 0 where none was set. A million take 4 MB in an `Int32Array` and 8 MB in a `Float64Array`, which is a
 * fraction of what a million objects take, and the garbage collector doesn't visit them.
 */
export class Column {
  readonly #type: typeof Int32Array | typeof Float64Array
  #values: Int32Array | Float64Array

  constructor(type: typeof Int32Array | typeof Float64Array) {
    this.#type = type
    this.#values = new type(FIRST_ROWS)
  }

  at(row: number): number {
    return this.#values[row] ?? 0
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) this.#grow(row)
    this.#values[row] = value
  }

  #grow(row: number): void {
    const grown = new this.#type(Math.max(2 * this.#values.length, row + 1))
    grown.set(this.#values)
    this.#values = grown
  }
}
