import type { AllowedLists } from './allowed-lists.ts'
import type { ParameterName } from './cleaning.ts'
import type { CustomTables } from './custom-tables.ts'
import type { EntryLists } from './entry-lists.ts'
import type { LeadTable } from './lead-table.ts'
import type { UseNonLatin } from './use-non-latin.ts'

/** What the tables of one VICIdial hold. */
export interface Tables {
  readonly leads: LeadTable
  readonly customTables: CustomTables
  readonly entryLists: EntryLists
  readonly definedLists: ReadonlySet<number>
}

/** One call by a user who may make it. */
export interface ApiCall {
  readonly tables: Tables
  /** The user's name as the call gave it, cleaned: replies repeat it. */
  readonly userName: string
  readonly lists: AllowedLists
  readonly useNonLatin: UseNonLatin
  /** The cleaned value of a parameter, empty if it was not sent. */
  readonly value: (name: ParameterName) => string
  /** The values of the call by name, uncleaned. */
  readonly values: ReadonlyMap<string, string>
}

/**
 * A function of the API. It yields what it prints, in pieces after each of which VICIdial writes its log: if that
 * fails, the rest is never asked for and never done.
 *
 * @throws {DatabaseError} when a statement breaks
 */
export type ApiFunction = (call: ApiCall) => Iterable<string>
