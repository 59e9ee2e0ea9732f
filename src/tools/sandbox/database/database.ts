import { AltPhones } from './alt-phones.ts'
import { Callbacks } from './callbacks.ts'
import { Campaigns } from './campaigns.ts'
import { CustomTables } from './custom-tables.ts'
import { DncNumbers } from './dnc-numbers.ts'
import type { Fixture, User } from './fixture.ts'
import { Hopper } from './hopper.ts'
import { type Leads, LeadTable } from './lead-table.ts'
import type { ServerClock } from './server-clock.ts'

/** The tables that a call works on. */
export interface Tables {
  readonly leads: Leads
  readonly customTables: Pick<CustomTables, 'labels' | 'row' | 'update' | 'delete'>
  readonly campaigns: Campaigns
  readonly definedLists: ReadonlySet<number>
  readonly users: readonly User[]
  readonly hopper: Hopper
  readonly callbacks: Callbacks
  readonly dnc: DncNumbers
  readonly altPhones: AltPhones
}

/** The rows of tables by the table's name. Every value is a text. */
export type TableRows = Record<string, Record<string, string>[]>

/** VICIdial's database, in memory. */
export class Database {
  readonly leads: LeadTable
  readonly customTables: CustomTables
  readonly tables: Tables
  readonly #clock: ServerClock

  constructor(fixture: Fixture, clock: ServerClock) {
    this.#clock = clock
    this.leads = new LeadTable(fixture.leads, fixture.next_lead_id, clock.text())
    this.customTables = new CustomTables(fixture.custom_fields, fixture.custom_values)
    this.tables = {
      leads: this.leads,
      customTables: this.customTables,
      campaigns: new Campaigns(fixture),
      definedLists: new Set(fixture.lists.map(({ list_id }) => list_id)),
      users: fixture.users,
      hopper: new Hopper(),
      callbacks: new Callbacks(),
      dnc: new DncNumbers(fixture.dnc, fixture.campaign_dnc),
      altPhones: new AltPhones()
    }
  }

  reset(): void {
    const { hopper, callbacks, dnc, altPhones } = this.tables
    this.leads.reset(this.#clock.text())
    for (const table of [this.customTables, hopper, callbacks, dnc, altPhones]) table.reset()
  }

  /** Every table but that of the leads, each sorted by its lead ids or phone numbers. */
  rows(): TableRows {
    const { hopper, callbacks, dnc, altPhones } = this.tables
    const custom = Object.entries(this.customTables.all()).map(([listId, rows]) => {
      const withIds = Object.entries(rows).map(([lead_id, row]) => ({ lead_id, ...row }))
      return [`custom_${listId}`, withIds] as const
    })
    const tables: Record<string, readonly object[]> = {
      vicidial_hopper: hopper.rows(),
      vicidial_callbacks: callbacks.rows(),
      vicidial_dnc: dnc.system(),
      vicidial_campaign_dnc: dnc.campaigns(),
      vicidial_list_alt_phones: altPhones.rows(),
      ...Object.fromEntries(custom)
    }
    return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.map(asTexts)]))
  }
}

function asTexts(row: object): Record<string, string> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, String(value)]))
}
