import { isDnc } from '../leads/actions/dnc.ts'
import { isReading } from '../leads/reading/lead-read.ts'
import type { Update } from '../leads/update.ts'
import type { Claimed } from './queue.ts'

/**
 * Whether `later`, the lead's next update, overwrites all of `earlier`: it was accepted later (a replayed one was not)
 * and sets the same fields. An update that failed once is sent alone, so that its values fail no other update. So
 * are custom fields, as VICIdial may store one update's and not another's, updates that may add their lead, readings,
 * numbers that must not be called, and updates with actions.
 */
export function isFoldable(earlier: Claimed, later: Claimed): boolean {
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
  if (isReading(a.changes) || isDnc(a.changes)) return false
  if (a.changes.actions !== undefined || b.changes.actions !== undefined) return false
  if (a.addition !== undefined || b.addition !== undefined) return false
  return Object.keys(a.changes.params).join() === Object.keys(b.changes.params).join()
}
