import { succeeded, type Totals } from './checkpoint/totals.ts'
import { aboutTime, type LeastTime } from './time-left.ts'

/** The end of a push. */
export interface PushSummary {
  /** Totals over all runs. */
  readonly totals: Totals
  /** Rows that got their outcome in this run. */
  readonly rowsThisRun: number
  /** Duration of this run. */
  readonly seconds: number
  /** Rows that the next run sends again. */
  readonly waiting: number
  /** Why it stopped early. */
  readonly stopped: string | undefined
  /** Rows without a result that are not `waiting`, estimated from the lines of the file; undefined for standard input. */
  readonly rowsLeft: number | undefined
  /** Path of the rejects file, if there are rejects. */
  readonly rejects: string | undefined
  /** Path of the checkpoint, if the push has one. */
  readonly checkpoint: string | undefined
  readonly isDryRun: boolean
  /** How long the push itself would take at least; undefined if it is no dry run, or if nothing limits it. */
  readonly leastTime: LeastTime | undefined
  /** Rows without any text, which were left out. 0 if this run didn't read the file. */
  readonly blankRows: number
  /** Sentences about cells of this run that may not be meant as they are written. */
  readonly notes: readonly string[]
}

/** The summary as JSON. */
export function summaryJson(summary: PushSummary, file: string): Record<string, unknown> {
  const { totals, rowsThisRun, seconds, waiting, stopped, rowsLeft, rejects, checkpoint } = summary
  const { blankRows, notes } = summary
  return {
    file,
    rows: totals.rows,
    by_status: inOrder(totals.byStatus),
    warnings: totals.warnings,
    waiting,
    upstream_calls: totals.calls,
    ...(summary.leastTime && { estimated_seconds: Math.ceil(summary.leastTime.seconds) }),
    rows_this_run: rowsThisRun,
    seconds: Number(seconds.toFixed(3)),
    rows_per_second: rate(summary),
    complete: isComplete(summary),
    ...(stopped === undefined ? {} : { stopped, rows_left: rowsLeft }),
    ...(rejects === undefined ? {} : { rejects }),
    ...(checkpoint === undefined ? {} : { state: checkpoint }),
    ...(blankRows === 0 ? {} : { blank_rows: blankRows }),
    ...(notes.length === 0 ? {} : { notes })
  }
}

/** The summary as text. */
export function summaryText(summary: PushSummary): string {
  const { totals, rowsThisRun, seconds, waiting, stopped, rowsLeft, rejects, checkpoint } = summary
  const earlier = totals.rows - rowsThisRun
  const lines = [
    ...row('rows', totals.rows, earlier > 0 ? `${number(earlier)} of them in earlier runs` : ''),
    ...Object.entries(inOrder(totals.byStatus)).flatMap(([status, count]) => row(`  ${status}`, count)),
    ...(summary.blankRows > 0 ? row('blank rows', summary.blankRows, 'left out') : []),
    ...(waiting > 0 ? row('waiting', waiting, 'the next run sends them again') : []),
    ...Object.entries(totals.warnings).flatMap(([code, count]) => row('warnings', count, code)),
    ...row('calls', totals.calls, describeCalls(summary)),
    ...row('seconds', Number(seconds.toFixed(1)), `${number(rate(summary))} rows per second`)
  ]
  lines.push(...summary.notes)
  if (rejects !== undefined) lines.push(`Rejected rows, with reasons: ${rejects}`)
  if (stopped !== undefined) {
    lines.push(`Stopped: ${stopped}`)
    if (rowsLeft !== undefined && rowsLeft > 0) lines.push(`Remaining: about ${number(rowsLeft)} rows.`)
  }
  if (!isComplete(summary)) {
    lines.push(
      checkpoint === undefined
        ? "This push can't be resumed."
        : 'Run the same command again to send the remaining rows.'
    )
  }
  return lines.join('\n')
}

function describeCalls({ isDryRun, leastTime }: PushSummary): string {
  if (!isDryRun) return 'to VICIdial'
  const would = 'to VICIdial, if it finds every lead'
  return leastTime === undefined
    ? would
    : `${would}: about ${aboutTime(leastTime.seconds)}, at ${leastTime.limit}`
}

/** Whether every row has an outcome. */
export function isComplete({ stopped, waiting }: PushSummary): boolean {
  return stopped === undefined && waiting === 0
}

/**
 * Whether every row was updated, or would be, in a dry run, or changes nothing on purpose, and no lead that was read after
 * its update holds something else.
 */
export function isSuccess(summary: PushSummary): boolean {
  const { rows, warnings } = summary.totals
  const differing = warnings['stored_differs'] ?? 0
  return isComplete(summary) && differing === 0 && succeeded(summary.totals) === rows
}

function rate({ rowsThisRun, seconds }: PushSummary): number {
  return Math.round(rowsThisRun / Math.max(seconds, 0.001))
}

const STATUSES = [
  'updated',
  'added',
  'planned',
  'ignored',
  'not_found',
  'ambiguous',
  'rejected',
  'failed',
  'unknown'
]

/** Counts by status, in the order of the API's documentation. */
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
