import { collate } from './collation.ts'
import type { Lead } from './fixture.ts'

/** Column values to write. */
export type Changes = Partial<Omit<Lead, 'lead_id'>>

type SearchColumn = 'vendor_lead_code' | 'phone_number'

/** The table `vicidial_list`. Rows are never changed in place, so a returned lead doesn't change later. */
export class LeadTable {
  readonly #fixture: readonly Lead[]
  #leads = new Map<number, Lead>()
  /** Built by the first search for the column, and kept up to date from then on. */
  #indexes = new Map<SearchColumn, ColumnIndex>()

  constructor(fixture: readonly Lead[]) {
    this.#fixture = fixture
    this.reset()
  }

  /** Resets every lead to the fixture. */
  reset(): void {
    this.#leads = new Map(this.#fixture.map((lead) => [lead.lead_id, lead]))
    this.#indexes = new Map()
  }

  get(leadId: number): Lead | undefined {
    return this.#leads.get(leadId)
  }

  all(): Record<string, Lead> {
    return Object.fromEntries(this.#leads)
  }

  /** The leads with one of these values in the column, each once, in no particular order. */
  find(column: SearchColumn, values: readonly string[]): Lead[] {
    const index = this.#index(column)
    const ids = new Set<number>()
    for (const value of values) {
      for (const id of index.find(value)) ids.add(id)
    }
    return [...ids].map((id) => this.#leads.get(id)).filter((lead) => lead !== undefined)
  }

  /** @returns how many rows changed; a row that already held these values doesn't count */
  update(leadIds: Iterable<number>, changes: Changes): number {
    const columns = Object.keys(changes) as (keyof Changes)[]
    let changed = 0
    for (const leadId of leadIds) {
      const before = this.#leads.get(leadId)
      if (before === undefined || columns.every((column) => before[column] === changes[column])) continue
      const after = { ...before, ...changes }
      this.#leads.set(leadId, after)
      this.#reindex(before, after)
      changed++
    }
    return changed
  }

  #index(column: SearchColumn): ColumnIndex {
    const existing = this.#indexes.get(column)
    if (existing !== undefined) return existing
    const index = new ColumnIndex()
    for (const lead of this.#leads.values()) index.add(lead[column], lead.lead_id)
    this.#indexes.set(column, index)
    return index
  }

  #reindex(before: Lead, after: Lead): void {
    for (const [column, index] of this.#indexes) {
      if (before[column] === after[column]) continue
      index.remove(before[column], before.lead_id)
      index.add(after[column], after.lead_id)
    }
  }
}

/** Lead ids by the value of one text column, compared as the database does. */
class ColumnIndex {
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
