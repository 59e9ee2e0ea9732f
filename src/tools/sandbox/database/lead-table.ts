import type { Connection } from './connection.ts'
import type { Lead } from './fixture.ts'
import { DatabaseError } from './sql-text.ts'

/** Column values to write. */
export type Changes = Partial<Omit<Lead, 'lead_id'>>

type SearchColumn = 'vendor_lead_code' | 'phone_number'

/** The columns of a lead that `Lead` doesn't have. */
export interface OtherColumns {
  /** See `Lead`. */
  readonly entry_list_id: number
  /** When the lead was added, as `2026-01-31 12:00:00`. */
  readonly entry_date: string
  /** As `entry_date`; empty for a lead of the fixture, which was never called. */
  readonly last_local_call_time: string
}

/**
 * What a call can do with the table `vicidial_list`. Each method is one statement.
 * @throws {DatabaseError} if the table is not there, or can't be written to
 */
export interface Leads {
  get(leadId: number): Lead | undefined
  /** Of a lead that exists. */
  others(leadId: number): OtherColumns
  /** The leads with one of these values in the column, each once, in no particular order. */
  find(column: SearchColumn, values: readonly string[], connection: Connection): Lead[]
  /** Every lead. */
  scan(): Iterable<Lead>
  /** @returns how many rows changed; a row that already held these values doesn't count */
  update(leadIds: Iterable<number>, changes: Changes): number
  /**
   * @param at when, as `2026-01-31 12:00:00`
   * @returns the new lead's id
   */
  insert(lead: Omit<Lead, 'lead_id'>, at: string): number
  /** @returns the number of rows: 0 if there is no such lead */
  delete(leadId: number): number
}

function refuse(): never {
  throw new DatabaseError('the lead table is broken')
}

export const MISSING_LEADS: Leads = {
  get: refuse,
  others: refuse,
  find: refuse,
  scan: refuse,
  update: refuse,
  insert: refuse,
  delete: refuse
}

/** The table `vicidial_list_archive`. */
export const NO_LEADS: Leads = {
  ...MISSING_LEADS,
  get: () => undefined,
  find: () => [],
  scan: () => []
}

export function readOnly(leads: Leads): Leads {
  return {
    ...MISSING_LEADS,
    get: (id) => leads.get(id),
    others: (id) => leads.others(id),
    find: (...key) => leads.find(...key),
    scan: () => leads.scan()
  }
}

/** The table `vicidial_list`. Rows are never changed in place, so a returned lead doesn't change later. */
export class LeadTable implements Leads {
  readonly #fixture: readonly Lead[]
  readonly #firstId: number
  readonly #showsEntryList: boolean
  /** Without their entry list. */
  #leads = new Map<number, Lead>()
  #others = new Map<number, Partial<OtherColumns>>()
  #createdAt = ''
  #nextId = 0
  /** Built by the first search for the column over a connection, and kept up to date from then on. */
  #indexes = new Map<SearchColumn, ColumnIndex>()

  /**
   * @param nextId the id of the next lead; without it, the first one that is free
   * @param at when the leads were added, as `2026-01-31 12:00:00`
   */
  constructor(fixture: readonly Lead[], nextId: number | undefined, at: string) {
    this.#fixture = fixture
    this.#firstId = nextId ?? fixture.reduce((last, { lead_id }) => Math.max(last, lead_id), 0) + 1
    this.#showsEntryList = fixture.some(({ entry_list_id }) => entry_list_id !== undefined)
    this.reset(at)
  }

  /** Resets every lead to the fixture. */
  reset(at: string): void {
    const rows = this.#showsEntryList ? this.#fixture.map(withoutEntryList) : this.#fixture
    this.#leads = new Map(rows.map((lead) => [lead.lead_id, lead]))
    this.#others = new Map()
    for (const { lead_id, entry_list_id } of this.#fixture) {
      if (entry_list_id) this.#others.set(lead_id, { entry_list_id })
    }
    this.#createdAt = at
    this.#nextId = this.#firstId
    this.#indexes = new Map()
  }

  get(leadId: number): Lead | undefined {
    return this.#leads.get(leadId)
  }

  others(leadId: number): OtherColumns {
    const unchanged = { entry_list_id: 0, entry_date: this.#createdAt, last_local_call_time: '' }
    return { ...unchanged, ...this.#others.get(leadId) }
  }

  /** Every lead by id, with its entry list if the fixture has it. */
  all(): Record<string, Lead> {
    if (!this.#showsEntryList) return Object.fromEntries(this.#leads)
    const rows = [...this.#leads.values()].map((lead) => {
      const { entry_list_id } = this.others(lead.lead_id)
      return [lead.lead_id, { ...lead, entry_list_id }] as const
    })
    return Object.fromEntries(rows)
  }

  find(column: SearchColumn, values: readonly string[], connection: Connection): Lead[] {
    const index = this.#index(column, connection)
    const ids = new Set<number>()
    for (const value of values) {
      for (const id of index.find(value)) ids.add(id)
    }
    return [...ids].map((id) => this.#leads.get(id)).filter((lead) => lead !== undefined)
  }

  scan(): Iterable<Lead> {
    return this.#leads.values()
  }

  update(leadIds: Iterable<number>, { entry_list_id, ...changes }: Changes): number {
    const columns = Object.keys(changes) as (keyof typeof changes)[]
    let changed = 0
    for (const leadId of leadIds) {
      const before = this.#leads.get(leadId)
      if (before === undefined) continue
      const movesEntryList = entry_list_id !== undefined && this.#setEntryList(leadId, entry_list_id)
      if (columns.every((column) => before[column] === changes[column])) {
        if (movesEntryList) changed++
        continue
      }
      const after = { ...before, ...changes }
      this.#leads.set(leadId, after)
      this.#reindex(before, after)
      changed++
    }
    return changed
  }

  insert({ entry_list_id = 0, ...columns }: Omit<Lead, 'lead_id'>, at: string): number {
    const lead = { lead_id: this.#nextId++, ...columns }
    this.#leads.set(lead.lead_id, lead)
    this.#others.set(lead.lead_id, { entry_list_id, entry_date: at, last_local_call_time: at })
    for (const [column, index] of this.#indexes) index.add(lead[column], lead.lead_id)
    return lead.lead_id
  }

  delete(leadId: number): number {
    const lead = this.#leads.get(leadId)
    if (lead === undefined) return 0
    this.#leads.delete(leadId)
    this.#others.delete(leadId)
    for (const [column, index] of this.#indexes) index.remove(lead[column], leadId)
    return 1
  }

  /** @returns whether it was another list */
  #setEntryList(leadId: number, entry_list_id: number): boolean {
    if (this.others(leadId).entry_list_id === entry_list_id) return false
    this.#others.set(leadId, { ...this.#others.get(leadId), entry_list_id })
    return true
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

function withoutEntryList({ entry_list_id: _, ...lead }: Lead): Lead {
  return lead
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
