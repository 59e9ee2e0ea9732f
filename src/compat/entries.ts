import type { PointedRefusal, Refusal } from '../leads/refusal.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import type { CompatCall } from './compat-call.ts'
import { SimilarNames } from '../leads/similar-names.ts'
import { RESERVED_PARAMETERS } from '../vicidial/reserved-parameters.ts'
import { parameterOf } from './fields.ts'
import { whyUnsupported } from './unsupported.ts'

const SIMILAR_PARAMETERS = new SimilarNames(RESERVED_PARAMETERS)
/** Pointers of the batch request into an element of `leads_data`. */
const OF_ELEMENT = /^\/updates\/(\d+)(?:\/(?:fields|custom_fields)(?=\/))?/
/** Pointers of the batch request to a form's parameter. */
const OF_FORM = /^(?:\/updates\/0)?(?:\/add)?(?:\/(?:fields|custom_fields))?\/([^/]+)$/

/**
 * The entries of a call's batch request, with as many leads as `records` allows. Their refusals point into the call, and
 * say why a parameter of VICIdial is not taken.
 */
export function entriesOfCall(
  call: CompatCall,
  entries: readonly (Update | RejectedUpdate)[]
): readonly (Update | RejectedUpdate)[] {
  const translate = ({ pointer, ...refusal }: PointedRefusal): PointedRefusal => ({
    ...refusal,
    detail: detailOf(refusal, call),
    pointer:
      call.form === 'leads_data'
        ? pointer.replace(OF_ELEMENT, '/leads_data/$1')
        : pointer.replace(OF_FORM, (_, name: string) => `/${parameterOf(name)}`)
  })
  return entries.map((entry) => {
    if ('refusals' in entry) return { ...entry, refusals: entry.refusals.map(translate) }
    return call.records === undefined ? entry : { ...entry, newest: call.records }
  })
}

function detailOf({ code, field = '', detail }: Refusal, { form, keepsPhone }: CompatCall): string {
  if (code === 'no_changes' && keepsPhone === true)
    return 'The update changes nothing: only update_phone_number=Y changes phone_number.'
  if (code !== 'field_unknown') return detail
  const why = whyUnsupported(field)
  if (why !== undefined || form === 'leads_data') return why ?? detail
  const similar = SIMILAR_PARAMETERS.find(field)
  const hint = similar === undefined || similar === field ? '' : ` Did you mean ${similar}?`
  return `VICIdial has no such parameter for a lead.${hint} A custom field needs custom_fields=Y.`
}
