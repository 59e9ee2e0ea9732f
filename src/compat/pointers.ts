import type { PointedRefusal } from '../leads/refusal.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import type { CompatCall } from './call.ts'
import { parameterOf } from './fields.ts'

/** Pointers of the batch request into an element of `leads_data`. */
const OF_ELEMENT = /^\/updates\/(\d+)(?:\/(?:fields|custom_fields)(?=\/))?/
/** Pointers of the batch request to a form's parameter. */
const OF_FORM = /^(?:\/updates\/0)?(?:\/(?:fields|custom_fields))?\/([^/]+)$/

/** The entries of a call's batch request, with refusals that point into the call instead. */
export function withCallPointers(
  { form }: CompatCall,
  entries: readonly (Update | RejectedUpdate)[]
): readonly (Update | RejectedUpdate)[] {
  const translate = ({ pointer, ...refusal }: PointedRefusal): PointedRefusal => ({
    ...refusal,
    pointer:
      form === 'leads_data'
        ? pointer.replace(OF_ELEMENT, '/leads_data/$1')
        : pointer.replace(OF_FORM, (_, name: string) => `/${parameterOf(name)}`)
  })
  return entries.map((entry) =>
    'refusals' in entry ? { ...entry, refusals: entry.refusals.map(translate) } : entry
  )
}
