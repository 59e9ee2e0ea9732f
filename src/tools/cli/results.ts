import type { Result } from '../../client/client.ts'

export const RESULT_COLUMNS = ['UPDATE', 'LEAD', 'STATUS', 'DETAIL']

/** A result as a row with `RESULT_COLUMNS`. */
export function resultRow(result: Result): [index: number, lead: string, status: string, detail: string] {
  const { index, status, error, superseded = [], warnings = [] } = result
  const details = [
    ...(error ? [`${error.code}: ${error.detail}`] : []),
    ...(superseded.length > 0 ? [`set since by newer updates: ${superseded.join(', ')}`] : []),
    ...warnings.map(({ field, code }) => `${code} in ${field}`)
  ]
  return [index, leadOf(result), status, details.join('; ')]
}

/** The lead of a result: its id if known, otherwise the key that named it. */
export function leadOf({ lead_id, lead_ids, vendor_lead_code, phone_number }: Result): string {
  if (lead_id !== undefined) return String(lead_id)
  if (lead_ids !== undefined) return lead_ids.join(' ')
  return vendor_lead_code ?? phone_number ?? ''
}
