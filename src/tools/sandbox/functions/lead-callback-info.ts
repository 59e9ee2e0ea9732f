import { type ApiCall, canBeLogged, type Piece } from '../api/api-call.ts'
import { separator } from '../api/common-parameters.ts'
import type { Callback } from '../database/callbacks.ts'
import { DatabaseError } from '../database/sql-text.ts'

const LONGEST_LEAD_ID = 11
const HEADER = [
  'lead_id',
  'callback_type',
  'recipient',
  'callback_status',
  'lead_status',
  'callback_date',
  'entry_date',
  'user',
  'list_id',
  'campaign_id',
  'user_group',
  'customer_timezone',
  'customer_time',
  'comments'
]

/** The API function `lead_callback_info`: the callbacks of a lead. */
export function* leadCallbackInfo({
  value,
  userName,
  lists,
  group,
  tables,
  php
}: ApiCall): Generator<Piece, void> {
  const leadId = value('lead_id')
  if (leadId === '' || leadId.length > LONGEST_LEAD_ID) {
    yield `ERROR: lead_callback_info INVALID SEARCH PARAMETERS: ${userName}|${leadId}`
    return
  }
  const stage = ['csv', 'tab', 'newline'].find((known) => known === value('stage')) ?? 'pipe'
  const place = value('search_location')
  const current = tables.callbacks.get(Number(leadId))
  const found = [
    ...(place === 'ARCHIVE' || place === 'ALL'
      ? tables.callbacks.archived(Number(leadId)).map((callback) => ({ type: 'ARCHIVE', callback }))
      : []),
    ...(current !== undefined && ['', 'CURRENT', 'ALL'].includes(place)
      ? [{ type: 'CURRENT', callback: current }]
      : [])
  ]
  const isHidden = lists.isRestricted && !group.hasAllCampaigns
  if (isHidden && found.some(({ callback }) => !group.lists.has(callback.list_id))) {
    yield `ERROR: lead_callback_info LEAD NOT FOUND: |${userName}|1|`
    return
  }
  if (found.length === 0) {
    yield `ERROR: lead_callback_info CALLBACK NOT FOUND: ${userName}|${leadId}|${stage}|${place}`
    return
  }
  const rows = found.map(({ type, callback }) => columns(leadId, type, callback))
  const header = value('header') === 'YES' ? [HEADER] : []
  const text = [...header, ...rows].map((row) => `${row.join(separator(stage))}\n`).join('')
  yield { unended: text }
  // VICIdial prints the reply first, then writes it to its own log unescaped.
  if (php === 8 && !canBeLogged(text)) throw new DatabaseError('an apostrophe in the log')
}

function columns(leadId: string, type: string, callback: Callback): string[] {
  const { recipient, status, lead_status, callback_time, entry_time, user } = callback
  const { list_id, campaign_id, user_group, comments } = callback
  const times = [callback_time, entry_time]
  const customer = ['', '']
  const dialling = [String(list_id), campaign_id, user_group]
  return [leadId, type, recipient, status, lead_status, ...times, user, ...dialling, ...customer, comments]
}
