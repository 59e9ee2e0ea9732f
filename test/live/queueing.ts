import type { Test } from 'tap'
import { NO_LIST } from './random-updates.ts'
import type { Ask } from './reading.ts'
import {
  campaignOf,
  hopperPriority,
  isDncNumber,
  leaveQueues,
  removeDncNumber,
  type Server,
  storedCallbacks,
  utcOffset
} from './server.ts'

interface QueueRun {
  readonly server: Server
  readonly listId: number
  /** The campaign of the list. */
  readonly campaign: string
  /** Two leads of the list, and their phone numbers. */
  readonly leads: readonly (readonly [lead: number, phone: string])[]
  readonly unknownLead: number
  /** What no campaign and no agent is called. */
  readonly unknownName: string
  /** The time zone of VICIdial's server, if the operator has named it. */
  readonly timeZone: string | undefined
  readonly ask: Ask
}

const HOUR_MS = 3_600_000
/** An hour in which no campaign calls, unless it calls all day. */
const NIGHT = 3

/** Puts test leads into queues, reads them back through VICIdial, and takes them out again. */
export async function checkQueueing(t: Test, run: QueueRun): Promise<void> {
  const { server, listId, campaign, leads, unknownLead, unknownName, timeZone, ask } = run
  const [[lead, phone] = [0, ''], [other] = [0]] = leads
  const update = async (changes: object) => {
    const { body } = await ask('POST', '/v1/leads/batch-update', { updates: [{ lead_id: lead, ...changes }] })
    return body.results[0]
  }
  const found = await campaignOf(server, listId)
  if (found !== campaign)
    throw new Error(
      `VICIDIAL_TEST_CAMPAIGN_ID is ${campaign}, and the campaign of list ${listId} is ${found}`
    )
  t.teardown(async () => {
    for (const [one] of leads) await leaveQueues(server, one)
    for (const list of [undefined, campaign])
      for (const [, number] of leads) await removeDncNumber(server, number, list)
  })

  await t.test('leads go into the hopper, and out of it', async (t) => {
    const { body } = await ask('POST', '/v1/leads/batch-update', {
      lead_ids: [lead, unknownLead, other],
      hopper: { priority: 42 }
    })
    const added = { status: 'updated', hopper: 'added' }
    t.match(body.results, [added, { status: 'not_found' }, added])
    t.equal(await hopperPriority(server, campaign, other), '42')
    t.match(await update({ hopper: { priority: 7 } }), { hopper: 'already_there' })
    t.equal(await hopperPriority(server, campaign, lead), '42')
    t.match(await update({ hopper: 'remove' }), { hopper: 'removed' })
    t.equal(await hopperPriority(server, campaign, lead), undefined)
    t.match(await update({ hopper: 'remove' }), { hopper: 'not_there' })
  })

  await t.test('a lead whose day has not begun stays out of the hopper, if that is asked for', async (t) => {
    const hour = new Date().getUTCHours()
    const offset = ((NIGHT - hour + 36) % 24) - 12
    const hopper = { local_call_time_check: true }
    const result = await update({ fields: { gmt_offset_now: offset }, hopper })
    if (result.hopper === 'added') t.comment(`campaign ${campaign} calls all day`)
    else t.match(result, { status: 'updated', hopper: 'outside_call_time' })
    t.equal(await hopperPriority(server, campaign, lead), result.hopper === 'added' ? '0' : undefined)
    const without = await update({ hopper: {} })
    t.match(without, { hopper: result.hopper === 'added' ? 'already_there' : 'added' })
    t.match(await update({ hopper: 'remove' }), { hopper: 'removed' })
  })

  await t.test('a lead whose list is not defined has no campaign', async (t) => {
    t.teardown(() => update({ fields: { list_id: listId } }))
    const undefinedList = { fields: { list_id: NO_LIST }, allow_undefined_list: true }
    t.match(await update({ ...undefinedList, hopper: {} }), { status: 'updated', hopper: 'campaign_unknown' })
    t.equal(await hopperPriority(server, campaign, lead), undefined)
  })

  await t.test('callbacks are booked in the time of VICIdial, moved and removed', async (t) => {
    const year = new Date().getUTCFullYear() + 1
    const soon = new Date(Date.now() + HOUR_MS).toISOString().replace(/\.\d+Z/, '+00:00')
    const offset = await utcOffset(server)
    const expected = (at: string) => {
      if (timeZone !== undefined) return new Date(at).toLocaleString('sv', { timeZone })
      return new Date(Date.parse(at) + offset).toISOString().slice(0, 19).replace('T', ' ')
    }
    const seasons = [`${year}-01-15T10:30:00-05:00`, `${year}-07-15T10:30:00+05:30`]
    if (timeZone === undefined) t.comment('without VICIDIAL_TIME_ZONE only a time of today is compared')
    for (const at of [soon, ...(timeZone === undefined ? [] : seasons)]) {
      const callback = { at, campaign_id: campaign }
      const ofAgent = { ...callback, user: server.user, status: 'CALLBK', comments: 'asked for 10:30' }
      t.match(await update({ callback: ofAgent }), { status: 'updated', callback: 'added' }, at)
      const stored = { callback_date: expected(at), campaign_id: campaign, callback_status: 'ACTIVE' }
      const agents = { recipient: 'USERONLY', user: server.user, lead_status: 'CALLBK' }
      const [booked, ...more] = await storedCallbacks(server, lead)
      t.match(booked, { ...stored, ...agents, comments: ofAgent.comments, list_id: String(listId) }, at)
      t.same(more, [])
      t.match(await update({ callback: { ...callback, at: later(at) } }), { callback: 'updated' })
      const [moved] = await storedCallbacks(server, lead)
      t.match(moved, { ...stored, callback_date: expected(later(at)), recipient: 'ANYONE' }, at)
      t.match(await update({ callback: 'remove' }), { callback: 'removed' })
      t.same(await storedCallbacks(server, lead), [])
    }
    t.match(await update({ callback: 'remove' }), { callback: 'not_there' })
    const ofNobody = { at: soon, campaign_id: campaign, user: unknownName }
    t.match(await update({ callback: ofNobody }), { status: 'updated', callback: 'user_unknown' })
    const ofNone = { at: soon, campaign_id: unknownName }
    t.match(await update({ callback: ofNone }), { status: 'updated', callback: 'campaign_unknown' })
    t.same(await storedCallbacks(server, lead), [])
  })

  await t.test('do-not-call numbers are added and removed, of all campaigns and of one', async (t) => {
    for (const list of [undefined, campaign]) {
      const ofCampaign = list === undefined ? {} : { campaign_id: list }
      const query = list === undefined ? '' : `?campaign_id=${list}`
      const add = async () => {
        return (await ask('POST', '/v1/dnc', { phone_numbers: [phone], ...ofCampaign })).body.results[0]
      }
      const remove = async () => (await ask('DELETE', `/v1/dnc/${phone}${query}`)).body
      t.match(await add(), { status: 'updated', dnc: 'added' })
      t.equal(await isDncNumber(server, phone, list), true)
      t.match(await add(), { dnc: 'already_there' })
      t.match(await update({ dnc: list === undefined || ofCampaign }), { dnc: 'already_there' })
      t.match(await remove(), { dnc: 'removed' })
      t.equal(await isDncNumber(server, phone, list), false)
      t.match(await remove(), { dnc: 'not_there' })
      t.match(await update({ dnc: list === undefined || ofCampaign }), { status: 'updated', dnc: 'added' })
      t.equal(await isDncNumber(server, phone, list), true)
      t.match(await remove(), { dnc: 'removed' })
    }
  })
}

/** An hour after a time, in the same notation. */
function later(at: string): string {
  return at.replace(/T(\d\d)/, (_, hour: string) => `T${String((Number(hour) + 1) % 24).padStart(2, '0')}`)
}
