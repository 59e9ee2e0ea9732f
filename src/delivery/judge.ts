import type { Exchanged } from '../vicidial/exchange.ts'
import { NOTHING_DONE, type UpdateReply } from '../vicidial/reply.ts'
import type { LeadChanges } from '../vicidial/wire.ts'
import { notDone, notFound, type Outcome } from './outcome.ts'

const NO_SUCH_LEAD = "VICIdial knows no lead with this id, or the gateway's account may not touch its list."

/** The outcome of one row of a call, by the reply to the call. */
export function judge(row: LeadChanges, exchanged: Exchanged<UpdateReply>): Outcome {
  const { reply } = exchanged
  const leads = [row.lead]
  if (reply.kind === 'not_found') return notFound(leads, NO_SUCH_LEAD)
  const isCustom = row.changes.params['custom_fields'] !== undefined
  if (reply === NOTHING_DONE && isCustom) {
    const detail = "The lead's list has none of these custom fields."
    return notDone(leads, { ...exchanged, reply: { ...reply, code: 'field_unknown', detail } })
  }
  if (reply.kind !== 'updated') return notDone(leads, exchanged)
  if (!reply.leads.has(row.lead)) return notFound(leads, NO_SUCH_LEAD)
  const isWhole = !isCustom || reply.customFields === 'stored'
  return { status: 'updated', leads, warnings: isWhole ? [] : customFieldsNotStored(row) }
}

/**
 * The rows of a call that VICIdial named as missing, if it named some and not all: a dialect that names them has
 * done nothing for the others. None otherwise.
 */
export function namedMissing<Row extends LeadChanges>(
  rows: readonly Row[],
  { reply }: Exchanged<UpdateReply>
): readonly Row[] {
  const named = reply.kind === 'not_found' ? rows.filter(({ lead }) => reply.leads.has(lead)) : []
  return named.length < rows.length ? named : []
}

function customFieldsNotStored(row: LeadChanges): Outcome['warnings'] {
  return Object.entries(row.changes.stored)
    .filter(([name]) => name.startsWith('custom_fields.'))
    .map(([field, sent]) => ({ field, code: 'custom_fields_not_stored', sent, stored: '' }))
}
