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
  /** The lists of the campaigns that the user's group allows, restricted or not. */
  readonly groupLists: ReadonlySet<number>
  readonly useNonLatin: UseNonLatin
  /** The cleaned value of a parameter, empty if it was not sent. */
  readonly value: (name: ParameterName) => string
  /** The values of the call by name, uncleaned. */
  readonly values: ReadonlyMap<string, string>
}

/** What is printed at once: a line, or a text that VICIdial does not end with a newline. */
export type Piece = string | { readonly unended: string }

/**
 * A function of the API. It yields what it prints, in pieces after each of which VICIdial writes its log: if that
 * fails, the rest is never asked for and never done.
 *
 * @throws {DatabaseError} when a statement breaks
 */
export type ApiFunction = (call: ApiCall) => Iterable<Piece>
