import { KEY_NAMES } from '../../../leads/lead-key.ts'
import type { ColumnTarget } from './column-target.ts'
import { type DateReader, dateReader } from './date-format.ts'

/** How cells become values, according to the options of the command. */
export interface ValueRules {
  /** Whether words such as NULL and N/A are empty cells. */
  readonly nullWords: boolean
  /** Whether `212555010.0` is 212555010. */
  readonly wholeNumbers: boolean
  /** How dates are written, such as `DD.MM.YYYY`. */
  readonly dateFormat?: string
  /** Prefixes to remove, by the API's name of the column. */
  readonly stripPrefix: Readonly<Record<string, readonly string[]>>
}

/** What programs write for nothing. Not `NA`, which is a status of VICIdial, and not `Null`, which is a name. */
const NULL_WORDS: ReadonlySet<string> = new Set([
  'NULL',
  'null',
  '\\N',
  'N/A',
  'n/a',
  '#N/A',
  'NaN',
  'nan',
  'nil',
  'None',
  'NaT',
  'undefined',
  '(null)',
  '<NA>',
  '-',
  // Errors of a spreadsheet.
  '#REF!',
  '#VALUE!',
  '#DIV/0!',
  '#NAME?',
  '#NUM!',
  '#NULL!'
])

/** VICIdial's own empty date. */
const NO_DATE = /^0000-00-00(?: 00:00:00)?$/
/** The time of a date that has none. */
const MIDNIGHT = /^(\d{4}-\d\d-\d\d)[T ]00:00:00(?:\.0+)?Z?$/
/** How a spreadsheet marks digits as text. */
const MARKED_TEXT = /^'[\d+]/
/** A whole number as a table program writes it whose column has a gap. */
const WHOLE = /^(-?\d+)\.0+$/

/** A cell's text, or why it has none. */
export type CellText = { readonly text: string } | { readonly detail: string }

/** Reads the texts of cells. Counts what may not be meant as it is written. */
export class CellValues {
  readonly #rules: ValueRules
  readonly #readDate: DateReader | undefined
  /** How many cells have a word for nothing, by column and word. */
  readonly #words = new Map<string, number>()
  readonly #wholes = new Map<string, number>()
  readonly #pluses = new Map<string, number>()
  readonly #marks = new Map<string, number>()

  /** @throws PushFailure for a date format that can't be read */
  constructor(rules: ValueRules) {
    this.#rules = rules
    this.#readDate = rules.dateFormat === undefined ? undefined : dateReader(rules.dateFormat)
  }

  /** Reads a cell that is neither empty nor has spaces around it. The text is empty if the cell means nothing. */
  read(target: ColumnTarget, cell: string): CellText {
    let text = cell
    if (NULL_WORDS.has(text)) {
      if (this.#rules.nullWords) return { text: '' }
      count(this.#words, `${target.name} holds ${JSON.stringify(text)}`)
    }
    const isDate = target.kind === 'field' && target.type === 'date'
    if (isDate && NO_DATE.test(text)) return { text: '' }
    const whole = WHOLE.exec(text)?.[1]
    if (whole !== undefined && this.#rules.wholeNumbers) text = whole
    else if (whole !== undefined && isNumberOfLead(target)) count(this.#wholes, target.name)
    for (const prefix of this.#rules.stripPrefix[target.name] ?? []) {
      const stripped = withoutPrefix(text, prefix)
      if (stripped === undefined) continue
      text = stripped
      break
    }
    if (target.kind === 'key' && text.startsWith('+')) count(this.#pluses, target.name)
    if (MARKED_TEXT.test(text)) count(this.#marks, target.name)
    if (!isDate) return { text }
    text = text.replace(MIDNIGHT, '$1')
    if (this.#readDate === undefined) return { text }
    const date = this.#readDate(text)
    return date === undefined
      ? { detail: `${target.name} is not written as ${this.#rules.dateFormat}.` }
      : { text: date }
  }

  /**
   * Sentences about cells that may not be meant as they are written.
   * @param notFound rows whose lead VICIdial doesn't have
   */
  notes(notFound: number): string[] {
    const words = [...this.#words].map(([what, times]) => `${what} in ${rowCount(times)}`)
    const notes = words.length === 0 ? [] : [`${words.join(', ')}. With --null-words, such cells are empty.`]
    for (const [name, times] of this.#wholes)
      notes.push(`${name} ends in .0 in ${rowCount(times)}. With --whole-numbers, 212555010.0 is 212555010.`)
    for (const [name, times] of this.#marks)
      notes.push(
        `${name} begins with ' in ${rowCount(times)}, as a spreadsheet marks text. --strip-prefix "${name}='" removes it.`
      )
    if (notFound === 0) return notes
    for (const [name, times] of this.#pluses)
      notes.push(
        `${name} begins with + in ${rowCount(times)}. VICIdial has the country code in phone_code: ` +
          `--strip-prefix ${name}=+1 removes it.`
      )
    return notes
  }
}

/** Whether digits after a dot make another number of it. */
function isNumberOfLead(target: ColumnTarget): boolean {
  return (
    KEY_NAMES.some((name) => name === target.name) || (target.kind === 'field' && target.type === 'phone')
  )
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

/** `1 row`, `2 rows`. */
export function rowCount(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`
}

/** Digits, possibly with a plus before them. */
const PHONE_PREFIX = /^\+?\d+$/

/** The text after a prefix. Between the digits of a phone number's prefix there may be punctuation. */
function withoutPrefix(text: string, prefix: string): string | undefined {
  if (!PHONE_PREFIX.test(prefix)) return text.startsWith(prefix) ? text.slice(prefix.length) : undefined
  let found = 0
  let index = 0
  for (; index < text.length && found < prefix.length; index++) {
    const character = text[index] as string
    if (character === prefix[found]) found++
    else if (!/[\s().-]/.test(character)) return undefined
  }
  return found === prefix.length ? text.slice(index).replace(/^[\s.)-]+/, '') : undefined
}
