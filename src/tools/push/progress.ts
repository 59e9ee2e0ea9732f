import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { succeeded } from './checkpoint/totals.ts'
import type { AnsweredRows, Delivered } from './delivery/sender.ts'
import type { Input } from './input/input.ts'
import type { Row, RowSource } from './input/row.ts'
import type { Limits, Plan } from './time-left.ts'

/** How far a push has come. */
export interface Progress {
  /** Rows that have an outcome. */
  readonly rows: number
  readonly updated: number
  /** Rows of the whole input: an estimate until all are read. Undefined for standard input. */
  readonly totalRows: number | undefined
  /** Calls that the gateway made to VICIdial in this run. */
  readonly calls: number
  /** What the first rows of this run need; undefined if that is not known. */
  readonly plan: Plan | undefined
  readonly limits: Limits
}

export interface ProgressOptions {
  readonly checkpoint: Checkpoint
  readonly input: Pick<Input, 'identity' | 'lines'>
  readonly source: RowSource
  readonly limits: Limits
  readonly onProgress: (progress: Progress) => void
}

/** Counts what a push reads and does, and reports it. */
export class PushProgress {
  readonly #options: ProgressOptions
  readonly #callsBefore: number
  /** What is answered, but whose batch is not recorded yet. */
  #open: AnsweredRows = { rows: 0, updated: 0, calls: 0 }
  #rowsRead = 0
  #lastLine = 2
  #hasReadAll = false
  #plan: Plan | undefined

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#callsBefore = options.checkpoint.totals.calls
  }

  /** The rows of the source. */
  async *rows(): AsyncGenerator<Row, void> {
    for await (const row of this.#options.source.rows) {
      this.#rowsRead++
      this.#lastLine = row.line
      yield row
    }
    this.#hasReadAll = true
  }

  /** Reports the start, with what the first rows need. */
  begin(plan: Plan | undefined): void {
    this.#plan = plan
    this.#report()
  }

  readonly onAnswered = ({ rows, updated, calls }: AnsweredRows): void => {
    const open = this.#open
    this.#open = { rows: open.rows + rows, updated: open.updated + updated, calls: open.calls + calls }
    this.#report()
  }

  readonly onRecorded = ({ shown }: Delivered): void => {
    const open = this.#open
    this.#open = {
      rows: open.rows - shown.rows,
      updated: open.updated - shown.updated,
      calls: open.calls - shown.calls
    }
    this.#report()
  }

  /** Rows of the whole input: an estimate until all are read. Undefined for standard input. */
  get totalRows(): number | undefined {
    const { checkpoint, input, source } = this.#options
    if (input.identity === undefined) return undefined
    const known = Math.max(this.#rowsRead, checkpoint.totals.rows + this.#open.rows)
    if (checkpoint.isAtEnd) return Math.max(known, checkpoint.totals.rows + checkpoint.waitingCount)
    if (this.#hasReadAll) return known
    const head = source.header === undefined ? 0 : 1
    // The elements of a JSON array have no lines.
    const timesMore =
      source.format === 'json'
        ? input.identity.bytes / source.bytesRead()
        : (input.lines - head) / (this.#lastLine - head)
    return Math.max(known, Math.round(this.#rowsRead * timesMore))
  }

  /** Rows without a result, except those that wait for the next run; estimated as `totalRows`. */
  get rowsLeft(): number | undefined {
    const { totals, waitingCount } = this.#options.checkpoint
    const { totalRows } = this
    if (totalRows === undefined || (this.#rowsRead === 0 && !this.#hasReadAll)) return undefined
    return Math.max(0, totalRows - totals.rows - waitingCount)
  }

  #report(): void {
    const { checkpoint, limits, onProgress } = this.#options
    const { totals } = checkpoint
    onProgress({
      rows: totals.rows + this.#open.rows,
      updated: succeeded(totals) + this.#open.updated,
      totalRows: this.totalRows,
      calls: totals.calls + this.#open.calls - this.#callsBefore,
      plan: this.#plan,
      limits
    })
  }
}
