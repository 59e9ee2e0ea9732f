import type { FileRow } from '../input/file-row.ts'

/** Why a row was rejected. `status` is a status of the API's results. */
export interface Reason {
  readonly status: string
  readonly code: string
  readonly field?: string
  readonly detail: string
}

/** A row that was rejected, with the reason. */
export interface Reject {
  readonly row: FileRow
  readonly reason: Reason
}

/** Columns that the rejects file adds to a row. A push ignores them, so that rejects can be pushed. */
export const NOTE_COLUMNS: readonly string[] = [
  'push_line',
  'push_status',
  'push_code',
  'push_field',
  'push_detail'
]

/** The values of a reject's `NOTE_COLUMNS`, in the same order. */
export function notesOf({ row, reason }: Reject): readonly [number, string, string, string, string] {
  return [row.line, reason.status, reason.code, reason.field ?? '', reason.detail]
}
