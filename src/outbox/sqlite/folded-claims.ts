import { keyName } from '../../leads/lead-key.ts'
import { isFoldable } from '../folding.ts'
import { type Claimed, MIN_FOLDED } from '../queue.ts'
import type { ReadyUpdates } from './ready-updates.ts'
import { type Row, RowReader } from '../rows.ts'

/** Reads the updates of one claim, and folds long runs of updates of one lead. */
export class FoldedClaims {
  readonly #ready: Pick<ReadyUpdates, 'after' | 'takeAlong'>
  readonly #reader = new RowReader()
  #room: number

  /** @param maxFolded most updates to fold into others */
  constructor(ready: Pick<ReadyUpdates, 'after' | 'takeAlong'>, maxFolded: number) {
    this.#ready = ready
    this.#room = maxFolded
  }

  /** The update of a row that was taken, or the newest of those right after it into which it can be folded. */
  claimed(row: Row): Claimed {
    const oldest = this.#reader.claimed(row)
    if (row['has_later'] === null || this.#room < MIN_FOLDED) return oldest
    const folded: Claimed[] = []
    let newest = oldest
    for (const laterRow of this.#ready.after(row)) {
      const later = this.#reader.claimed(laterRow)
      if (folded.length === this.#room || !isFoldable(newest, later)) break
      folded.push(newest)
      newest = later
    }
    if (folded.length < MIN_FOLDED) return oldest
    this.#room -= folded.length
    for (const { id, update } of [...folded.slice(1), newest]) this.#ready.takeAlong(keyName(update.key), id)
    return { ...newest, folded }
  }
}
