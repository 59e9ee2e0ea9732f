import { type ApiCall, BEFORE_INSERT, type Piece } from '../api/api-call.ts'
import { PHONE_NUMBER_LENGTH } from '../database/column-types.ts'
import { insertCustomFields } from '../lead-changes/insert-custom-fields.ts'
import { insertAltPhones, insertLead } from '../lead-changes/insert-lead.ts'

const SHORTEST_PHONE_NUMBER = 6
const SHORTEST_LIST_ID = 3

/**
 * `update_lead` with `insert_if_not_found`, once it has found nothing: adds the lead. It doesn't check that the list
 * exists. It takes no `user_field`, `called_count` and `callback`.
 *
 * @returns the new lead, and its list as text; undefined if it was not added
 */
export function* upsertLead(
  call: ApiCall
): Generator<Piece, { readonly leadId: number; readonly listId: string } | undefined> {
  const { value, userName, lists, build } = call
  const phone = value('phone_number')
  const listId = value('list_id_field') || value('list_id')
  const isPhone = phone.length >= SHORTEST_PHONE_NUMBER && phone.length <= PHONE_NUMBER_LENGTH
  if (!isPhone || value('phone_code') === '' || listId.length < SHORTEST_LIST_ID) {
    const data = `${phone}|${value('phone_code')}|${listId}|${value('insert_if_not_found')}`
    yield `ERROR: update_lead INVALID DATA FOR LEAD INSERTION - ${userName}|${data}`
    return undefined
  }
  // Older builds compare an unset variable, so that an account with restricted lists can't add.
  const isPermitted = build.saysWhereListIsRefused ? lists.permits(listId) : !lists.isRestricted
  if (!isPermitted) {
    const place = build.saysWhereListIsRefused ? ', INSERT' : ''
    yield `ERROR: update_lead NOT AN ALLOWED LIST ID${place} - ${phone}|${listId}`
    return undefined
  }

  yield BEFORE_INSERT
  const hasEntryList = value('entry_list_id') !== '' && value('custom_fields') !== 'Y'
  const inserted = insertLead(call, {
    listId,
    values: { status: value('status') || 'NEW' },
    entryListId: hasEntryList ? value('entry_list_id') : '0'
  })
  if (inserted === undefined) return undefined
  const { leadId, offset } = inserted
  yield `SUCCESS: update_lead LEAD HAS BEEN ADDED - ${phone}|${listId}|${leadId}|${offset}|${userName}`
  yield* insertAltPhones(call, leadId)
  if (value('custom_fields') === 'Y') yield* insertCustomFields(call, leadId, listId)
  return { leadId, listId }
}
