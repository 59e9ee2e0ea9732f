import escapeRegExp from 'escape-string-regexp'
import { PushFailure } from '../errors.ts'

/** Makes `YYYY-MM-DD` of a date. Undefined if it isn't one, or is written in another way. */
export type DateReader = (text: string) => string | undefined

const PARTS: Readonly<Record<string, string>> = {
  YYYY: String.raw`(?<year>\d{4})`,
  MM: String.raw`(?<month>\d\d)`,
  M: String.raw`(?<month>\d\d?)`,
  DD: String.raw`(?<day>\d\d)`,
  D: String.raw`(?<day>\d\d?)`
}
const PART = /YYYY|MM?|DD?/g
const ISO = /^\d{4}-\d\d-\d\d$/

/**
 * Makes a function that reads dates in a format such as `DD.MM.YYYY` or `M/D/YYYY`. It also takes `YYYY-MM-DD`.
 * @throws PushFailure if the format doesn't have a year, a month and a day, each once
 */
export function dateReader(format: string): DateReader {
  const parts = (format.match(PART) ?? []).map((part) => part[0])
  if (parts.length !== 3 || new Set(parts).size !== 3)
    throw new PushFailure(
      `--date-format ${format}: it must have YYYY, MM or M, and DD or D, each once, like DD.MM.YYYY.`,
      2
    )
  const pattern = format.split(/(YYYY|MM?|DD?)/).map((part) => PARTS[part] ?? escapeRegExp(part))
  const date = new RegExp(`^${pattern.join('')}$`)
  return (text) => {
    if (ISO.test(text)) return text
    const { year, month = '', day = '' } = date.exec(text)?.groups ?? {}
    return year === undefined ? undefined : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  }
}
