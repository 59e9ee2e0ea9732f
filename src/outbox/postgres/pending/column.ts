/** No row: rows are numbered from 1. */
export const NONE = 0
/** Rows of a part are 2 to the power of this. */
const PART_BITS = 14
const ROW_IN_PART = 2 ** PART_BITS - 1

/**
 * Numbers by row; 0 where none was set. A million take 4 MB of `Int32Array`s and 8 MB of `Float64Array`s, which is a fraction
 * of what a million objects take, and the garbage collector doesn't visit them. It grows by parts, so that nothing is copied.
 */
export class Column {
  readonly #type: typeof Int32Array | typeof Float64Array
  readonly #parts: (Int32Array | Float64Array)[] = []

  constructor(type: typeof Int32Array | typeof Float64Array) {
    this.#type = type
  }

  at(row: number): number {
    return this.#parts[row >> PART_BITS]?.[row & ROW_IN_PART] ?? 0
  }

  set(row: number, value: number): void {
    const part = (this.#parts[row >> PART_BITS] ??= new this.#type(ROW_IN_PART + 1))
    part[row & ROW_IN_PART] = value
  }
}
