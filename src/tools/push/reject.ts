import type { Row } from './row.ts'

/** Why a row was not made. `status` is that of the API's result. */
export interface Reason {
  readonly status: string
  readonly code: string
  readonly field?: string
  readonly detail: string
}

/** A row that was not made, with the reason. */
export interface Reject {
  readonly row: Row
  readonly reason: Reason
}

/** What is noted beside a rejected row; as columns of an input they are left out, so that rejects can be pushed. */
export const NOTES: readonly string[] = ['push_line', 'push_status', 'push_code', 'push_field', 'push_detail']

/** The notes of a reject, in their order. */
export function notesOf({ row, reason }: Reject): readonly [number, string, string, string, string] {
  return [row.line, reason.status, reason.code, reason.field ?? '', reason.detail]
}
