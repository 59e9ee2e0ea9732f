import type { Changes } from '../leads/changes.ts'
import type { Exchanged } from '../vicidial/exchange/call-runner.ts'
import { NOTHING_USABLE, type UpdateReply } from '../vicidial/reply/reply.ts'
import type { LeadChanges } from '../vicidial/wire.ts'
import { notDone, notFound, type Outcome } from './outcome.ts'

/** The outcome of a lead that VICIdial does not find. */
export const MISSING = notFound(
  "VICIdial knows no lead with this id, or the gateway's account may not touch its list."
)

/**
 * The outcome of each lead of a call, from VICIdial's reply.
 * @param changes of the call's first lead; a call with custom fields has no other
 */
export function outcomesOf(changes: Changes, exchanged: Exchanged<UpdateReply>): (lead: number) => Outcome {
  const { reply, isProvisional } = exchanged
  const provisional = isProvisional ? { isProvisional } : {}
  const isCustom = changes.params['custom_fields'] !== undefined
  if (reply === NOTHING_USABLE && isCustom) {
    const detail = "The lead's list has none of these custom fields."
    const outcome = notDone({ ...exchanged, reply: { ...reply, code: 'field_unknown', detail } })
    return () => ({ ...outcome, notStored: customFieldsNotStored(changes) })
  }
  if (reply.kind === 'not_found') {
    const outcome = { ...MISSING, ...provisional }
    return () => outcome
  }
  if (reply.kind !== 'updated') {
    const outcome = notDone({ ...exchanged, reply })
    const isLacking = reply.kind === 'refused' && reply.code === 'field_unknown'
    return () => (isLacking ? { ...outcome, notStored: customFieldsNotStored(changes) } : outcome)
  }
  const isComplete = !isCustom || reply.customFields === 'stored'
  const warnings = isComplete ? [] : customFieldsNotStored(changes)
  const updated: Outcome = { status: 'updated', warnings, ...provisional }
  return (lead) => (reply.leads.has(lead) ? updated : MISSING)
}

/**
 * The tasks of a call that VICIdial names as missing, if it names some of them but not all: in `leads_data` it has done
 * nothing for the others then.
 */
export function namedMissing<Task extends LeadChanges>(
  tasks: readonly Task[],
  { reply }: Exchanged<UpdateReply>
): readonly Task[] {
  const named = reply.kind === 'not_found' ? tasks.filter(({ lead }) => reply.leads.has(lead)) : []
  return named.length < tasks.length ? named : []
}

/** The warnings about custom fields that the lead's list lacks. */
export function customFieldsNotStored({ stored }: Pick<Changes, 'stored'>): Outcome['warnings'] {
  return Object.entries(stored)
    .filter(([name]) => name.startsWith('custom_fields.'))
    .map(([field, sent]) => ({ field, code: 'custom_fields_not_stored', sent, stored: '' }))
}
