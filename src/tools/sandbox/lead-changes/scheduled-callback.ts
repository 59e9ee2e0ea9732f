import type { ApiCall } from '../api/api-call.ts'
import { collate } from '../database/collation.ts'
import { storeOption } from '../database/column-types.ts'
import { readSqlText } from '../database/sql-text.ts'
import { storeDateTime } from '../database/store-date.ts'

const CAMPAIGN_ID_LENGTH = 8
const RECIPIENTS = ['USERONLY', 'ANYONE']

/** What a call wants of a callback. VICIdial changes these values while it works through several leads. */
export interface WantedCallback {
  datetime: string
  type: string
  user: string
  status: string
}

export function readWantedCallback({ value }: ApiCall): WantedCallback {
  return {
    datetime: value('callback_datetime'),
    type: value('callback_type'),
    user: value('callback_user'),
    status: value('callback_status')
  }
}

/**
 * Adds a callback for a lead. An invalid date is stored as `0000-00-00 00:00:00`.
 *
 * @returns the line of the reply
 */
export function addCallback(call: ApiCall, leadId: number, listId: number, wanted: WantedCallback): string {
  const { value, tables, connection, clock } = call
  const campaign = value('campaign_id')
  const notice = `NOTICE: ${value('function')} SCHEDULED CALLBACK`
  if (!tables.campaigns.has(campaign))
    return `${notice} NOT ADDED, CAMPAIGN NOT VALID - ${leadId}|${campaign}`

  let userGroup = ''
  if (wanted.type === 'USERONLY') {
    const user = tables.users.find((one) => collate(one.user) === collate(wanted.user))
    if (user === undefined) {
      return `${notice} NOT ADDED, USER NOT VALID - ${leadId}|${campaign}|${wanted.user}|${wanted.type}`
    }
    userGroup = user.user_group
  } else {
    wanted.type = 'ANYONE'
    wanted.user = ''
  }
  resolveDate(call, wanted)
  if (wanted.status === '') wanted.status = 'CALLBK'
  const { datetime, type, user, status } = wanted
  const add = () =>
    tables.callbacks.add({
      lead_id: leadId,
      list_id: listId,
      campaign_id: connection.store(quoted(campaign), CAMPAIGN_ID_LENGTH),
      status: 'ACTIVE',
      user: connection.store(quoted(user), 20),
      recipient: storeOption(type, RECIPIENTS),
      comments: connection.store(quoted(value('callback_comments')), 255),
      user_group: userGroup,
      lead_status: connection.store(quoted(status), 6),
      callback_time: storeDateTime(datetime),
      entry_time: clock.text()
    })
  call.query(add, undefined)
  return `${notice} ADDED - ${leadId}|${campaign}|${datetime}|${type}|${user}|${status}`
}

/** Adds the callback of a lead, or changes the one that is there. @returns the line of the reply */
export function setCallback(call: ApiCall, leadId: number, listId: number, wanted: WantedCallback): string {
  const { value, tables, connection, clock } = call
  if (tables.callbacks.get(leadId) === undefined) return addCallback(call, leadId, listId, wanted)
  if (wanted.datetime !== '') resolveDate(call, wanted)
  const { datetime, type, user, status } = wanted
  const campaign = value('campaign_id')
  const comments = value('callback_comments')
  const movedTo = value('list_id_field')
  const changes = () => ({
    ...(datetime !== '' && { callback_time: storeDateTime(datetime) }),
    ...(status !== '' && { lead_status: connection.store(quoted(status), 6) }),
    ...(campaign !== '' && { campaign_id: connection.store(quoted(campaign), CAMPAIGN_ID_LENGTH) }),
    ...(movedTo !== '' && { list_id: Number(movedTo) }),
    ...(type !== '' && { recipient: storeOption(type, RECIPIENTS) }),
    ...(comments !== '' && { comments: connection.store(quoted(comments), 255) }),
    ...(user !== '' && { user: connection.store(quoted(user), 20) })
  })
  if ([datetime, type, user, status, campaign, comments, movedTo].every((text) => text === '')) {
    return `NOTICE: update_lead SCHEDULED CALLBACK NOT UPDATED, NO FIELDS SPECIFIED - ${leadId}|`
  }
  const update = () =>
    tables.callbacks.update(leadId, { ...changes(), status: 'ACTIVE', entry_time: clock.text() })
  call.query(update, undefined)
  const now = `${leadId}|${campaign}|${datetime}|${type}|${user}|${status}`
  return `NOTICE: update_lead SCHEDULED CALLBACK UPDATED - ${now}`
}

/** `NOW` and `3DAYS` become dates. */
function resolveDate({ clock }: ApiCall, wanted: WantedCallback): void {
  if (wanted.datetime === 'NOW') wanted.datetime = clock.text()
  if (/\dDAYS$/i.test(wanted.datetime))
    wanted.datetime = clock.text(Number(wanted.datetime.replace(/\D/g, '')))
}

/**
 * What the database reads from a value that VICIdial puts between apostrophes. Later builds let no apostrophe through.
 * @throws {DatabaseError} for a value that ends its own quotes
 */
function quoted(text: string): string {
  return readSqlText(text, "'")
}
