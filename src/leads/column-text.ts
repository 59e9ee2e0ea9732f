import { LETTERS } from './letters.ts'

/** VICIdial's system setting `use_non_latin`: with 0 only A–Z count as letters in most fields. */
export type NonLatin = 0 | 1

/** The character set of VICIdial's database, as far as it shows in what is stored; see `docs/vicidial-builds.md`. */
export type DbCharset = 'utf8' | 'latin1'

/** How the columns of VICIdial's database hold text. */
export interface ColumnText {
  /** What a column counts. */
  readonly unit: 'characters' | 'bytes'
  /** The length of a text as a column counts it. */
  readonly lengthOf: (text: string) => number
  /** Finds, with the flag g, the characters that no column can hold: each becomes a question mark or more. */
  readonly unstorable: RegExp
  /** The letters that most fields keep, as the inside of a character class. */
  readonly letters: string
}

/** What MariaDB's latin1 (Windows code page 1252) has beyond ASCII, as the inside of a character class. */
const LATIN1 = '\u00A0-\u00FF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ'
const LATIN1_LETTERS = 'A-Za-zªµºÀ-ÖØ-öø-ÿƒˆŠŒŽšœžŸ'

const characters = { unit: 'characters', lengthOf: (text: string) => text.length } as const
const bytes = { unit: 'bytes', lengthOf: (text: string) => Buffer.byteLength(text) } as const
/** The columns are three-byte UTF-8. */
const BEYOND_BMP = /[\u{10000}-\u{10FFFF}]/gu

/**
 * How text is held, measured for each setting. With `use_non_latin` 0, PHP's connection has the database server's
 * character set: if that is latin1, each byte of a text's UTF-8 counts as a character. With 1, VICIdial asks for UTF-8;
 * then only the tables can be latin1, and have only the letters of Western Europe.
 */
export function columnText(charset: DbCharset, nonLatin: NonLatin): ColumnText {
  if (charset === 'utf8') {
    return { ...characters, unstorable: BEYOND_BMP, letters: nonLatin === 1 ? LETTERS : 'A-Za-z' }
  }
  if (nonLatin === 0) return { ...bytes, unstorable: BEYOND_BMP, letters: 'A-Za-z' }
  return { ...characters, unstorable: new RegExp(`[^\\n -~${LATIN1}]`, 'gu'), letters: LATIN1_LETTERS }
}
