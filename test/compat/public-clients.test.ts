import { test } from 'tap'
import type { Gateway } from '../helper.ts'
import { ask, CRM, PATH, query, startCompat } from './calls.ts'
import { PUBLIC_CLIENTS } from './public-clients.ts'

const LOGIN = { user: 'crm', pass: 'crm-key' }

test('public clients update leads, and take the reply for a success', async (t) => {
  const gateway = await startCompat(t)
  const { vendor_lead_code = '', phone_number = '' } = gateway.sandbox.leads()[5] ?? {}
  const calls: Record<string, string>[] = [
    { function: 'batch_update_lead', lead_ids: '5,6', status: 'A' },
    { function: 'batch_update_lead', lead_ids: '5,99999', status: 'B' },
    { function: 'update_lead', lead_id: '5', status: 'C' },
    { function: 'update_lead', search_method: 'VENDOR_LEAD_CODE', vendor_lead_code, status: 'D' },
    { function: 'update_lead', search_method: 'PHONE_NUMBER_VENDOR_LEAD_CODE', phone_number, status: 'E' },
    // What is stored of it is not what was sent, and reads like a failure.
    { function: 'update_lead', lead_id: '5', status: 'F', address1: 'Error: #4 (ERROR: 7)' }
  ]
  for (const client of PUBLIC_CLIENTS) {
    for (const call of calls) {
      const answer = await client.send(gateway, LOGIN, call)
      t.ok(client.isSuccess(answer), `${client.name}: ${JSON.stringify(call)}: ${String(answer.body)}`)
      t.equal(gateway.sandbox.leads()[5]?.status, call['status'])
    }
    gateway.sandbox.reset()
  }
})

test('public clients see that a call has failed, or a part of it', async (t) => {
  const gateway = await startCompat(t)
  const batch = { function: 'batch_update_lead', lead_ids: '5' }
  const mixed = [
    { lead_id: 1, status: 'SALE' },
    { lead_id: 2, status: 'TOOLONG' },
    { lead_id: 3, status: 'a b' },
    { lead_id: 99_999, status: 'SALE' }
  ]
  const calls: Record<string, string>[] = [
    { ...batch, status: 'SALE', pass: 'wrong' },
    { ...batch, status: 'SALE', user: 'SUCCESS' },
    { ...batch, status: 'TOOLONG' },
    { ...batch, status: 'SALE', SUCCESS: 'NOTICE' },
    { ...batch, status: 'SALE', list_id_field: '777' },
    { ...batch, lead_ids: '99999', status: 'SALE' },
    { ...batch, lead_ids: '5,x', status: 'SALE' },
    { ...batch, lead_ids: '', status: 'SALE' },
    { function: 'batch_update_lead', leads_data: '{' },
    { function: 'batch_update_lead', leads_data: JSON.stringify(mixed) },
    { function: 'update_lead', lead_id: '99999', status: 'SALE' },
    { function: 'update_lead', status: 'SALE' },
    { function: 'update_lead', lead_id: '5', delete_lead: 'Y' },
    { function: 'SUCCESS', lead_id: '5' },
    {}
  ]
  for (const client of PUBLIC_CLIENTS) {
    for (const call of calls) {
      const answer = await client.send(gateway, LOGIN, call)
      t.notOk(client.isSuccess(answer), `${client.name}: ${JSON.stringify(call)}: ${String(answer.body)}`)
    }
    t.equal(gateway.sandbox.leads()[1]?.status, 'SALE', 'the sound element of leads_data is updated')
    gateway.sandbox.reset()
  }
  gateway.sandbox.fail('wrong_login', { calls: 1_000 })
  for (const client of PUBLIC_CLIENTS)
    t.notOk(client.isSuccess(await client.send(gateway, LOGIN, { ...batch, status: 'SALE' })), client.name)
})

async function codeAndPhone(gateway: Gateway, parameters: Record<string, string>) {
  const one = { ...CRM, function: 'update_lead', ...parameters }
  const { body } = await ask(gateway, 'GET', query(one))
  const { vendor_lead_code: code, phone_number: phone, status } = gateway.sandbox.leads()[5] ?? {}
  return { body, code, phone, status }
}

test('search_method may name several keys in any order: the first that finds a lead counts', async (t) => {
  const gateway = await startCompat(t)
  const done = 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - crm|5|1|||\n'
  const { vendor_lead_code: code = '', phone_number: phone = '' } = gateway.sandbox.leads()[5] ?? {}
  const methods = [
    'PHONE_NUMBER_VENDOR_LEAD_CODE',
    'VENDOR_LEAD_CODE_PHONE_NUMBER',
    'PHONE_NUMBER-VENDOR_LEAD_CODE_LEAD_ID'
  ]
  for (const [index, search_method] of methods.entries()) {
    const keys = { search_method, vendor_lead_code: code, phone_number: phone, update_phone_number: 'Y' }
    const status = `S${index}`
    t.same(await codeAndPhone(gateway, { ...keys, status }), { body: done, code, phone, status })
  }
  const search_method = 'PHONE_NUMBER_VENDOR_LEAD_CODE'
  t.same(
    await codeAndPhone(gateway, {
      search_method,
      vendor_lead_code: 'NEW-5',
      phone_number: phone,
      update_phone_number: 'Y',
      status: 'T'
    }),
    { body: done, code: 'NEW-5', phone, status: 'T' },
    'found by its phone number, it gets the code: VICIdial sets the keys that it did not find the lead by'
  )
  t.same(
    await codeAndPhone(gateway, {
      search_method,
      vendor_lead_code: 'NEW-5',
      phone_number: '2125558888',
      update_phone_number: 'Y'
    }),
    { body: done, code: 'NEW-5', phone: '2125558888', status: 'T' },
    'found by its code, it gets the number'
  )
  t.same(
    await codeAndPhone(gateway, {
      search_method,
      vendor_lead_code: 'NEW-5',
      phone_number: '2125557777',
      update_phone_number: 'N',
      status: 'U'
    }),
    { body: done, code: 'NEW-5', phone: '2125558888', status: 'U' }
  )
  const keys = { search_method, vendor_lead_code: 'NEW-5', phone_number: '2125556666', status: 'W' }
  t.same(
    await codeAndPhone(gateway, keys),
    { body: done, code: 'NEW-5', phone: '2125558888', status: 'W' },
    'a number to search by changes none without update_phone_number=Y'
  )
  const missing = {
    search_method,
    vendor_lead_code: 'NOPE',
    phone_number: '2125550000',
    update_phone_number: 'N',
    status: 'V'
  }
  t.match(await codeAndPhone(gateway, missing), {
    body: 'ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |crm||NOPE|2125550000\n',
    status: 'W'
  })
  const json = await ask(
    gateway,
    'GET',
    query({ ...CRM, function: 'update_lead', ...missing, format: 'json' })
  )
  t.match(json.body, { summary: { received: 1, not_found: 1, upstream_calls: 4 } })
})

