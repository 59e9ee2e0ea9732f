import type { UseNonLatin } from './fixture.ts'

/** A statement that the database rejects. PHP 8.1 and later then answer HTTP 500 with the output so far. */
export class DatabaseError extends Error {}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  '%': '\\%',
  _: '\\_'
}

/**
 * What the database reads from a value that VICIdial put between double quotes without escaping it (CONTRACT.md,
 * "Backslash is a security hole upstream"). The sandbox runs no SQL: a value that could rewrite the statement counts
 * as a broken statement.
 *
 * @throws {DatabaseError} when a backslash at the end swallows the closing quote
 */
export function readSqlText(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([\s\S]?)/g, (_, escaped: string) => {
    if (escaped === '') throw new DatabaseError('the closing quote is escaped')
    return ESCAPES[escaped] ?? escaped
  })
}

const BEYOND_THREE_BYTES = /[\u{10000}-\u{10ffff}]/gu

/**
 * The text as three-byte UTF-8, which is all that the columns hold. A character beyond U+FFFF becomes `?`. With
 * `use_non_latin` the connection uses three-byte UTF-8 too, and each of the character's four bytes becomes a `?`.
 */
export function toThreeByteText(text: string, useNonLatin: UseNonLatin): string {
  return text.replace(BEYOND_THREE_BYTES, useNonLatin === 1 ? '????' : '?')
}
