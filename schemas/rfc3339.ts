export { readTime } from '../src/leads/cleaning/numbers-and-dates.ts'

/** The shape of an RFC 3339 time, for the schemas. `readTime` also refuses times that don't exist. */
export const TIME_PATTERN = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$'
