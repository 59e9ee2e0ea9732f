import type { EndedUpdates } from '../telemetry/observer.ts'
import type { Row } from './rows.ts'

/** Results are counted for each of these spans of time, in milliseconds: ten minutes. */
export const COUNTED_MS = 10 * 60_000

/** How many updates have ended in the same way in a span of time. */
export interface ResultCount {
  /** When the span began, in milliseconds since the epoch. */
  readonly at: number
  readonly status: EndedUpdates['status']
  /** Why; empty if there is no reason. */
  readonly code: string
  readonly count: number
}

/** Counts of results of the last days. Several gateways add to the same ones. */
export interface ResultCountStore {
  /** Adds to what is stored. Each `at` is a multiple of COUNTED_MS, and no two counts are of the same kind. */
  add(counts: readonly ResultCount[]): Promise<void>
  /**
   * The counts from `since` on.
   * @param spanMs how long the spans of the result are, a multiple of COUNTED_MS; each `at` is a multiple of it
   */
  since(since: number, spanMs: number): Promise<ResultCount[]>
  /** Deletes counts from before `before`, at most `limit`. Returns how many. */
  purge(before: number, limit: number): Promise<number>
}

export function readResultCount(row: Row): ResultCount {
  return {
    at: Number(row['at']),
    status: String(row['status']) as ResultCount['status'],
    code: String(row['code']),
    count: Number(row['count'])
  }
}
