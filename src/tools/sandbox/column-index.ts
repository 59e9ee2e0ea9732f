import { collate } from './collation.ts'

/** Lead ids by the value of one text column, found as the database finds them. */
export class ColumnIndex {
  readonly #ids = new Map<string, Set<number>>()

  add(value: string, leadId: number): void {
    const key = collate(value)
    const ids = this.#ids.get(key)
    if (ids === undefined) this.#ids.set(key, new Set([leadId]))
    else ids.add(leadId)
  }

  remove(value: string, leadId: number): void {
    const key = collate(value)
    const ids = this.#ids.get(key)
    ids?.delete(leadId)
    if (ids?.size === 0) this.#ids.delete(key)
  }

  find(value: string): Iterable<number> {
    return this.#ids.get(collate(value)) ?? []
  }
}
