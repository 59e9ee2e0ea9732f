import type { DbCharset } from '../../../leads/cleaning/column-text.ts'
import type { Finding } from '../step.ts'

const WORD = 'check '
/** A letter of two bytes that no latin1 table has. */
const LETTER = 'ł'

/** A text that exactly fills a column of `maxLength` characters, and is too long if the column counts bytes. */
export function charsetText(maxLength: number): string {
  return WORD + LETTER.repeat(maxLength - WORD.length)
}

/** The character set of the database, from what it stored of `charsetText`; undefined if it matches neither. */
export function storedCharset(stored: string, maxLength: number): DbCharset | undefined {
  if (stored === charsetText(maxLength)) return 'utf8'
  // Half a letter may be left at the end.
  const isCut =
    stored.replace(/\uFFFD$/, '') === WORD + LETTER.repeat(Math.floor((maxLength - WORD.length) / 2))
  const isReplaced = new RegExp(`^${WORD}\\?+$`).test(stored)
  return isCut || isReplaced ? 'latin1' : undefined
}

/** Compares the database's character set with the gateway's setting. */
export function compareCharset(found: DbCharset, configured: DbCharset): Finding {
  const settings = { VICIDIAL_DB_CHARSET: found }
  const remedy = `Set VICIDIAL_DB_CHARSET=${found}.`
  if (found === 'utf8') {
    const detail = "VICIdial's database counts characters and holds all letters (utf8)"
    return configured === 'utf8'
      ? { status: 'ok', detail: `${detail}, as VICIDIAL_DB_CHARSET says.`, settings }
      : {
          status: 'warning',
          detail: `${detail}, and VICIDIAL_DB_CHARSET is latin1: the gateway refuses values, or loses letters, that VICIdial could store.`,
          remedy,
          settings
        }
  }
  const detail = "VICIdial's database counts bytes, or holds only letters of Western Europe (latin1)"
  return configured === 'latin1'
    ? { status: 'ok', detail: `${detail}, as VICIDIAL_DB_CHARSET says.`, settings }
    : {
        status: 'fault',
        detail: `${detail}, and VICIDIAL_DB_CHARSET is utf8: VICIdial cuts or changes values that the gateway reports as stored.`,
        remedy,
        settings
      }
}
