import type { Connection } from './connection.ts'
import type { Lead } from './fixture.ts'
import { DatabaseError } from './sql-text.ts'

/** Column values to write. */
export type Changes = Partial<Omit<Lead, 'lead_id'>>

type SearchColumn = 'vendor_lead_code' | 'phone_number'

/**
 * What a call can do with the table `vicidial_list`. Each method is one statement.
 * @throws {DatabaseError} if the table is not there, or can't be written to
 */
export interface Leads {
  get(leadId: number): Lead | undefined
  /** The leads with one of these values in the column, each once, in no particular order. */
  find(column: SearchColumn, values: readonly string[], connection: Connection): Lead[]
  /** @returns how many rows changed; a row that already held these values doesn't count */
  update(leadIds: Iterable<number>, changes: Changes): number
}

function refuse(): never {
  throw new DatabaseError('the lead table is broken')
}

export const MISSING_LEADS: Leads = { get: refuse, find: refuse, update: refuse }

export function readOnly(leads: Leads): Leads {
  return { get: (id) => leads.get(id), find: (...key) => leads.find(...key), update: refuse }
}

/** The table `vicidial_list`. Rows are never changed in place, so a returned lead doesn't change later. */
export class LeadTable implements Leads {
  readonly #fixture: readonly Lead[]
  #leads = new Map<number, Lead>()
  /** Built by the first search for the column over a connection, and kept up to date from then on. */
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

  find(column: SearchColumn, values: readonly string[], connection: Connection): Lead[] {
    const index = this.#index(column, connection)
    const ids = new Set<number>()
    for (const value of values) {
      for (const id of index.find(value)) ids.add(id)
    }
    return [...ids].map((id) => this.#leads.get(id)).filter((lead) => lead !== undefined)
  }

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

  #index(column: SearchColumn, connection: Connection): ColumnIndex {
    const existing = this.#indexes.get(column)
    if (existing?.connection === connection) return existing
    const index = new ColumnIndex(connection)
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
  readonly connection: Connection
  readonly #ids = new Map<string, Set<number>>()

  constructor(connection: Connection) {
    this.connection = connection
  }

  add(value: string, leadId: number): void {
    const key = this.connection.collate(value)
    const ids = this.#ids.get(key)
    if (ids === undefined) this.#ids.set(key, new Set([leadId]))
    else ids.add(leadId)
  }

  remove(value: string, leadId: number): void {
    const key = this.connection.collate(value)
    const ids = this.#ids.get(key)
    ids?.delete(leadId)
    if (ids?.size === 0) this.#ids.delete(key)
  }

  find(value: string): Iterable<number> {
    return this.#ids.get(this.connection.collate(value)) ?? []
  }
}
