import type { AllowedLists } from './allowed-lists.ts'
import type { ParameterName } from './cleaning.ts'
import type { BuildRules } from './builds.ts'
import type { Php } from './php.ts'
import type { Connection } from '../database/connection.ts'
import type { CustomTables, EntryLists } from '../database/custom-tables.ts'
import type { List } from '../database/fixture.ts'
import type { Leads } from '../database/lead-table.ts'
import { isOneText } from '../database/sql-text.ts'

/** The tables of one VICIdial. */
export interface Tables {
  readonly leads: Leads
  readonly customTables: CustomTables
  readonly entryLists: EntryLists
  readonly lists: readonly List[]
  readonly definedLists: ReadonlySet<number>
}

/** One call by a user who may make it. */
export interface ApiCall {
  readonly tables: Tables
  /** The user's name from the call, cleaned. Replies repeat it. */
  readonly userName: string
  readonly lists: AllowedLists
  /** The lists of the campaigns that the user's group allows, restricted or not. */
  readonly groupLists: ReadonlySet<number>
  readonly build: BuildRules
  readonly php: Php
  readonly connection: Connection
  /** The result of a statement. If the database rejects it, PHP 8 ends the call, and PHP 7 continues with `rejected`. */
  readonly query: <Result>(statement: () => Result, rejected: Result) => Result
  /** A parameter's cleaned value, empty if it was not sent. */
  readonly value: (name: ParameterName) => string
  /** The values of the call by name, uncleaned. */
  readonly values: ReadonlyMap<string, string>
}

/** One print of a reply: a line, or text without a newline at its end. */
export type Piece = string | { readonly unended: string }

/**
 * A function of the API. It yields what it prints. VICIdial writes its log after each piece; if that fails, the rest
 * of the function never runs.
 *
 * @throws {DatabaseError} when the database rejects a statement, with PHP 8
 */
export type ApiFunction = (call: ApiCall) => Iterable<Piece>

/**
 * Whether VICIdial can log a call. It writes the value of the last form field unescaped between apostrophes (measured).
 * A doubled apostrophe is one apostrophe, and a backslash escapes.
 *
 * @param lastFormValue see `RequestParameters.lastFormValue`
 */
export function canBeLogged(lastFormValue: string | undefined): boolean {
  return lastFormValue === undefined || isOneText(lastFormValue, "'")
}
