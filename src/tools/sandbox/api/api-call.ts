import type { AllowedLists, GroupLists } from './allowed-lists.ts'
import type { ParameterName } from './cleaning.ts'
import type { BuildRules } from './builds.ts'
import type { Php } from './php.ts'
import type { Connection } from '../database/connection.ts'
import type { Tables } from '../database/database.ts'
import type { ServerClock } from '../database/server-clock.ts'
import { isOneText } from '../database/sql-text.ts'

/** One call by a user who may make it. */
export interface ApiCall {
  readonly tables: Tables
  /** The user's name from the call, cleaned. Replies repeat it. */
  readonly userName: string
  readonly lists: AllowedLists
  /** What the user's group allows, whether the user has restricted lists or not. */
  readonly group: GroupLists
  readonly build: BuildRules
  readonly php: Php
  readonly connection: Connection
  readonly clock: ServerClock
  /** The result of a statement. If the database rejects it, PHP 8 ends the call, and PHP 7 continues with `rejected`. */
  readonly query: <Result>(statement: () => Result, rejected: Result) => Result
  /** A parameter's cleaned value, empty if it was not sent. */
  readonly value: (name: ParameterName) => string
  /** The values of the call by name, uncleaned. */
  readonly values: ReadonlyMap<string, string>
}

/** The place in a call right before a lead is inserted: other calls can come between the search and the insert. */
export const BEFORE_INSERT = Symbol('before insert')

/** One print of a reply: a line, or text without a newline at its end. */
export type Piece = string | { readonly unended: string } | typeof BEFORE_INSERT

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
