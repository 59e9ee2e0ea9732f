import { keyName } from '../../leads/lead-key.ts'
import type { Update } from '../../leads/update.ts'
import { type Claimed, MIN_FOLDED } from '../queue.ts'
import type { ReadyUpdates } from './ready-updates.ts'
import { type Row, RowReader } from './rows.ts'

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

/**
 * Whether `later`, the lead's next update, overwrites all of `earlier`: it was accepted later (a replayed one was not)
 * and sets the same fields. An update that failed once is sent alone, so that its values fail no other update. So
 * are custom fields, as VICIdial may store one update's and not another's.
 */
function isFoldable(earlier: Claimed, later: Claimed): boolean {
  return (
    earlier.attempts === 0 &&
    later.attempts === 0 &&
    earlier.sequence < later.sequence &&
    isAlike(earlier.update, later.update)
  )
}

function isAlike(a: Update, b: Update): boolean {
  if (a.onMultiple !== b.onMultiple || a.keyMatch !== b.keyMatch) return false
  if (a.changes.params['custom_fields'] !== undefined) return false
  return Object.keys(a.changes.params).join() === Object.keys(b.changes.params).join()
}
