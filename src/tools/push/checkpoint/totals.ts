/** Counts of a push, over all its runs. */
export interface Totals {
  /** Rows that have an outcome. */
  rows: number
  /** Rows by the status of their result. `rejected` includes rows that this program could not read. */
  byStatus: Record<string, number>
  /** The gateway's warnings by code. */
  warnings: Record<string, number>
  /** How many calls the gateway made to VICIdial. */
  calls: number
}

/** Statuses of rows that were updated, or would be in a dry run, or that change nothing on purpose. */
export const SUCCEEDED: readonly string[] = ['updated', 'added', 'planned', 'ignored']

/** How many rows need no look by anybody: they were updated, or change nothing. */
export function succeeded({ byStatus }: Totals): number {
  return SUCCEEDED.reduce((sum, status) => sum + (byStatus[status] ?? 0), 0)
}

export function emptyTotals(): Totals {
  return { rows: 0, byStatus: {}, warnings: {}, calls: 0 }
}

/** Adds one row's outcome. */
export function countResult(
  totals: Totals,
  { status, warnings = [] }: { readonly status: string; readonly warnings?: readonly string[] }
): void {
  totals.rows++
  totals.byStatus[status] = (totals.byStatus[status] ?? 0) + 1
  for (const code of warnings) totals.warnings[code] = (totals.warnings[code] ?? 0) + 1
}

/** The sum of two totals. */
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
