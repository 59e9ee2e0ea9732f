import { isAscii } from 'node:buffer'
import type { Encoding } from './encoding.ts'

const SAVE_AS = `in Excel, choose File, Save As, "CSV UTF-8 (Comma delimited)", and push that file`

interface Kind {
  /** How such input begins, with a character for each byte. */
  readonly start: readonly string[]
  readonly what: string
  readonly remedy: string
}

const KINDS: readonly Kind[] = [
  { start: ['PK\u0003\u0004'], what: 'an Excel workbook (.xlsx) or another ZIP archive', remedy: SAVE_AS },
  {
    start: ['\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1'],
    what: 'an old Excel workbook (.xls)',
    remedy: SAVE_AS
  },
  {
    start: ['<!doctype', '<html', '<head', '<meta', '<body', '<table', '<style'],
    what: 'an HTML page',
    remedy: SAVE_AS
  },
  { start: ['<?xml', '<?mso', '<workbook'], what: 'XML', remedy: SAVE_AS },
  { start: ['%PDF-'], what: 'a PDF', remedy: 'export the table as CSV, and push that file' },
  {
    start: ['\u001F\u008B', '(\u00B5/\u00FD', 'BZh'],
    what: 'compressed',
    remedy: 'unpack it, and push the file in it'
  }
]

/** The part of NUL bytes from which input isn't text in one-byte units. */
const MANY_NULS = 0.1

/** Encodings with a byte for each character. Text in them that has other letters than ASCII's is hardly ever UTF-8. */
const HAS_ONE_BYTE_EACH = /^(?:windows|iso-8859|macintosh|x-mac|koi8|ibm866)/

/** Whether bytes begin a text in UTF-8, of which the last character may be incomplete. */
function isUtf8(start: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true })
    return true
  } catch {
    return false
  }
}

/**
 * Recognizes input that is no table of text.
 * @param file its name, for the message
 * @returns what it is and how to get a table from it, in one sentence; undefined if it may be a table
 */
export function notATable(file: string, start: Buffer, { name, unit, mark }: Encoding): string | undefined {
  const what = file === '-' ? 'The input' : file
  const text = start.toString('latin1').slice(mark.length)
  const begin = (unit === 2 ? text.replaceAll('\0', '') : text).trimStart().toLowerCase()
  const kind = KINDS.find(({ start: starts }) => starts.some((one) => begin.startsWith(one.toLowerCase())))
  if (kind !== undefined) return `${what} is ${kind.what}, not CSV or JSON: ${kind.remedy}.`
  if (HAS_ONE_BYTE_EACH.test(name) && !isAscii(start) && isUtf8(start))
    return `${what} is UTF-8, not ${name}: leave out --encoding.`
  const [even = 0, odd = 0] = [0, 1].map(
    (parity) => start.filter((byte, index) => byte === 0 && index % 2 === parity).length
  )
  // A NUL or two are a fault of their row.
  if (unit === 2 || even + odd <= start.length * MANY_NULS) return undefined
  // Latin text in UTF-16 has a NUL in every second byte.
  const utf16 = odd > 10 * even ? 'utf-16le' : even > 10 * odd ? 'utf-16be' : undefined
  return utf16 === undefined
    ? `${what} is not text in ${name}: it has many NUL bytes.`
    : `${what} seems to be UTF-16 without a byte order mark: use --encoding ${utf16}.`
}
