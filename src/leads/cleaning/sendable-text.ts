/** Which texts can be sent to VICIdial at all, in any field. */

/** VICIdial's marker that empties a field. In a caller's text it would erase the field. */
export const BLANK = '--BLANK--'

const LINE_ENDS = /\r\n?/g
const NEWLINE = /\n/g
const CONTROL = /\p{Cc}/u
/** As in Unicode's Stream-Safe Text Format (UAX #15): composing n marks in a row takes n² steps. */
const MAX_MARKS = 30
const TOO_MANY_MARKS = new RegExp(`\\p{M}{${MAX_MARKS + 1}}`, 'u')

/**
 * Composes a text (NFC), with `\n` as line ends and no white space at its ends. Returns undefined if it has too many
 * combining marks in a row.
 */
export function composed(text: string): string | undefined {
  return TOO_MANY_MARKS.test(text) ? undefined : text.replace(LINE_ENDS, '\n').normalize('NFC').trim()
}

/** Why a text can't be composed. */
export function tooManyMarks(name: string): string {
  return `${name} holds more than ${MAX_MARKS} combining marks in a row, more than any language needs.`
}

/**
 * Names what must never be sent to VICIdial in `text`: a backslash, which it writes into SQL unescaped, a control
 * character, or half of a surrogate pair, which has no UTF-8. Returns undefined if the text is safe.
 */
export function unsafeCharacter(text: string, newlineAllowed: boolean): string | undefined {
  if (text.includes('\\')) return 'a backslash'
  if (!text.isWellFormed()) return 'half of a surrogate pair'
  const control = (newlineAllowed ? text.replace(NEWLINE, '') : text).match(CONTROL)
  if (control)
    return `the control character U+${control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  return undefined
}
