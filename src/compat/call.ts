import { addedLead, withoutDuplicateCheck } from './addition.ts'
import { readBatch } from './batch-call.ts'
import type { CompatCall, CompatFunction } from './compat-call.ts'
import { readChangesOf, readOption } from './form.ts'
import { type Parameters, textOf } from './parameters.ts'
import { readSearch } from './search-call.ts'
import { readSource } from './source.ts'

/** Parameters about the caller and the response; all others are about leads. */
const ENVELOPE: ReadonlySet<string> = new Set(['function', 'user', 'pass', 'source', 'format'])

/**
 * Reads a call.
 * @param user the caller's name, for the text of VICIdial's refusals
 * @throws Problem invalid_json, invalid_request
 */
export function readCall(called: CompatFunction, parameters: Parameters, user: string): CompatCall {
  const source = readSource(textOf(parameters, 'source'))
  const rest = new Map([...parameters].filter(([name]) => !ENVELOPE.has(name)))
  if (called === 'update_lead') return { function: called, source, ...readSearch(rest, user) }
  if (called === 'add_lead') return { function: called, source, ...readNewLead(rest, user) }
  return { function: called, source, ...readBatch(rest, user) }
}

/** The lead that `add_lead` adds, if it is new. */
function readNewLead(
  rest: Parameters,
  user: string
): Pick<CompatCall, 'form' | 'requests' | 'newLead' | 'added'> {
  const members = withoutDuplicateCheck(rest, user)
  const list = members.get('list_id')
  members.delete('list_id')
  const { fields, custom_fields: custom } = readChangesOf(members, readOption(rest, 'custom_fields') === true)
  const newLead = {
    ...fields,
    ...(fields['list_id'] === undefined && (list ?? '') !== '' && { list_id: list }),
    ...(custom && { custom_fields: custom })
  }
  return { form: 'add', requests: [], newLead, added: addedLead(rest) }
}
