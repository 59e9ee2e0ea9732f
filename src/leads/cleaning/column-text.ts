import { LETTERS } from './letters.ts'

/** VICIdial's system setting `use_non_latin`: with 0 only A–Z count as letters in most fields. */
export type NonLatin = 0 | 1

/** The character set of VICIdial's database, as far as it affects stored values; see `docs/vicidial-builds.md`. */
export type DbCharset = 'utf8' | 'latin1'

/** How the columns of VICIdial's database hold text. */
export interface ColumnText {
  /** What a column counts. */
  readonly unit: 'characters' | 'bytes'
  /** The length of a text as a column counts it. */
  readonly lengthOf: (text: string) => number
  /** Matches, with the flag g, characters that no column can hold: each becomes one or more question marks. */
  readonly unstorable: RegExp
  /** The letters that most fields keep, as the inside of a character class. */
  readonly letters: string
}

/** What MariaDB's latin1 (Windows code page 1252) has beyond ASCII, as the inside of a character class. */
const LATIN1 = '\u00A0-\u00FF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ'
const IS_ASCII = /^[\0-\x7f]*$/
const IS_LATIN1 = new RegExp(`^[\\0-\\x7f${LATIN1}]*$`)
const LATIN1_LETTERS = 'A-Za-zªµºÀ-ÖØ-öø-ÿƒˆŠŒŽšœžŸ'

const characters = { unit: 'characters', lengthOf: (text: string) => text.length } as const
const bytes = { unit: 'bytes', lengthOf: (text: string) => Buffer.byteLength(text) } as const
/** The columns are three-byte UTF-8. */
const BEYOND_BMP = /[\u{10000}-\u{10FFFF}]/gu

/**
 * How columns hold text, measured for each setting. With `use_non_latin` 0, PHP's connection has the database server's
 * character set: if that is latin1, each byte of a text's UTF-8 counts as a character. With 1, VICIdial asks for UTF-8.
 * Then only the tables can be latin1, and hold only Western European letters.
 */
export function columnText(charset: DbCharset, nonLatin: NonLatin): ColumnText {
  if (charset === 'utf8') {
    return { ...characters, unstorable: BEYOND_BMP, letters: nonLatin === 1 ? LETTERS : 'A-Za-z' }
  }
  if (nonLatin === 0) return { ...bytes, unstorable: BEYOND_BMP, letters: 'A-Za-z' }
  return { ...characters, unstorable: new RegExp(`[^\\n -~${LATIN1}]`, 'gu'), letters: LATIN1_LETTERS }
}

/** The smallest character set that has every character of a text; `latin1` as MariaDB means it. */
export function charsetOf(text: string): 'ascii' | 'latin1' | 'utf8' {
  if (IS_ASCII.test(text)) return 'ascii'
  return IS_LATIN1.test(text) ? 'latin1' : 'utf8'
}
