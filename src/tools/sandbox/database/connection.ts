import { collate } from './collation.ts'
import type { UseNonLatin } from './fixture.ts'
import { DatabaseError } from './sql-text.ts'

/**
 * The database's default character set, which PHP uses for its connection. With `latin1` the tables are still UTF-8, with
 * `latin1-tables` they are latin1 too.
 */
export type DbCharset = 'utf8' | 'latin1' | 'latin1-tables'

export const DB_CHARSETS: readonly DbCharset[] = ['utf8', 'latin1', 'latin1-tables']

/** How text passes between VICIdial and the tables. */
export interface Connection {
  /** What a text column of this length holds. */
  store(text: string, maxLength: number): string
  /**
   * The form of a text that the database compares with a column.
   * @throws {DatabaseError} if it can't compare it
   */
  collate(text: string): string
}

const BEYOND_THREE_BYTES = /[\u{10000}-\u{10ffff}]/gu
/** Characters that `latin1` cannot hold. In MariaDB it is Windows-1252. */
const NOT_LATIN1 = /[^\0-\x7f\xa0-\xff\x81\x8d\x8f\x90\x9d€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/g

const fourBytes: Connection = {
  store: (text, maxLength) => text.replace(BEYOND_THREE_BYTES, '?').slice(0, maxLength),
  collate: (text) => {
    if (text.search(BEYOND_THREE_BYTES) >= 0) throw new DatabaseError('a key beyond U+FFFF')
    return collate(text)
  }
}

/** Three-byte UTF-8: each byte of a longer character becomes a question mark. */
const threeBytes: Connection = {
  store: (text, maxLength) => text.replace(BEYOND_THREE_BYTES, '????').slice(0, maxLength),
  collate: (text) => collate(text.replace(BEYOND_THREE_BYTES, '????'))
}

const toLatin1Tables: Connection = {
  store: (text, maxLength) => threeBytes.store(text, maxLength).replace(NOT_LATIN1, '?'),
  collate: (text) => {
    if (text.search(NOT_LATIN1) >= 0) throw new DatabaseError('a key that latin1 cannot hold')
    return collate(text)
  }
}

const windows1252 = new TextDecoder('windows-1252')

/** Each byte of UTF-8 counts as a character. A character that is cut in two reads as U+FFFD. */
const bytes: Connection = {
  store: (text, maxLength) => {
    const encoded = Buffer.from(text)
    return encoded.length <= maxLength ? text : encoded.subarray(0, maxLength).toString()
  },
  collate: (text) => collate(windows1252.decode(Buffer.from(text)))
}

/** If `use_non_latin` is 1, VICIdial sets every connection to three-byte UTF-8. */
const CONNECTIONS: Readonly<Record<DbCharset, readonly [Connection, Connection]>> = {
  utf8: [fourBytes, threeBytes],
  latin1: [bytes, threeBytes],
  'latin1-tables': [bytes, toLatin1Tables]
}

export function connectionOf(charset: DbCharset, useNonLatin: UseNonLatin): Connection {
  return CONNECTIONS[charset][useNonLatin]
}
