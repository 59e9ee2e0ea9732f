import cliProgress from 'cli-progress'
import type { Progress } from './push.ts'

const { Format, Presets, SingleBar } = cliProgress

const LINE_EVERY_MS = 10_000
const FORMAT = '{bar} {percentage}% | {rows} rows, {refused} not made | {rate} rows/s | {eta_formatted} left'
const FORMAT_OF_UNKNOWN = '{rows} rows, {refused} not made | {rate} rows/s'

export interface ProgressReport {
  readonly report: (progress: Progress) => void
  readonly end: () => void
}

/** Shows a bar on a terminal; elsewhere it tells a line now and then. */
export function reportProgress(terminal: NodeJS.WriteStream, tell: (line: string) => void): ProgressReport {
  return terminal.isTTY ? bar(terminal) : lines(tell)
}

function bar(terminal: NodeJS.WriteStream): ProgressReport {
  let shown: cliProgress.SingleBar | undefined
  let first: { at: number; rows: number } | undefined
  const report = (progress: Progress) => {
    first ??= { at: performance.now(), rows: progress.rows }
    if (shown === undefined) {
      const format = progress.totalBytes === undefined ? FORMAT_OF_UNKNOWN : FORMAT
      // Ctrl-C is the push's own: it ends when what is on its way is answered.
      const options = { stream: terminal, format, formatTime, gracefulExit: false, hideCursor: false }
      shown = new SingleBar(options, Presets.shades_classic)
      shown.start(progress.totalBytes ?? 0, progress.bytes, payload(progress, first))
    } else shown.update(progress.bytes, payload(progress, first))
  }
  return { report, end: () => shown?.stop() }
}

/** As the library has it, but for a time that is not known yet: that is no number. */
const formatTime: typeof Format.TimeFormat = (left, ...options) =>
  Number.isFinite(left) ? Format.TimeFormat(left, ...options) : '?'

function lines(tell: (line: string) => void): ProgressReport {
  let first: { at: number; rows: number } | undefined
  let toldAt = performance.now()
  const report = (progress: Progress) => {
    first ??= { at: performance.now(), rows: progress.rows }
    if (performance.now() - toldAt < LINE_EVERY_MS) return
    toldAt = performance.now()
    const { rows, refused, rate } = payload(progress, first)
    const { bytes, totalBytes } = progress
    const part = totalBytes === undefined ? '' : `${Math.floor((100 * bytes) / Math.max(1, totalBytes))}% | `
    tell(`${part}${rows} rows, ${refused} not made | ${rate} rows/s`)
  }
  return { report, end: () => undefined }
}

function payload({ rows, updated }: Progress, first: { at: number; rows: number }) {
  const seconds = (performance.now() - first.at) / 1_000
  const rate = seconds < 1 ? 0 : Math.round((rows - first.rows) / seconds)
  return { rows, refused: rows - updated, rate }
}
