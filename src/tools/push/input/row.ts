import type { Encoding } from './encoding.ts'

export const FORMATS = ['csv', 'jsonl', 'json'] as const
/** CSV with a header, one JSON object per line, or one JSON array of objects. */
export type Format = (typeof FORMATS)[number]

/** A row of the input, unchanged. */
export interface Row {
  /** The line where the row begins, from 1. In a JSON array, its position, from 1. */
  readonly line: number
  /** The cells of a CSV row, or the value of a JSON line or array element. */
  readonly value: unknown
  /** Why the row is invalid. */
  readonly fault?: string
  /** The cells of a CSV row as raw text, if they are not text in the input's encoding. */
  readonly rawCells?: readonly string[]
}

/** The opened input. Its rows can be read once. */
export interface RowSource {
  readonly format: Format
  /** The names of the columns, if the format has a header. */
  readonly header: readonly string[] | undefined
  readonly rows: AsyncIterable<Row>
  /** The delimiter between cells of a CSV row. */
  readonly delimiter: string
  readonly encoding: Encoding
  /** The name before the first list of objects, if the format is JSON lines. The rows may be in that list. */
  readonly listName?: string
  /** Rows without any text so far, which `rows` leaves out. */
  readonly blankRows: () => number
  /** Bytes read so far. */
  readonly bytesRead: () => number
}