test('options at the value that changes nothing are taken, at any other they are refused by name', async (t) => {
  const gateway = await startCompat(t)
  const options: [name: string, harmless: string, other: string][] = [
    ['DB', '0', '1'],
    ['archived_lead', 'N', 'Y'],
    ['no_update', 'N', 'Y'],
    ['insert_if_not_found', 'N', 'Y'],
    ['delete_lead', 'N', 'Y'],
    ['delete_cf_data', 'N', 'Y'],
    ['callback', 'N', 'REMOVE'],
    ['add_to_hopper', 'N', 'Y'],
    ['remove_from_hopper', 'N', 'Y'],
    ['hopper_priority', '0', '99'],
    ['hopper_local_call_time_check', 'N', 'Y']
  ]
  const forms: Record<string, string>[] = [
    { ...CRM, lead_ids: '5', status: 'A', update_phone_number: 'N', custom_fields: 'N', reset_lead: 'N' },
    { ...CRM, function: 'update_lead', lead_id: '5', status: 'A', update_phone_number: 'N' },
    { ...CRM, leads_data: '[{"lead_id":5,"status":"A"}]', update_phone_number: 'N' }
  ]
  const all = Object.fromEntries(options.map(([name, harmless]) => [name, harmless]))
  for (const form of forms) {
    t.match((await ask(gateway, 'GET', query({ ...form, ...all }))).body, /^SUCCESS/)
    for (const [name, , other] of options) {
      // Only update_lead looks for a lead without changing it.
      if (name === 'no_update' && form['function'] === 'update_lead') continue
      const { body } = await ask(gateway, 'GET', query({ ...form, [name]: other }))
      t.match(body, new RegExp(`^ERROR: .*\\b${name}\\b`), name)
    }
  }
  const element = {
    lead_id: 5,
    status: 'B',
    DB: 0,
    hopper_priority: 0,
    phone_number: '2125551111',
    update_phone_number: 'N'
  }
  const { body } = await ask(gateway, 'POST', query(CRM), [{ ...element, archived_lead: 'N' }])
  t.match(body, /^SUCCESS/)
  t.not(gateway.sandbox.leads()[5]?.phone_number, '2125551111')
  t.equal(
    gateway.sandbox.calls().every(({ params }) => !Object.keys(all).some((name) => name in params)),
    true
  )
})

test('what an option reads may stand beside it only where the call switches it off', async (t) => {
  const gateway = await startCompat(t)
  const one = { ...CRM, function: 'update_lead', lead_id: '5', status: 'A' }
  const details = {
    callback_status: 'CALLBK',
    callback_datetime: 'NOW',
    campaign_id: 'X',
    tz_method: 'POSTAL'
  }
  t.match(
    (await ask(gateway, 'GET', query({ ...one, ...details, callback: 'N', insert_if_not_found: 'N' }))).body,
    /^SUCCESS/
  )
  t.match(
    (await ask(gateway, 'GET', query({ ...one, ...details }))).body,
    /^ERROR: .*\|field_unknown\|callback_datetime\|The gateway changes no callbacks/
  )
  t.match(
    (await ask(gateway, 'GET', query({ ...one, hopper_priority: '5', add_to_hopper: 'N' }))).body,
    /^SUCCESS/
  )
})

test("slashes are ignored in VICIdial's address, and in no other", async (t) => {
  const gateway = await startCompat(t)
  const parameters = query({ ...CRM, lead_ids: '5', status: 'A' }).slice(PATH.length)
  for (const path of [
    `/${PATH}`,
    `//${PATH}`,
    '/vicidial//non_agent_api.php',
    '///vicidial///non_agent_api.php'
  ])
    for (const method of ['GET', 'POST'])
      t.match((await ask(gateway, method, path + parameters)).body, /^SUCCESS/, `${method} ${path}`)
  for (const path of [
    ...['//metrics', '//ops', '/v1//fields', '//v1/fields', '//livez', '//v1//webhooks//x'],
    ...[
      `/${PATH}/`,
      `/x/${PATH}`,
      '//vicidial/non_agent_api.phpx',
      '//vicidial/../metrics',
      '/%2Fvicidial/non_agent_api.php'
    ]
  ]) {
    const { status } = await ask(gateway, 'GET', path + parameters, undefined, {
      authorization: 'Bearer crm-key'
    })
    t.equal(status, 404, path)
  }
})
