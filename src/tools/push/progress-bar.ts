import cliProgress from 'cli-progress'
import type { Progress } from './progress.ts'
import { TimeLeft } from './time-left.ts'

const { Presets, SingleBar } = cliProgress

/** The time left goes on between two answers. */
const BAR_EVERY_MS = 1_000
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
  const draw = (progress: Progress, time: TimeLeft) => {
    const { rows, totalRows } = progress
    const text = payload(progress, time)
    if (shown === undefined) {
      const format = totalRows === undefined ? FORMAT_OF_UNKNOWN : FORMAT
      // The push handles Ctrl-C itself: it waits for requests in flight.
      const options = { stream: terminal, format, gracefulExit: false, hideCursor: false }
      shown = new SingleBar(options, Presets.shades_classic)
      shown.start(totalRows ?? 0, rows, text)
      return
    }
    shown.setTotal(totalRows ?? 0)
    shown.update(rows, text)
  }
  const { report, end } = reportEvery(BAR_EVERY_MS, draw)
  return {
    report: (progress) => {
      draw(...report(progress))
    },
    end: () => {
      end()
      shown?.stop()
    }
  }
}

function lines(print: (line: string) => void): ProgressReporter {
  return reportEvery(LINE_EVERY_MS, (progress, time) => {
    const { totalRows } = progress
    const { rows, failed, rate, left } = payload(progress, time)
    const percentage = totalRows === undefined ? 0 : Math.floor((100 * rows) / Math.max(1, totalRows))
    const start = totalRows === undefined ? '' : `${percentage}% | `
    const end = totalRows === undefined ? '' : ` | ${left} left`
    print(`${start}${rows} rows, ${failed} not updated | ${rate} rows/s${end}`)
  })
}

/** Shows the latest progress again and again, from the first report until the end. */
function reportEvery(ms: number, show: (progress: Progress, time: TimeLeft) => void) {
  const time = new TimeLeft()
  let latest: Progress | undefined
  let timer: NodeJS.Timeout | undefined
  const showAgain = () => {
    if (latest !== undefined) show(latest, time)
    timer = setTimeout(showAgain, ms)
  }
  const report = (progress: Progress): [Progress, TimeLeft] => {
    latest = progress
    time.note(progress)
    timer ??= setTimeout(showAgain, ms)
    return [progress, time]
  }
  const end = () => {
    clearTimeout(timer)
  }
  return { report, end }
}

function payload({ rows, updated, totalRows = rows, plan, limits }: Progress, time: TimeLeft) {
  const seconds = time.seconds(totalRows - rows, plan, limits)
  const left = seconds === undefined ? '?' : duration(Math.ceil(seconds))
  return { rows, failed: rows - updated, rate: Math.round(time.rowsPerSecond), left }
}

/** A time in seconds for people: `42m 5s`. */
function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours}h ${minutes}m`
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`
}
