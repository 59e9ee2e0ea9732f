export const FORMATS = ['csv', 'jsonl', 'json'] as const
/** CSV with a header, one JSON object a line, or one JSON array of objects. */
export type Format = (typeof FORMATS)[number]

/** A row of the input as it was. */
export interface Row {
  /** The line on which it begins, from 1; in a JSON array its place, from 1. */
  readonly line: number
  /** The cells of a CSV row; the value of a JSON line or of an array's element. */
  readonly value: unknown
  /** Why it is no row; `value` is its text then. */
  readonly fault?: string
}

/** The input, opened: its rows can be read once. */
export interface RowSource {
  readonly format: Format
  /** The names of the columns, if the format has a header. */
  readonly header: readonly string[] | undefined
  readonly rows: AsyncIterable<Row>
  /** What stands between the cells of a CSV row. */
  readonly delimiter: string
  /** Bytes read so far. */
  readonly bytesRead: () => number
}
