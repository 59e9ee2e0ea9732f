/** A number, and its text in VICIdial's database. */
export interface ParsedNumber {
  value: number
  stored: string
}

const DIGITS = /^[0-9]{1,16}$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/
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
