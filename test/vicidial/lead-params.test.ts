import { type Test, test } from 'tap'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import {
  callbackParams,
  dncParams,
  hopperParams,
  leaveHopperParams,
  listInfoParams,
  removeCallbackParams,
  upsertParams
} from '../../src/vicidial/lead-params.ts'
import { readDncReply } from '../../src/vicidial/reply/dnc-reply.ts'
import { readFieldReply } from '../../src/vicidial/reply/field-reply.ts'
import { readHopperReply } from '../../src/vicidial/reply/hopper-reply.ts'
import { readLeadActionReply } from '../../src/vicidial/reply/lead-action-reply.ts'
import { readLeadReply } from '../../src/vicidial/reply/lead-reply.ts'
import { readListReply } from '../../src/vicidial/reply/list-reply.ts'
import { readUpsertReply } from '../../src/vicidial/reply/upsert-reply.ts'
import { formBody, type Params, readFieldParams, readLeadParams } from '../../src/vicidial/wire.ts'

const NEW = { phoneNumber: '3125550199', phoneCode: '1', list: 101 }

async function start(t: Test) {
  const { leads, ...others } = generateFixture(3)
  const fixture = {
    ...others,
    leads: leads.map((lead) => ({ ...lead, entry_list_id: lead.lead_id === 3 ? 101 : 0 })),
    custom_values: { '101': { '3': { favorite_color: "L'Oréal" } } },
    campaigns: [{ campaign_id: 'CAMPA', call_from: 900, call_until: 2100 }]
  }
  const sandbox = await startSandbox({ fixture, useNonLatin: 1, now: () => Date.UTC(2026, 0, 1, 3) })
  t.teardown(() => sandbox.close())
  const send = async (params: Params) => {
    const [last] = Object.keys(params).slice(-1)
    t.equal(last, 'records', `${params.function} ends in records`)
    const body = new URLSearchParams(formBody(params, { source: 'crm', user: 'api', pass: 's3cret' }))
    const response = await fetch(sandbox.url, { method: 'POST', body })
    return [response.status, await response.text()] as const
  }
  return { sandbox, send }
}

test('an upsert adds the lead once, and then updates it', async (t) => {
  const { sandbox, send } = await start(t)
  const upsert = upsertParams('vendor_lead_code', "N'1", NEW, { last_name: "O'Brien" })
  t.strictSame(readUpsertReply(...(await send(upsert)), NEW), {
    kind: 'added',
    lead: 4,
    customFields: 'not_mentioned'
  })
  t.match(readUpsertReply(...(await send(upsert)), NEW), { kind: 'updated', leads: new Set([4]) })
  t.match(sandbox.leads()['4'], { vendor_lead_code: "N'1", last_name: "O'Brien", list_id: 101 })
  const byPhone = upsertParams('phone_number', '3125550199', NEW, {
    custom_fields: 'Y',
    favorite_color: 'red'
  })
  t.match(readUpsertReply(...(await send(byPhone)), NEW), { kind: 'updated', customFields: 'stored' })
})

test('a lead is read with its custom fields, and field by field where that fails', async (t) => {
  const { sandbox, send } = await start(t)
  const read = readLeadReply(...(await send(readLeadParams(2, false))), 2)
  t.equal(read.kind === 'lead' && read.columns.get('vendor_lead_code'), 'CRM-2')
  t.match(readLeadReply(...(await send(readLeadParams(3, true))), 3), { kind: 'unreadable' })
  t.strictSame(readFieldReply(...(await send(readFieldParams(3, 'favorite_color', true)))), {
    kind: 'field',
    value: "L'Oréal"
  })
  t.equal(readLeadReply(...(await send(readLeadParams(9, true))), 9).kind, 'not_found')
  sandbox.fail('truncate_clean', { calls: 1 })
  t.equal(readLeadReply(...(await send(readLeadParams(2, false))), 2).kind, 'unclear')
})

