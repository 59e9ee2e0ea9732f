import cliProgress from 'cli-progress'
import type { Progress } from './push.ts'

const { Format, Presets, SingleBar } = cliProgress

const LINE_EVERY_MS = 10_000
const FORMAT =
  '{bar} {percentage}% | {rows} rows, {failed} not updated | {rate} rows/s | {eta_formatted} left'
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
  let first: { at: number; rows: number } | undefined
  const report = (progress: Progress) => {
    first ??= { at: performance.now(), rows: progress.rows }
    if (shown === undefined) {
      const format = progress.totalBytes === undefined ? FORMAT_OF_UNKNOWN : FORMAT
      // The push handles Ctrl-C itself: it waits for requests in flight.
      const options = { stream: terminal, format, formatTime, gracefulExit: false, hideCursor: false }
      shown = new SingleBar(options, Presets.shades_classic)
      shown.start(progress.totalBytes ?? 0, progress.bytes, payload(progress, first))
    } else shown.update(progress.bytes, payload(progress, first))
  }
  return { report, end: () => shown?.stop() }
}

/** The library's format, with `?` for a time that is not known yet. */
const formatTime: typeof Format.TimeFormat = (left, ...options) =>
  Number.isFinite(left) ? Format.TimeFormat(left, ...options) : '?'

function lines(print: (line: string) => void): ProgressReporter {
  let first: { at: number; rows: number } | undefined
  let printedAt = performance.now()
  const report = (progress: Progress) => {
    first ??= { at: performance.now(), rows: progress.rows }
    if (performance.now() - printedAt < LINE_EVERY_MS) return
    printedAt = performance.now()
    const { rows, failed, rate } = payload(progress, first)
    const { bytes, totalBytes } = progress
    const part = totalBytes === undefined ? '' : `${Math.floor((100 * bytes) / Math.max(1, totalBytes))}% | `
    print(`${part}${rows} rows, ${failed} not updated | ${rate} rows/s`)
  }
  return { report, end: () => undefined }
}

function payload({ rows, updated }: Progress, first: { at: number; rows: number }) {
  const seconds = (performance.now() - first.at) / 1_000
  const rate = seconds < 1 ? 0 : Math.round((rows - first.rows) / seconds)
  return { rows, failed: rows - updated, rate }
}
