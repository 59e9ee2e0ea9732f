import { type Test, test } from 'tap'
import { type Sandbox, startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

const LOGIN = { source: 'crm', user: 'api', pass: 's3cret' }

async function start(t: Test): Promise<Sandbox> {
  const sandbox = await startSandbox({ leads: 2, now: () => Date.UTC(2026, 0, 2, 3, 4, 5) })
  t.teardown(() => sandbox.close())
  return sandbox
}

async function call(sandbox: Sandbox, params: Record<string, string>): Promise<string> {
  const body = new URLSearchParams({ ...LOGIN, ...params })
  return (await fetch(sandbox.url, { method: 'POST', body })).text()
}

function post(sandbox: Sandbox, path: string, body?: string): Promise<Response> {
  return fetch(`${sandbox.origin}${path}`, { method: 'POST', ...(body !== undefined && { body }) })
}

test('without a fixture there are leads 1 to N in list 101, and the leads are shown by id', async (t) => {
  const sandbox = await start(t)
  const leads = (await (await fetch(`${sandbox.origin}/sandbox/leads`)).json()) as Record<string, unknown>
  t.strictSame(leads, sandbox.leads())
  t.strictSame(Object.keys(leads), ['1', '2'])
  t.match(leads['2'], {
    lead_id: 2,
    list_id: 101,
    called_count: 0,
    rank: 0,
    status: 'NEW',
    vendor_lead_code: 'CRM-2',
    phone_number: '2125550002',
    gmt_offset_now: '-5.00'
  })
})

test('the calls are listed without their password', async (t) => {
  const sandbox = await start(t)
  await call(sandbox, { function: 'batch_update_lead', lead_ids: '1,2', status: 'SALE' })
  await call(sandbox, { function: 'lead_search', phone_number: '2125550001,2125550009,2125550002' })
  await call(sandbox, { function: 'update_lead', lead_id: '1', status: 'A' })
  await (await fetch(`${sandbox.url}?function=version`)).text()

  const calls = (await (await fetch(`${sandbox.origin}/sandbox/calls`)).json()) as { ms: number }[]
  t.ok(calls.every(({ ms }) => ms > 0))
  const common = { method: 'POST', at: '2026-01-02T03:04:05.000Z', http_status: 200 }
  const login = { source: 'crm', user: 'api' }
  t.strictSame(
    calls.map(({ ms: _, ...rest }) => rest),
    [
      {
        function: 'batch_update_lead',
        params: { ...login, function: 'batch_update_lead', lead_ids: '1,2', status: 'SALE' },
        leads: 2,
        ...common
      },
      {
        function: 'lead_search',
        params: { ...login, function: 'lead_search', phone_number: '2125550001,2125550009,2125550002' },
        leads: 3,
        ...common
      },
      {
        function: 'update_lead',
        params: { ...login, function: 'update_lead', lead_id: '1', status: 'A' },
        leads: 1,
        ...common
      },
      { function: 'version', params: { function: 'version' }, leads: 0, ...common, method: 'GET' }
    ]
  )
})

test('a reset restores leads, password, failed logins and calls, and keeps use_non_latin', async (t) => {
  const sandbox = await start(t)
  const before = sandbox.leads()
  sandbox.setUseNonLatin(1)
  await call(sandbox, {
    function: 'batch_update_lead',
    lead_ids: '1',
    vendor_lead_code: 'X',
    phone_code: '44'
  })
  for (let failure = 0; failure < 10; failure++) await call(sandbox, { pass: 'bad' })
  t.match(await call(sandbox, {}), /LOCK/)
  sandbox.setPassword('other')

  t.equal((await post(sandbox, '/sandbox/reset')).status, 200)
  t.strictSame(sandbox.leads(), before)
  t.strictSame(sandbox.calls(), [])
  const search = { function: 'lead_search', search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'X,CRM-1' }
  t.equal(await call(sandbox, search), 'X|0|\nCRM-1|1|1\n')
  await call(sandbox, { function: 'batch_update_lead', lead_ids: '1', city: 'Łódź' })
  t.equal(sandbox.leads()['1']?.city, 'Łódź')
})

test('the other tables are shown by name with texts, and a reset restores them', async (t) => {
  const sandbox = await start(t)
  const tables = async () => (await fetch(`${sandbox.origin}/sandbox/tables`)).json()
  const before = {
    vicidial_hopper: [],
    vicidial_callbacks: [],
    vicidial_dnc: [],
    vicidial_campaign_dnc: [],
    vicidial_list_alt_phones: [],
    custom_101: []
  }
  t.strictSame(await tables(), before)
  await call(sandbox, {
    function: 'add_lead',
    phone_number: '3125550199',
    list_id: '101',
    multi_alt_phones: '3125550201_1_work',
    custom_fields: 'Y',
    favorite_color: 'red',
    add_to_hopper: 'Y',
    campaign_id: 'CAMPA',
    callback: 'Y',
    callback_datetime: '2030-01-02 10:00:00'
  })
  for (const campaign_id of ['SYSTEM_INTERNAL', 'CAMPA']) {
    await call(sandbox, { function: 'add_dnc_phone', phone_number: '2125550001', campaign_id })
  }
  t.match(await tables(), {
    vicidial_hopper: [{ lead_id: '3', campaign_id: 'CAMPA', priority: '0' }],
    vicidial_callbacks: [{ lead_id: '3', callback_time: '2030-01-02 10:00:00' }],
    vicidial_dnc: [{ phone_number: '2125550001' }],
    vicidial_campaign_dnc: [{ phone_number: '2125550001', campaign_id: 'CAMPA' }],
    vicidial_list_alt_phones: [{ lead_id: '3', phone_number: '3125550201', alt_phone_count: '1' }],
    custom_101: [{ lead_id: '3', favorite_color: 'red' }]
  })
  sandbox.reset()
  t.strictSame(await tables(), before)
})

test('settings change use_non_latin and the password of the user api', async (t) => {
  const sandbox = await start(t)
  t.equal((await post(sandbox, '/sandbox/settings', '{ "use_non_latin": 1, "password": "new" }')).status, 200)
  t.equal(
    await call(sandbox, { function: 'batch_update_lead', lead_ids: '1', status: 'A' }),
    'ERROR: Login incorrect, please try again: |api|s3cret|BAD|\n'
  )
  await call(sandbox, { pass: 'new', function: 'batch_update_lead', lead_ids: '1', city: 'Łódź' })
  t.equal(sandbox.leads()['1']?.city, 'Łódź')
  await post(sandbox, '/sandbox/settings', '{ "use_non_latin": 0 }')
  await call(sandbox, { pass: 'new', function: 'batch_update_lead', lead_ids: '1', city: 'Łódź' })
  t.equal(sandbox.leads()['1']?.city, 'd')
})

test('invalid settings are refused, and change nothing', async (t) => {
  const sandbox = await start(t)
  for (const body of [
    '{ "use_non_latin": "1" }',
    '{ "use_non_latin": 2 }',
    '{ "password": 1 }',
    '{ "password": "new", "colour": "blue" }',
    'null'
  ]) {
    t.equal((await post(sandbox, '/sandbox/settings', body)).status, 400, body)
  }
  t.match(await call(sandbox, { function: 'batch_update_lead', lead_ids: '1', status: 'A' }), /^SUCCESS/)
})

test('other addresses answer 404', async (t) => {
  const sandbox = await start(t)
  t.equal((await fetch(`${sandbox.origin}/`)).status, 404)
  t.equal((await fetch(`${sandbox.origin}/sandbox/reset`)).status, 404)
  t.equal((await post(sandbox, '/sandbox/leads')).status, 404)
})

test('two sandboxes share nothing', async (t) => {
  const [one, other] = [await start(t), await start(t)]
  one.fail('500', { calls: 1 })
  one.setUseNonLatin(1)
  await call(other, { function: 'batch_update_lead', lead_ids: '1', city: 'Łódź' })
  t.equal(other.leads()['1']?.city, 'd')
  t.equal(one.leads()['1']?.city, 'New York')
  t.strictSame(one.calls(), [])
})
