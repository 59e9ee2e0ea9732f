import { namesSet } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import type { Outcome } from './outcome.ts'

/** The fields that an update has set, under each known name (see `keyName`) of the leads that it has updated. */
export function deliveredFields(
  { key, onMultiple, changes, addition }: Update,
  { status, leads = [], updated = [] }: Outcome
): { readonly lead: string; readonly fields: readonly string[] }[] {
  const isAdded = status === 'added' && addition !== undefined
  const fields = isAdded
    ? [...Object.keys(addition.stored), ...Object.keys(changes.actions ?? {})]
    : namesSet(changes)
  const isMade = status === 'updated' || isAdded
  const ids = isMade ? leads : updated
  const names = new Set(ids.map((lead) => keyName({ by: 'lead_id', value: lead })))
  // The newest of a key's leads is one of several: an older update of all of them is still due to the others.
  if (isMade && (isAdded || onMultiple !== 'newest')) names.add(keyName(key))
  return [...names].map((lead) => ({ lead, fields }))
}
