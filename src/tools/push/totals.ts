import type { Result } from '../../../schemas/batch.ts'

/** Counts of a push, over all its runs. */
export interface Totals {
  /** Rows that have an outcome. */
  rows: number
  /** The same by the status of their results; `rejected` are also those that this program could not read. */
  byStatus: Record<string, number>
  /** Warnings of the gateway by code. */
  warnings: Record<string, number>
  /** Calls that the gateway made to VICIdial. */
  calls: number
}

export function noTotals(): Totals {
  return { rows: 0, byStatus: {}, warnings: {}, calls: 0 }
}

/** Counts one row's outcome. */
export function countResult(
  totals: Totals,
  { status, warnings = [] }: Pick<Result, 'warnings'> & { status: string }
): void {
  totals.rows++
  totals.byStatus[status] = (totals.byStatus[status] ?? 0) + 1
  for (const { code } of warnings) totals.warnings[code] = (totals.warnings[code] ?? 0) + 1
}

/** Both together. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    rows: a.rows + b.rows,
    byStatus: addCounts(a.byStatus, b.byStatus),
    warnings: addCounts(a.warnings, b.warnings),
    calls: a.calls + b.calls
  }
}

function addCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const sum = { ...a }
  for (const name in b) sum[name] = (sum[name] ?? 0) + (b[name] ?? 0)
  return sum
}
