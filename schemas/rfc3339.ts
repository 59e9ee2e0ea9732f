import { isDay } from '../src/leads/numbers-and-dates.ts'

/** The shape of an RFC 3339 time, for the schemas. `readTime` also refuses times that don't exist. */
export const TIME_PATTERN = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$'

/** Hours up to 23, minutes and seconds up to 59; the day is checked by the calendar. */
const TIME =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Reads an RFC 3339 time, like `2027-06-30T12:00:00Z`.
 * @returns milliseconds since the epoch; undefined if `text` isn't such a time, or its day, time of day or offset
 *   doesn't exist. Leap seconds (`:60`) aren't read either.
 */
export function readTime(text: string): number | undefined {
  const [, day] = TIME.exec(text) ?? []
  return day === undefined || !isDay(day) ? undefined : Date.parse(text)
}
