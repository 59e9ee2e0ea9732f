const NO_DATE = '0000-00-00'
/** MariaDB reads a two-digit year as 1970 to 2069. */
const FIRST_YEAR_OF_CENTURY = 70

/**
 * What a `date` column holds of a text of digits and dashes. It reads like MariaDB with an empty `sql_mode`: parts may
 * be zero, a time may follow, and an impossible date is stored as `0000-00-00`.
 */
export function storeDate(text: string): string {
  const parts = readCompact(text) ?? readDashed(text)
  if (parts === undefined) return NO_DATE
  const { month, day, time } = parts
  const isZero = Number(parts.year) === 0 && month === 0 && day === 0
  const year = parts.year.length === 2 && !isZero ? fullYear(Number(parts.year)) : Number(parts.year)
  if (!isDate(year, month, day) || !isTime(time)) return NO_DATE
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`
}

interface Parts {
  readonly year: string
  readonly month: number
  readonly day: number
  /** Hours, minutes and seconds, as many as are present. */
  readonly time: readonly number[]
}

/** Digits only. With 8 digits, or 14 and more, the year has four. */
function readCompact(text: string): Parts | undefined {
  const hasFullYear = text.length === 8 || text.length >= 14
  const shape = hasFullYear ? /^(\d{4})(\d\d)(\d\d)(\d*)$/ : /^(\d\d)(\d\d)(\d\d?)(\d*)$/
  return readParts(shape.exec(text), /\d\d?/g)
}

function readDashed(text: string): Parts | undefined {
  return readParts(/^(\d{1,4})-(\d\d?)-(\d\d?)(?:-(.*))?$/.exec(text), /\d+/g)
}

function readParts(match: RegExpExecArray | null, timePart: RegExp): Parts | undefined {
  if (match === null) return undefined
  const [, year = '', month = '', day = '', time = ''] = match
  return { year, month: Number(month), day: Number(day), time: (time.match(timePart) ?? []).map(Number) }
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
