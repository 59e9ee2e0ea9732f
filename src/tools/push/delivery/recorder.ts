import type { Result } from '../../../../schemas/batch.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { RejectsFile } from '../checkpoint/rejects-file.ts'
import { countResult, emptyTotals } from '../checkpoint/totals.ts'
import type { Reason, Reject } from '../columns/reject.ts'
import type { Row, RowSource } from '../input/row.ts'
import type { Delivered, Entry } from './sender.ts'

const SUCCEEDED: readonly string[] = ['updated', 'planned']

/** The outcomes of a batch's rows. */
export interface BatchOutcome {
  /** Undefined for rows that had to wait. */
  readonly batch?: number
  /** Entries that were sent, and their results. */
  readonly sent: readonly Entry[]
  readonly delivered: Delivered
  /** Rows that were not sent because they can't be read. */
  readonly rejected: readonly Reject[]
  /** Rows that were not sent because they must wait for others of their lead. */
  readonly blocked: readonly Entry[]
}

/** Records outcomes. Rejects go into their file first, then the rest into the checkpoint, so that each counts once. */
export class Recorder {
  readonly #checkpoint: Checkpoint
  readonly #rejects: RejectsFile
  readonly #source: RowSource

  constructor(checkpoint: Checkpoint, rejects: RejectsFile, source: RowSource) {
    this.#checkpoint = checkpoint
    this.#rejects = rejects
    this.#source = source
  }

  /** Returns the entries that have to wait. */
  record({ batch, sent, delivered, rejected, blocked }: BatchOutcome): readonly Entry[] {
    const totals = { ...emptyTotals(), calls: delivered.calls }
    const rejects: Reject[] = [...rejected]
    const waiting: Entry[] = [...blocked]
    const ended: Row[] = []
    for (const { reason } of rejected) countResult(totals, reason)
    for (const [index, entry] of sent.entries()) {
      const result = delivered.results[index]
      if (result === undefined) {
        waiting.push(entry)
        continue
      }
      ended.push(entry.row)
      countResult(totals, result)
      if (!SUCCEEDED.includes(result.status)) rejects.push({ row: entry.row, reason: reasonOf(result) })
    }
    rejects.sort((a, b) => a.row.line - b.row.line)
    this.#rejects.append(rejects, this.#source)
    const hadWaited = batch === undefined
    this.#checkpoint.save({
      ...(hadWaited ? {} : { batch }),
      totals,
      waiting: hadWaited ? [] : waiting.map(({ row }) => row),
      ended: hadWaited ? [...ended, ...rejected.map(({ row }) => row)].map(({ line }) => line) : [],
      rejectBytes: this.#rejects.bytes
    })
    return waiting
  }
}

function reasonOf({ status, error }: Result): Reason {
  const { code = '', field, detail = '' } = error ?? {}
  return { status, code, detail, ...(field === undefined ? {} : { field }) }
}
