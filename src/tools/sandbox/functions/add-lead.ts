import { type ApiCall, BEFORE_INSERT, type Piece } from '../api/api-call.ts'
import { SYSTEM } from '../database/dnc-numbers.ts'
import { duplicateRefusal } from '../lead-changes/duplicate-check.ts'
import { addToHopper } from '../lead-changes/hopper.ts'
import { insertCustomFields } from '../lead-changes/insert-custom-fields.ts'
import { insertAltPhones, insertLead, type Inserted } from '../lead-changes/insert-lead.ts'
import { addCallback, readWantedCallback } from '../lead-changes/scheduled-callback.ts'

const DEFAULT_LIST_ID = '999'
const SHORTEST_LIST_ID = 3
const SHORTEST_PHONE_NUMBER = 6
const LONGEST_PHONE_NUMBER = 16
const US_PHONE_NUMBER = 10
const AREA_CODE_LENGTH = 3

/** The API function `add_lead`. It adds a lead each time, unless one of its checks refuses it. */
export function* addLead(call: ApiCall): Generator<Piece, void> {
  const { value, userName, lists, tables, query } = call
  const phone = value('phone_number')
  if (!lists.names(value('list_id'))) {
    yield `ERROR: add_lead NOT AN ALLOWED LIST ID - ${phone}|${value('list_id')}`
    return
  }
  if (/y/i.test(value('list_exists_check')) && !tables.definedLists.has(Number(value('list_id')))) {
    yield `ERROR: add_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - ${phone}|${value('list_id')}`
    return
  }
  if (value('nanpa_ac_prefix_check') === 'Y' || /NANPA/i.test(value('tz_method'))) {
    yield `NOTICE: add_lead NANPA options disabled, NANPA prefix data not loaded - 0|${userName}`
  }
  const listId = value('list_id').length < SHORTEST_LIST_ID ? DEFAULT_LIST_ID : value('list_id')
  const refusal =
    numberRefusal(call) ?? dncRefusal(call) ?? query(() => duplicateRefusal(call, listId), undefined)
  if (refusal !== undefined) {
    yield refusal
    return
  }
  yield BEFORE_INSERT
  yield* insert(call, listId)
}

function numberRefusal({ value, userName, tables: { campaigns } }: ApiCall): string | undefined {
  const phone = value('phone_number')
  const refusal = (what: string) => `ERROR: add_lead INVALID PHONE NUMBER ${what} - ${phone}|${userName}`
  if (phone.length < SHORTEST_PHONE_NUMBER || phone.length > LONGEST_PHONE_NUMBER) return refusal('LENGTH')
  if (value('usacan_prefix_check') === 'Y' && Number(phone.charAt(AREA_CODE_LENGTH)) < 2)
    return refusal('PREFIX')
  const isKnown = campaigns.hasAreaCode(phone) && phone.length === US_PHONE_NUMBER
  if (value('usacan_areacode_check') === 'Y' && !isKnown) return refusal('AREACODE')
  return undefined
}

function dncRefusal({ value, userName, tables: { dnc } }: ApiCall): string | undefined {
  const phone = value('phone_number')
  const campaign = value('campaign_id')
  const isListed = (check: string, of: string) =>
    (check === 'Y' || check === 'AREACODE') &&
    (dnc.has(phone, of) ||
      (check === 'AREACODE' && dnc.has(`${phone.slice(0, AREA_CODE_LENGTH)}XXXXXXX`, of)))
  if (isListed(value('dnc_check'), SYSTEM))
    return `ERROR: add_lead PHONE NUMBER IN DNC - ${phone}|${userName}`
  if (isListed(value('campaign_dnc_check'), campaign)) {
    return `ERROR: add_lead PHONE NUMBER IN CAMPAIGN DNC - ${phone}|${campaign}|${userName}`
  }
  return undefined
}

function* insert(call: ApiCall, listId: string): Generator<Piece, void> {
  const { value, userName, tables } = call
  const phone = value('phone_number')
  const phoneCode = value('phone_code') || '1'
  const looksUpState = value('lookup_state') === 'Y' && value('state') === ''
  const state = looksUpState ? tables.campaigns.stateOf(phoneCode, phone) : undefined
  const inserted = insertLead(call, {
    listId,
    values: {
      status: value('callback') === 'Y' ? 'CBHOLD' : 'NEW',
      gender: value('gender') || 'U',
      phone_code: phoneCode,
      ...(state !== undefined && { state })
    },
    entryListId: value('entry_list_id') || '0'
  })
  if (inserted === undefined) {
    yield `ERROR: add_lead LEAD HAS NOT BEEN ADDED - ${phone}|${listId}|INSERT INTO vicidial_list …|${userName}`
    return
  }
  const { leadId, offset } = inserted
  yield `SUCCESS: add_lead LEAD HAS BEEN ADDED - ${phone}|${listId}|${leadId}|${offset}|${userName}`
  yield* insertAltPhones(call, leadId)
  if (value('custom_fields') === 'Y') yield* insertCustomFields(call, leadId, listId)
  if (value('add_to_hopper') === 'Y' && value('remove_from_hopper') !== 'Y') {
    yield hopperLine(call, inserted, listId)
  }
  if (value('callback') === 'Y') yield addCallback(call, leadId, Number(listId), readWantedCallback(call))
}

function hopperLine(call: ApiCall, { leadId, offset, lead }: Inserted, listId: string): string {
  const { value, userName } = call
  const where = `${value('phone_number')}|${leadId}`
  const answer = addToHopper(call, leadId, lead, listId)
  return typeof answer === 'object'
    ? `NOTICE: add_lead ADDED TO HOPPER - ${where}|${answer.hopperId}|${userName}`
    : `NOTICE: add_lead NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME - ${where}|${offset}|0|${userName}`
}
