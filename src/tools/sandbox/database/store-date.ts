const NO_DATE = '0000-00-00'
/** MariaDB reads a two-digit year as 1970 to 2069. */
const FIRST_YEAR_OF_CENTURY = 70
const LAST_YEAR = 9999

/**
 * What a `date` column holds of a text. It reads like MariaDB with an empty `sql_mode`: year, month and day with any
 * punctuation between, parts may be zero, a time may follow, and an impossible date is stored as `0000-00-00`.
 */
export function storeDate(text: string): string {
  return readMoment(text)?.date ?? NO_DATE
}

/** What a `datetime` column holds of a text: as for a date, with `00` for what is missing of the time. */
export function storeDateTime(text: string): string {
  const { date, time = [] } = readMoment(text) ?? {}
  if (date === undefined) return `${NO_DATE} 00:00:00`
  const [hour = 0, minute = 0, second = 0] = time
  return `${date} ${[hour, minute, second].map(twoDigits).join(':')}`
}

export interface Moment {
  /** As `1980-01-31`; undefined if there is no such date, or no such time. */
  readonly date: string | undefined
  /** Hours, minutes and seconds, as many as are present. */
  readonly time: readonly number[]
}

/** @returns undefined for a text that does not look like a date */
export function readMoment(text: string): Moment | undefined {
  const parts = readCompact(text) ?? readDelimited(text)
  if (parts === undefined) return undefined
  const { month, day, time } = parts
  const isZero = Number(parts.year) === 0 && month === 0 && day === 0
  const year = parts.year.length === 2 && !isZero ? fullYear(Number(parts.year)) : Number(parts.year)
  if (year > LAST_YEAR || !isDate(year, month, day) || !isTime(time)) return { date: undefined, time }
  return { date: `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`, time }
}

interface Parts {
  readonly year: string
  readonly month: number
  readonly day: number
  /** Hours, minutes and seconds, as many as are present. */
  readonly time: readonly number[]
}

const COMPACT = /^\s*\+?(\d+(?:T\d*)?)(?:\.\d*)?$/
/** Digits after which a fraction may follow. */
const WITH_TIME = 12
const PUNCTUATION = '[!-\\/:-@[-`{-~]'
const NUMBERS = `(\\d+)(?:${PUNCTUATION}(\\d+)(?:${PUNCTUATION}(\\d+))?)?`
const DELIMITED = new RegExp(
  `^\\s*\\+?(\\d+)${PUNCTUATION}(\\d+)${PUNCTUATION}(\\d+)(?:(?:T|\\s+|${PUNCTUATION})${NUMBERS})?`
)

/** Digits only, perhaps with a `T`. With 4, 8, or 14 and more, the year has four. */
function readCompact(text: string): Parts | undefined {
  const [whole, compact = ''] = COMPACT.exec(text) ?? []
  const digits = compact.replace('T', '').length
  if (whole === undefined || (whole.includes('.') && digits < WITH_TIME)) return undefined
  const hasFullYear = digits === 4 || digits === 8 || digits >= 14
  const shape = hasFullYear ? /^(\d{4})(\d\d?)(\d\d?)T?(\d*)/ : /^(\d\d)(\d\d?)(\d\d?)T?(\d*)/
  const [, year = '', month, day, time = ''] = shape.exec(compact) ?? []
  if (day === undefined) return undefined
  return { year, month: Number(month), day: Number(day), time: (time.match(/\d\d?/g) ?? []).map(Number) }
}

function readDelimited(text: string): Parts | undefined {
  const [, year, month, day, ...time] = DELIMITED.exec(text) ?? []
  if (year === undefined) return undefined
  return { year, month: Number(month), day: Number(day), time: time.map(numberOf) }
}

function numberOf(digits: string | undefined): number {
  return Number(digits ?? 0)
}

function fullYear(twoDigitYear: number): number {
  return twoDigitYear < FIRST_YEAR_OF_CENTURY ? 2000 + twoDigitYear : 1900 + twoDigitYear
}

function isDate(year: number, month: number, day: number): boolean {
  if (month > 12 || day > 31) return false
  if (month === 0) return true
  // The calendar repeats every 400 years, and Date.UTC takes years below 100 as 19xx.
  return (
    day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate() && !isNoLeapDay(year, month, day)
  )
}

/** In MariaDB the year 0 is not a leap year. */
function isNoLeapDay(year: number, month: number, day: number): boolean {
  return year === 0 && month === 2 && day === 29
}

function isTime([hour = 0, minute = 0, second = 0]: readonly number[]): boolean {
  return hour < 24 && minute < 60 && second < 60
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
