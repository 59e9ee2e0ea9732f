import { pipeline, Readable } from 'node:stream'
import { stringify } from 'csv-stringify'
import { deadLetterResponse } from '../../jobs/dead-letter-response.ts'
import type { DeadLetter } from '../../outbox/jobs.ts'

/** No values of fields, as on the page. */
const COLUMNS = [
  'id',
  'job_id',
  'caller',
  'account',
  'source',
  'lead_id',
  'vendor_lead_code',
  'phone_number',
  'attempts',
  'died_at',
  'status',
  'code',
  'detail',
  'fields',
  'superseded'
] as const
/** Between the names in one cell. */
const SEPARATOR = ' '

/**
 * Dead letters as CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe.
 * @param pages read as the CSV is; if reading fails, the stream ends with that error
 */
export function deadLettersCsv(pages: AsyncIterable<readonly DeadLetter[]>): Readable {
  const csv = stringify({
    header: true,
    columns: [...COLUMNS],
    escape_formulas: true,
    record_delimiter: 'windows'
  })
  // The error is the stream's, which has its own listeners.
  return pipeline(Readable.from(rowsOf(pages)), csv, () => {})
}

async function* rowsOf(pages: AsyncIterable<readonly DeadLetter[]>): AsyncGenerator<readonly unknown[]> {
  for await (const letters of pages) {
    for (const letter of letters) yield row(letter)
  }
}

function row(letter: DeadLetter): readonly unknown[] {
  const { id, job_id, caller, tries, died_at, fields, superseded = [], result } = deadLetterResponse(letter)
  const { account, source } = letter
  const { lead_id, vendor_lead_code, phone_number, status, error } = result
  return [
    ...[id, job_id, caller, account, source, lead_id, vendor_lead_code, phone_number, tries, died_at],
    ...[status, error?.code, error?.detail, fields.join(SEPARATOR), superseded.join(SEPARATOR)]
  ]
}
