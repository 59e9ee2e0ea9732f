import escapeRegExp from 'escape-string-regexp'
import { type Encoding, rawText } from './encoding.ts'
import type { Line } from './lines.ts'

/** The text of one row: a line, or several if a cell in quotes has line breaks. */
export interface CsvRecord {
  /** The line where it begins, from 1. */
  readonly line: number
  readonly text: string
  /** Why it can't be read. */
  readonly fault?: string
  /** Its bytes as raw text, if they are not text in the input's encoding. */
  readonly undecodable?: string
}

/** How many lines a cell in quotes may have. With more, the quote at its start is taken for a mistake. */
const MAX_LINES = 200
/** How many characters a row may have. */
const MAX_CHARACTERS = 1_048_576

export const STRAY_QUOTE = 'a quote within a cell must be doubled, and the cell put in quotes.'

/** How many characters of a line a fault shows before and after what can't be decoded. */
const CONTEXT = 12

/**
 * Joins lines to rows. A row with a misplaced quote, or with one that never closes, is its first line alone: the lines
 * after it are read as if it weren't there.
 */
export class CsvRecords {
  readonly #scan: (text: string, isOpen: boolean) => Quotes
  readonly #encoding: Encoding
  /** The lines of a row that isn't complete. */
  #open: Line[] = []
  #length = 0

  constructor(delimiter: string, encoding: Encoding) {
    this.#scan = quoteScanner(delimiter)
    this.#encoding = encoding
  }

  /** Adds lines. Returns the rows that are complete. */
  add(group: readonly Line[]): CsvRecord[] {
    const records: CsvRecord[] = []
    for (const line of group) this.#addAgain([line], records)
    return records
  }

  /** Ends the input. Returns the remaining rows. */
  end(): CsvRecord[] {
    const records: CsvRecord[] = []
    while (this.#open.length > 0) this.#addAgain(this.#giveUp(records), records)
    return records
  }

  /**
   * Adds lines, the first one last. Linear: an even number of quotes leaves a quote open, so lines that are read again
   * until the next odd number open none.
   */
  #addAgain(lines: Line[], records: CsvRecord[]): void {
    for (let line = lines.pop(); line !== undefined; line = lines.pop()) {
      const quotes = this.#scan(line.text, this.#open.length > 0)
      this.#open.push(line)
      this.#length += line.text.length + line.end.length
      const isTooLong = this.#length > MAX_CHARACTERS || this.#open.length > MAX_LINES
      if (quotes === 'closed' && !isTooLong) records.push(this.#take(this.#open))
      else if (quotes !== 'open' || isTooLong) lines.push(...this.#giveUp(records, quotes))
    }
  }

  /** Rejects the first open line. Returns the others, the first one last. */
  #giveUp(records: CsvRecord[], quotes: Quotes = 'open'): Line[] {
    const [first, ...others] = this.#open
    if (first === undefined) return []
    const isAlone = others.length === 0
    const fault =
      isAlone && quotes === 'closed'
        ? `The row has more than ${MAX_CHARACTERS} characters.`
        : isAlone && quotes === 'stray'
          ? `The row is not valid CSV: ${STRAY_QUOTE}`
          : `The row is not valid CSV: a quote that opens in line ${first.number} does not close.`
    records.push({ fault, ...this.#take([first]) })
    return others.toReversed()
  }

  #take(lines: readonly Line[]): CsvRecord {
    this.#open = []
    this.#length = 0
    const first = lines[0] as Line
    if (lines.length === 1 && first.undecodable === undefined) return { line: first.number, text: first.text }
    const text = withoutEnd(lines.map((line) => line.text + line.end).join(''))
    const bad = lines.find((line) => line.undecodable !== undefined)
    if (bad === undefined) return { line: first.number, text }
    const bytes = lines.map((line) => line.undecodable ?? this.#encoding.encode(line.text + line.end))
    const undecodable = withoutEnd(rawText(Buffer.concat(bytes), this.#encoding))
    return {
      line: first.number,
      text,
      undecodable,
      fault: undecodableFault(`Line ${bad.number}`, bad.text, this.#encoding)
    }
  }
}

function withoutEnd(text: string): string {
  return text.replace(/\r?\n$|\r$/, '')
}

/** Why a part of the input, such as `Line 2`, can't be decoded. Advises `--encoding`, unless a mark says what it is. */
export function undecodableFault(what: string, text: string, { name, mark }: Encoding): string {
  const index = text.indexOf('\uFFFD')
  const near = JSON.stringify(text.slice(Math.max(0, index - CONTEXT), index + CONTEXT))
  const advice = ' If the whole input is in another encoding, set --encoding, for example latin1.'
  return `${what} is not valid ${name} near ${near}.${mark.length > 0 ? '' : advice}`
}

/** What a line does to quotes: it leaves none open, leaves one open, or has one where none may be. */
type Quotes = 'closed' | 'open' | 'stray'

/** Makes a function that reads the quotes of a line, which may begin within a quote. */
function quoteScanner(delimiter: string): (text: string, isOpen: boolean) => Quotes {
  const between = escapeRegExp(delimiter)
  const inside = '[^"]*(?:""[^"]*)*'
  const cell = `(?:"${inside}"|[^"${between}]*)`
  const rest = `(?:${between}${cell})*(?:${between}"(${inside}))?$`
  // The last group is the cell that stays open.
  const fromOutside = new RegExp(`^(?:"(${inside})$|${cell}${rest})`)
  const fromInside = new RegExp(`^(?:(${inside})$|${inside}"${rest})`)
  return (text, isOpen) => {
    if (!text.includes('"')) return isOpen ? 'open' : 'closed'
    const match = (isOpen ? fromInside : fromOutside).exec(text)
    if (match === null) return 'stray'
    return match[1] === undefined && match[2] === undefined ? 'closed' : 'open'
  }
}
