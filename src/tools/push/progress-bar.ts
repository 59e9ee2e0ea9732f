import cliProgress from 'cli-progress'
import type { Progress } from './push.ts'

const { Presets, SingleBar } = cliProgress

const LINE_EVERY_MS = 10_000
const FORMAT = '{bar} {percentage}% | {rows} rows, {failed} not updated | {rate} rows/s | {left} left'
const FORMAT_OF_UNKNOWN = '{rows} rows, {failed} not updated | {rate} rows/s'

export interface ProgressReporter {
  readonly report: (progress: Progress) => void
  readonly end: () => void
}

/** Shows a progress bar on a terminal; elsewhere prints a line now and then. */
export function reportProgress(
  terminal: NodeJS.WriteStream,
  print: (line: string) => void
): ProgressReporter {
  return terminal.isTTY ? bar(terminal) : lines(print)
}

function bar(terminal: NodeJS.WriteStream): ProgressReporter {
  let shown: cliProgress.SingleBar | undefined
  let first: Start | undefined
  const report = (progress: Progress) => {
    first ??= { at: performance.now(), rows: progress.rows }
    const text = payload(progress, first)
    // The library counts in bytes. Rows that are read and not sent yet don't count.
    const bytes = Math.floor((progress.totalBytes ?? 0) * text.part)
    if (shown === undefined) {
      const format = progress.totalBytes === undefined ? FORMAT_OF_UNKNOWN : FORMAT
      // The push handles Ctrl-C itself: it waits for requests in flight.
      const options = { stream: terminal, format, gracefulExit: false, hideCursor: false }
      shown = new SingleBar(options, Presets.shades_classic)
      shown.start(progress.totalBytes ?? 0, bytes, text)
    } else shown.update(bytes, text)
  }
  return { report, end: () => shown?.stop() }
}

function lines(print: (line: string) => void): ProgressReporter {
  let first: Start | undefined
  let printedAt = performance.now()
  const report = (progress: Progress) => {
    first ??= { at: performance.now(), rows: progress.rows }
    if (performance.now() - printedAt < LINE_EVERY_MS) return
    printedAt = performance.now()
    const { rows, failed, rate, part, left } = payload(progress, first)
    const isKnown = progress.totalBytes !== undefined
    const start = isKnown ? `${Math.floor(100 * part)}% | ` : ''
    print(`${start}${rows} rows, ${failed} not updated | ${rate} rows/s${isKnown ? ` | ${left} left` : ''}`)
  }
  return { report, end: () => undefined }
}

/** The first report. */
interface Start {
  readonly at: number
  readonly rows: number
}

function payload({ rows, updated, rowsRead, bytes, totalBytes = 0 }: Progress, first: Start) {
  const seconds = (performance.now() - first.at) / 1_000
  const rate = seconds < 1 ? 0 : (rows - first.rows) / seconds
  // The rows of the whole file, if the rest has rows of the same length.
  const total = Math.max(rows, (rowsRead * totalBytes) / Math.max(1, bytes))
  const left = rate === 0 ? '?' : duration(Math.ceil((total - rows) / rate))
  return { rows, failed: rows - updated, rate: Math.round(rate), part: total === 0 ? 0 : rows / total, left }
}

/** A time in seconds for people: `42m 5s`. */
function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours}h ${minutes}m`
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`
}
