import { namesSet } from '../leads/changes.ts'
import type { DeadLetter } from '../outbox/jobs.ts'
import { deadLetterId } from './dead-letter-response.ts'

/** The part of a caller in a replay. */
interface PreviewedCaller {
  readonly caller: string
  readonly updates: number
  /** Jobs that the updates were part of. */
  readonly jobs: number
}

/** What a replay would do now. */
export interface ReplayPreview {
  /** Updates that would be replayed. */
  readonly updates: number
  /** Jobs that they were part of. */
  readonly jobs: number
  /** Most updates first. */
  readonly callers: readonly PreviewedCaller[]
  /** When the first and the last of them failed for good, in milliseconds since the epoch. */
  readonly oldestAt: number
  readonly newestAt: number
  /** Updates of which newer ones have set some fields since, or all. */
  readonly superseded: { readonly partly: number; readonly wholly: number }
  /** In how many updates each field was set by newer ones since, most first. */
  readonly fields: readonly (readonly [field: string, updates: number])[]
  /** The ids of the updates: a replay of these takes no others, even if there is room for others by then. */
  readonly ids: readonly string[]
  /** See `ReplaySelection.left`. */
  readonly remaining: number
  readonly refused?: number
}

/**
 * Sums up the letters that a replay would take.
 * @param letters at least one
 * @param left see `ReplaySelection.left`
 * @throws RangeError without letters
 */
export function previewOf(
  letters: readonly DeadLetter[],
  left: Pick<ReplayPreview, 'remaining' | 'refused'>
): ReplayPreview {
  const [first] = letters
  if (first === undefined) throw new RangeError('no dead letter to preview')
  const callers = new Map<string, { updates: number; jobs: Set<string> }>()
  const fields = new Map<string, number>()
  const superseded = { partly: 0, wholly: 0 }
  let [oldestAt, newestAt] = [first.diedAt, first.diedAt]
  for (const letter of letters) {
    const ofCaller = callers.get(letter.caller) ?? { updates: 0, jobs: new Set() }
    callers.set(letter.caller, ofCaller)
    ofCaller.updates++
    ofCaller.jobs.add(letter.jobId)
    oldestAt = Math.min(oldestAt, letter.diedAt)
    newestAt = Math.max(newestAt, letter.diedAt)
    if (letter.superseded.length === 0) continue
    const names = namesSet(letter.update.changes)
    const left = names.filter((name) => letter.superseded.includes(name))
    for (const name of left) fields.set(name, (fields.get(name) ?? 0) + 1)
    if (left.length > 0) superseded[left.length === names.length ? 'wholly' : 'partly']++
  }
  return {
    updates: letters.length,
    jobs: new Set(letters.map(({ jobId }) => jobId)).size,
    callers: [...callers]
      .map(([caller, { updates, jobs }]) => ({ caller, updates, jobs: jobs.size }))
      .toSorted((a, b) => b.updates - a.updates),
    oldestAt,
    newestAt,
    superseded,
    fields: [...fields].toSorted(([, a], [, b]) => b - a),
    ids: letters.map(({ id }) => deadLetterId(id)),
    ...left
  }
}
