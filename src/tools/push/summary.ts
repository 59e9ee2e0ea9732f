import type { Outcome } from './push.ts'

/** What a push came to, for a machine. */
export function summaryJson(outcome: Outcome, file: string): Record<string, unknown> {
  const { totals, rowsNow, seconds, waiting, stopped, bytesLeft, rejects, state } = outcome
  return {
    file,
    rows: totals.rows,
    by_status: inOrder(totals.byStatus),
    warnings: totals.warnings,
    waiting,
    upstream_calls: totals.calls,
    rows_this_run: rowsNow,
    seconds: Number(seconds.toFixed(3)),
    rows_per_second: rate(outcome),
    complete: isComplete(outcome),
    ...(stopped === undefined ? {} : { stopped, bytes_left: bytesLeft }),
    ...(rejects === undefined ? {} : { rejects }),
    ...(state === undefined ? {} : { state })
  }
}

/** The same for people. */
export function summaryText(outcome: Outcome): string {
  const { totals, rowsNow, seconds, waiting, stopped, bytesLeft, rejects, state } = outcome
  const earlier = totals.rows - rowsNow
  const lines = [
    ...row('rows', totals.rows, earlier > 0 ? `${number(earlier)} of them in earlier runs` : ''),
    ...Object.entries(inOrder(totals.byStatus)).flatMap(([status, count]) => row(`  ${status}`, count)),
    ...(waiting > 0 ? row('waiting', waiting, 'a next run sends them again') : []),
    ...Object.entries(totals.warnings).flatMap(([code, count]) => row('warnings', count, code)),
    ...row('calls', totals.calls, 'to VICIdial'),
    ...row('seconds', Number(seconds.toFixed(1)), `${number(rate(outcome))} rows a second`)
  ]
  if (rejects !== undefined) lines.push(`Rejected rows, each with its reason: ${rejects}`)
  if (stopped !== undefined) {
    const left =
      bytesLeft === undefined
        ? 'what was not sent'
        : `at least ${number(Math.max(0, bytesLeft))} bytes of the file`
    lines.push(`Stopped: ${stopped}`, `There remains ${left}.`)
  }
  if (!isComplete(outcome)) {
    lines.push(
      state === undefined
        ? 'It cannot be gone on with.'
        : 'Run it again to send what is missing, and only that.'
    )
  }
  return lines.join('\n')
}

/** Whether every row has an outcome. */
export function isComplete({ stopped, waiting }: Outcome): boolean {
  return stopped === undefined && waiting === 0
}

/** Whether every row was made, or could be. */
export function isSuccess(outcome: Outcome): boolean {
  const { rows, byStatus } = outcome.totals
  return isComplete(outcome) && (byStatus['updated'] ?? 0) + (byStatus['planned'] ?? 0) === rows
}

function rate({ rowsNow, seconds }: Outcome): number {
  return Math.round(rowsNow / Math.max(seconds, 0.001))
}

const STATUSES = ['updated', 'planned', 'not_found', 'ambiguous', 'rejected', 'failed', 'unknown']

/** Counts by status, in the order in which the API's documents have them. */
function inOrder(counts: Readonly<Record<string, number>>): Record<string, number> {
  const known = STATUSES.filter((status) => counts[status] !== undefined)
  return Object.fromEntries([...known, ...Object.keys(counts)].map((status) => [status, counts[status] ?? 0]))
}

const COUNT_WIDTH = 12
const NAME_WIDTH = 14

function row(name: string, count: number, note = ''): string[] {
  return [`${name.padEnd(NAME_WIDTH)}${number(count).padStart(COUNT_WIDTH)}  ${note}`.trimEnd()]
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}
