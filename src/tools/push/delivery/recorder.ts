import type { Result } from '../../../../schemas/batch.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { RejectsFile } from '../checkpoint/rejects-file.ts'
import type { RowOutcome } from '../checkpoint/row-records.ts'
import { SUCCEEDED } from '../checkpoint/totals.ts'
import { rowCount } from '../columns/cell-values.ts'
import type { Reason, Reject } from '../columns/reject.ts'
import type { FileRow } from '../input/file-row.ts'
import type { RowSource } from '../input/row.ts'
import type { Delivered, Entry } from './sender.ts'

/** The outcomes of a batch's rows. */
export interface BatchOutcome {
  /** Whether the rows had to wait before. */
  readonly hadWaited: boolean
  /** Entries that were sent, and their results. */
  readonly sent: readonly Entry[]
  readonly delivered: Delivered
  /** Rows that were not sent because they can't be read. */
  readonly rejected: readonly Reject[]
  /** Rows that were not sent because they change nothing. */
  readonly ignored: readonly FileRow[]
  /** Rows that were not sent because they must wait for others of their lead. */
  readonly blocked: readonly Entry[]
}

const IGNORED = 'ignored'
const DIFFERS = 'stored_differs'

/** Records outcomes. Rejects go into their file first, then the rest into the checkpoint, so that each counts once. */
export class Recorder {
  readonly #checkpoint: Checkpoint
  readonly #rejects: RejectsFile
  readonly #source: RowSource
  /** How many values were left out, by field. */
  readonly #dropped = new Map<string, number>()
  /** How many leads had each result of the hopper. */
  readonly #hopper = new Map<string, number>()

  constructor(checkpoint: Checkpoint, rejects: RejectsFile, source: RowSource) {
    this.#checkpoint = checkpoint
    this.#rejects = rejects
    this.#source = source
  }

  /** Sentences about the values that were left out of updates, and about the hopper. */
  notes(): string[] {
    const fields = [...this.#dropped].map(([field, rows]) => `${field} in ${rowCount(rows)}`)
    const queued = [...this.#hopper].map(([result, rows]) => `${result} in ${rowCount(rows)}`)
    return [
      ...(fields.length === 0
        ? []
        : [`Left out, as they cannot be set: ${fields.join(', ')}. The other values of these rows are set.`]),
      ...(queued.length === 0 ? [] : [`Hopper: ${queued.join(', ')}.`])
    ]
  }

  /** Returns the entries that have to wait. */
  record({ hadWaited, sent, delivered, rejected, ignored, blocked }: BatchOutcome): readonly Entry[] {
    const rejects: Reject[] = [...rejected]
    const waiting: Entry[] = [...blocked]
    const outcomes: { readonly row: FileRow; readonly outcome: RowOutcome }[] = [
      ...rejected.map(({ row, reason }) => ({ row, outcome: { status: reason.status, warnings: [] } })),
      ...ignored.map((row) => ({ row, outcome: { status: IGNORED, warnings: [] } }))
    ]
    for (const [index, entry] of sent.entries()) {
      const result = delivered.results[index]
      if (result === undefined) {
        waiting.push(entry)
        continue
      }
      const { status, warnings = [], hopper } = result
      if (hopper !== undefined) this.#hopper.set(hopper, (this.#hopper.get(hopper) ?? 0) + 1)
      for (const { code, field } of warnings)
        if (code === 'field_dropped') this.#dropped.set(field, (this.#dropped.get(field) ?? 0) + 1)
      outcomes.push({ row: entry.row, outcome: { status, warnings: warnings.map(({ code }) => code) } })
      const reason = SUCCEEDED.includes(status) ? differenceOf(result) : reasonOf(result)
      if (reason !== undefined) rejects.push({ row: entry.row, reason })
    }
    rejects.sort((a, b) => a.row.index - b.row.index)
    const places = this.#rejects.append(rejects, this.#source)
    const all = [...outcomes, ...waiting.map(({ row }) => ({ row }))]
    this.#checkpoint.save({
      sent: hadWaited ? [] : all.toSorted((a, b) => a.row.index - b.row.index),
      ended: hadWaited ? outcomes : [],
      calls: delivered.calls,
      rejects: places,
      rejectBytes: this.#rejects.bytes
    })
    return waiting
  }
}

function reasonOf({ status, error }: Result): Reason {
  const { code = '', field, detail = '' } = error ?? {}
  return { status, code, detail, ...(field === undefined ? {} : { field }) }
}

/** How the lead of an updated row differs from what VICIdial should hold; undefined if it does not, or was not read. */
function differenceOf({ status, warnings = [] }: Result): Reason | undefined {
  const differing = warnings.filter(({ code }) => code === DIFFERS)
  const [first] = differing
  if (first === undefined) return undefined
  const each = differing.map(
    ({ field, expected = '', found = '' }) => `${field} is "${found}", not "${expected}"`
  )
  return {
    status,
    code: DIFFERS,
    detail: `Updated, but VICIdial holds something else: ${each.join('; ')}.`,
    field: first.field
  }
}