test('the row of a build that does not print the id of a lead is read as one without a name', async (t) => {
  const sandbox = await startSandbox({ leads: 2, build: '211027' })
  t.teardown(() => sandbox.close())
  const form = formBody(readLeadParams(2, false), { source: 'crm', user: 'api', pass: 's3cret' })
  const response = await fetch(sandbox.url, { method: 'POST', body: new URLSearchParams(form) })
  t.match(readLeadReply(response.status, await response.text(), 2), { kind: 'lead', isNamed: false })
})

test('leads enter and leave the hopper', async (t) => {
  const { sandbox, send } = await start(t)
  const checked = hopperParams([1, 9], { priority: 50, checksCallTime: true })
  t.strictSame(readHopperReply(...(await send(checked)), [1, 9]), {
    kind: 'queued',
    leads: new Map([
      [1, 'outside_call_time'],
      [9, 'not_found']
    ])
  })
  const unchecked = hopperParams([2, 1], { priority: -5, checksCallTime: false })
  t.match(readHopperReply(...(await send(unchecked)), [2, 1]), { kind: 'queued' })
  t.match(sandbox.tables()['vicidial_hopper'], [
    { lead_id: '1', priority: '-5' },
    { lead_id: '2', priority: '-5' }
  ])
  const before = sandbox.leads()
  for (const action of ['unqueued', 'not_queued']) {
    t.strictSame(readLeadActionReply(...(await send(leaveHopperParams(1))), 1), {
      kind: 'acted',
      actions: [action]
    })
  }
  t.equal(readLeadActionReply(...(await send(leaveHopperParams(9))), 9).kind, 'not_found')
  t.strictSame(sandbox.leads(), before)
})

test('a callback is added, changed and removed', async (t) => {
  const { sandbox, send } = await start(t)
  const at = '2030-01-02 10:00:00'
  const callback = {
    campaign: 'CAMPA',
    user: 'api',
    status: 'CB1',
    comments: 'at home'
  }
  const actions = async (params: Params) => {
    const reply = readLeadActionReply(...(await send(params)), 1)
    return reply.kind === 'acted' ? reply.actions : reply
  }
  t.strictSame(await actions(callbackParams(1, at, callback)), ['callback_added'])
  t.match(sandbox.tables()['vicidial_callbacks'], [
    {
      callback_time: '2030-01-02 10:00:00',
      recipient: 'USERONLY',
      user: 'api',
      lead_status: 'CB1',
      comments: 'at home'
    }
  ])
  const later = '2030-03-04 05:06:07'
  t.strictSame(await actions(callbackParams(1, later, { campaign: 'CAMPA' })), ['callback_updated'])
  t.match(sandbox.tables()['vicidial_callbacks'], [
    { callback_time: '2030-03-04 05:06:07', recipient: 'ANYONE' }
  ])
  t.strictSame(await actions(removeCallbackParams(1)), ['callback_removed'])
  t.strictSame(await actions(removeCallbackParams(1)), ['no_callback'])
  t.strictSame(await actions(callbackParams(1, later, { campaign: 'NONE' })), ['callback_campaign_unknown'])
  t.strictSame(await actions(callbackParams(1, at, { ...callback, user: 'x' })), ['callback_user_unknown'])
})

test('a number is added to those that must not be called, and removed', async (t) => {
  const { send } = await start(t)
  for (const campaign of [undefined, 'CAMPA']) {
    const results = []
    for (const change of ['add', 'add', 'delete', 'delete'] as const) {
      const asked = { change, phoneNumber: '2125550001', campaign }
      const reply = readDncReply(...(await send(dncParams(change, '2125550001', campaign))), asked)
      results.push('result' in reply ? reply.result : reply)
    }
    t.strictSame(results, ['added', 'already_there', 'removed', 'not_there'])
  }
})

test('a list is found, or VICIdial has none', async (t) => {
  const { send } = await start(t)
  t.strictSame(readListReply(...(await send(listInfoParams('101'))), '101'), { kind: 'list_found' })
  t.match(readListReply(...(await send(listInfoParams('777'))), '777'), { code: 'list_not_found' })
})
