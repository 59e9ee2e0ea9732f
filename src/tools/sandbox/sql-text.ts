import { DatabaseError } from './database-error.ts'
import type { UseNonLatin } from './use-non-latin.ts'

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
 * What the database makes of a value that VICIdial put between double quotes without escaping it (CONTRACT.md,
 * "Backslash is a security hole upstream"). Values that could rewrite the statement are answered as a broken
 * statement: the sandbox runs no SQL.
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
 * The text as three-byte UTF-8, which is all that the columns hold. Characters beyond U+FFFF become `?`; with
 * `use_non_latin` the connection speaks three-byte UTF-8 too, and each of their four bytes becomes one.
 */
export function toThreeByteText(text: string, useNonLatin: UseNonLatin): string {
  return text.replace(BEYOND_THREE_BYTES, useNonLatin === 1 ? '????' : '?')
}
