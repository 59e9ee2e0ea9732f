/** A number, and its text in VICIdial's database. */
export interface ParsedNumber {
  value: number
  stored: string
}

const DIGITS = /^[0-9]{1,16}$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/
/** An RFC 3339 time: hours up to 23, minutes and seconds up to 59; the day is checked by the calendar. */
const INSTANT =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const DATE = /^([1-9]\d{3})-(\d{2})-(\d{2})$/

/** Reads a non-negative integer, given as a number or as digits; undefined if it is neither. */
export function readInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** A non-negative integer as VICIdial's database prints it. */
export function parseInteger(value: unknown): ParsedNumber | undefined {
  const number = readInteger(value)
  return number === undefined ? undefined : { value: number, stored: String(number) }
}

/** Reads a number of hours with at most two decimals; VICIdial's column is decimal(4,2) and prints both. */
export function parseOffset(value: unknown): ParsedNumber | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  const stored = value.toFixed(2)
  return Number(stored) === value ? { value, stored } : undefined
}

/** Returns `text` if it is an existing date from year 1000 to 9999, as YYYY-MM-DD: the range of a MySQL DATE. */
export function parseDate(text: string): string | undefined {
  return DATE.test(text) && isDay(text) ? text : undefined
}

/** Returns `text` as HH:MM:SS if it is a time of day, with or without seconds. */
export function parseTime(text: string): string | undefined {
  if (!TIME.test(text)) return undefined
  return text.length === 'HH:MM'.length ? `${text}:00` : text
}

/** Whether a day (`YYYY-MM-DD`) exists: JavaScript reads February 30 as March 2. */
export function isDay(text: string): boolean {
  const midnight = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text)
}

/**
 * Reads an RFC 3339 time, like `2027-06-30T12:00:00Z`.
 * @returns milliseconds since the epoch; undefined if `text` isn't such a time, or its day, time of day or offset
 *   doesn't exist. Leap seconds (`:60`) aren't read either.
 */
export function readTime(text: string): number | undefined {
  return isDay(INSTANT.exec(text)?.[1] ?? '') ? Date.parse(text) : undefined
}
