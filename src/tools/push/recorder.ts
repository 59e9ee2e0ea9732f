import type { Result } from '../../../schemas/batch.ts'
import type { Reason, Reject } from './reject.ts'
import type { RejectsFile } from './rejects-file.ts'
import type { Row, RowSource } from './row.ts'
import type { Delivered, Entry } from './sender.ts'
import type { State } from './checkpoint.ts'
import { countResult, noTotals } from './totals.ts'

const MADE: readonly string[] = ['updated', 'planned']

/** What came of a part of the input. */
export interface Part {
  /** Undefined: rows that had waited. */
  readonly batch?: number
  /** Entries that were sent, and what came of them. */
  readonly sent: readonly Entry[]
  readonly delivered: Delivered
  /** Rows that were not sent, as they cannot be read. */
  readonly refused: readonly Reject[]
  /** Rows that were not sent, as they must wait for others of their lead. */
  readonly behind: readonly Entry[]
}

/** Writes down what came of rows: rejects into their file, then all the rest into the state, so that each counts once. */
export class Recorder {
  readonly #state: State
  readonly #rejects: RejectsFile
  readonly #source: RowSource

  constructor(state: State, rejects: RejectsFile, source: RowSource) {
    this.#state = state
    this.#rejects = rejects
    this.#source = source
  }

  /** Returns the entries that are to wait. */
  record({ batch, sent, delivered, refused, behind }: Part): readonly Entry[] {
    const totals = { ...noTotals(), calls: delivered.calls }
    const rejects: Reject[] = [...refused]
    const waiting: Entry[] = [...behind]
    const settled: Row[] = []
    for (const { reason } of refused) countResult(totals, reason)
    for (const [place, entry] of sent.entries()) {
      const result = delivered.results[place]
      if (result === undefined) {
        waiting.push(entry)
        continue
      }
      settled.push(entry.row)
      countResult(totals, result)
      if (!MADE.includes(result.status)) rejects.push({ row: entry.row, reason: reasonOf(result) })
    }
    rejects.sort((a, b) => a.row.line - b.row.line)
    this.#rejects.append(rejects, this.#source)
    const hadWaited = batch === undefined
    this.#state.store({
      ...(hadWaited ? {} : { batch }),
      totals,
      waiting: hadWaited ? [] : waiting.map(({ row }) => row),
      settled: hadWaited ? [...settled, ...refused.map(({ row }) => row)].map(({ line }) => line) : [],
      rejectBytes: this.#rejects.bytes
    })
    return waiting
  }
}

function reasonOf({ status, error }: Result): Reason {
  const { code = '', field, detail = '' } = error ?? {}
  return { status, code, detail, ...(field === undefined ? {} : { field }) }
}
