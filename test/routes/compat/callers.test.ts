import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { ask, CRM, FORM, get, PATH, postForm, query, startCompat } from '../../compat/calls.ts'
import { API_KEY, dataDir, startGateway } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'

const REFUSED = 'ERROR: Login incorrect, please try again: |||BAD||'
const json = { 'content-type': 'application/json' }

test('user must be the caller whose key pass is; neither is echoed', async (t) => {
  const callers = [
    { name: 'crm', permissions: '*' },
    { name: 'other', permissions: '*' }
  ]
  const gateway = await startCompat(t, callers)
  const call = { ...CRM, lead_ids: '1', status: 'SALE' }
  const wrong = [
    { ...call, pass: 'nobody-key' },
    { ...call, user: 'other' },
    { ...call, user: 'crm-key', pass: 'crm' },
    { ...call, user: '' },
    { ...call, pass: '' },
    { ...call, user: 'CRM' }
  ]
  for (const parameters of wrong) {
    for (const send of [get, postForm]) {
      const { status, body } = await send(gateway, parameters)
      t.equal(status, 200)
      t.ok(body.startsWith(REFUSED), body)
      t.notMatch(body, /crm|other|nobody/)
    }
  }
  const none = await ask(gateway, 'POST', query({ function: 'batch_update_lead' }), '', FORM)
  t.match(
    none.body,
    `${REFUSED}The request has no API key. Send the caller's name as user and its key as pass, or the key as "Authorization: Bearer KEY".\n`
  )
  t.equal(gateway.sandbox.calls().length, 0)
})

test("a body may not name another caller than the header's key", async (t) => {
  const callers = [
    { name: 'crm', permissions: '*' },
    { name: 'other', permissions: '*' }
  ]
  const gateway = await startCompat(t, callers)
  const send = (body: Record<string, unknown>) =>
    ask(
      gateway,
      'POST',
      PATH,
      { function: 'batch_update_lead', lead_ids: '1', status: 'A', ...body },
      {
        ...json,
        authorization: 'Bearer crm-key'
      }
    )
  for (const body of [{}, { user: 'crm' }, { user: 'crm', pass: 'crm-key' }])
    t.match((await send(body)).body, /^SUCCESS/, JSON.stringify(body))
  for (const body of [
    { user: 'other' },
    { pass: 'other-key' },
    { user: 'other', pass: 'other-key' },
    { pass: 'x' }
  ])
    t.match((await send(body)).body, REFUSED, JSON.stringify(body))
})

test('wrong keys and unreadable requests without a key cost the address points', async (t) => {
  const attempts: ((gateway: { origin: string }) => ReturnType<typeof get>)[] = [
    (gateway) => get(gateway, { ...CRM, pass: 'wrong' }),
    (gateway) => postForm(gateway, { ...CRM, user: 'nobody' }),
    (gateway) => get(gateway, { function: 'version' }),
    (gateway) => ask(gateway, 'GET', `${PATH}?a=%FF`),
    (gateway) => ask(gateway, 'POST', PATH, '{', json),
    (gateway) => ask(gateway, 'POST', PATH, { ...CRM, pass: {} }, json),
    (gateway) => ask(gateway, 'POST', query({ function: 'version' }), '{', json),
    (gateway) => ask(gateway, 'POST', PATH, { ...CRM, note: 'x'.repeat(1_100_000) }, json),
    (gateway) => ask(gateway, 'POST', PATH, { pass: 'x' }, { ...json, authorization: 'Bearer crm-key' })
  ]
  for (const [index, attempt] of attempts.entries()) {
    const gateway = await startCompat(t, undefined, { ANONYMOUS_POINTS_PER_MINUTE: '10' })
    const statuses = []
    for (let n = 0; n < 12; n++) statuses.push((await attempt(gateway)).status)
    t.equal(statuses[0], 200, `attempt ${index}`)
    t.equal(statuses.at(-1), 429, `attempt ${index}`)
    const { body, headers } = await attempt(gateway)
    t.match(body, /^ERROR: \w* ?TOO MANY REQUESTS - (crm)?\|rate_limited\|/)
    t.ok(Number(headers.get('retry-after')) > 0)
    t.match((await get(gateway, { ...CRM, lead_ids: '1', status: 'A' })).body, /^SUCCESS/)
  }
})

test('a body that holds its own login may have 1 MiB; with the key in the query or a header, more', async (t) => {
  const gateway = await startCompat(t)
  const leads = Array.from({ length: 9_000 }, (_, index) => ({
    lead_id: index + 1,
    address1: 'x'.repeat(100)
  }))
  const large = await ask(gateway, 'POST', PATH, { ...CRM, leads_data: leads }, json)
  t.match(large.body, /^ERROR: THE REQUEST IS TOO LARGE - \|payload_too_large\|.*1048576 bytes/)
  t.equal(gateway.sandbox.calls().length, 0)
  for (const [path, headers] of [
    [query(CRM), json],
    [PATH, { ...json, 'x-api-key': 'crm-key' }]
  ] as const) {
    const { body } = await ask(gateway, 'POST', path, { ...CRM, leads_data: leads }, headers)
    t.match(body, /^SUCCESS/)
  }
})

test('a body that has to be parsed to learn who sent it costs a point for 16 KiB, unless its login is valid', async (t) => {
  const gateway = await startCompat(t, undefined, { ANONYMOUS_POINTS_PER_MINUTE: '100' })
  const send = async (parameters: Record<string, unknown>) => {
    const body = { ...CRM, lead_ids: '1', status: 'A', ...parameters }
    return (await ask(gateway, 'POST', PATH, JSON.stringify(body).padEnd(700_000), json)).body
  }
  for (let n = 0; n < 5; n++) t.match(await send({}), /^SUCCESS/)
  t.match(await send({ pass: 'wrong' }), REFUSED)
  t.match(await send({}), /^SUCCESS/)
  for (const pass of ['wrong', 'wrong', 'crm-key']) t.match(await send({ pass }), /TOO MANY REQUESTS/, pass)
  const short = { ...CRM, lead_ids: '1', status: 'A' }
  t.match((await ask(gateway, 'POST', PATH, short, json)).body, /^SUCCESS/)
})

test('a caller has the same permissions here as elsewhere', async (t) => {
  const callers = [
    {
      name: 'some',
      source: 'mine',
      permissions: {
        routes: ['batch'],
        fields: ['status', 'list_id'],
        statuses: ['SALE'],
        lists: [101],
        max_batch: 2
      }
    },
    { name: 'none', permissions: { routes: ['jobs'], fields: '*' } },
    { name: 'far', permissions: '*', networks: ['10.0.0.0/8'] },
    { name: 'slow', permissions: '*', rate_limit: { requests_per_minute: 3, updates_per_minute: 2 } }
  ]
  const gateway = await startCompat(t, callers)
  const as = async (name: string, parameters: Record<string, string>) => {
    const { body, status } = await get(gateway, {
      function: 'batch_update_lead',
      user: name,
      pass: `${name}-key`,
      lead_ids: '1',
      status: 'SALE',
      ...parameters
    })
    return status === 200 ? body : `${status} ${body}`
  }
  const denied = (user: string) =>
    `ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |${user}|batch_update_lead||`
  t.match(await as('some', {}), /^SUCCESS/)
  t.match(await as('some', { source: 'mine' }), /^SUCCESS/)
  t.match(await as('some', { source: 'crm' }), `${denied('some')}The caller some may not use the source crm`)
  t.match(await as('some', { status: 'DNC' }), /^ERROR: .*\|1\|field_not_allowed\|status\|/)
  t.match(await as('some', { email: 'a@b.c' }), /^ERROR: .*\|1\|field_not_allowed\|email\|/)
  t.match(
    await as('some', { list_id_field: '103' }),
    /^ERROR: batch_update_lead NOT AN ALLOWED LIST ID - some\|103\|1\|/
  )
  t.match(await as('some', { reset_lead: 'Y' }), /^ERROR: .*\|1\|field_not_allowed\|reset_called\|/)
  t.match(
    await as('some', {
      function: 'update_lead',
      search_method: 'VENDOR_LEAD_CODE',
      vendor_lead_code: 'A',
      lead_ids: ''
    }),
    /^ERROR: update_lead .*\|field_not_allowed\|vendor_lead_code\|/
  )
  t.match(
    await as('some', { lead_ids: '1,2,3' }),
    /^ERROR: .*\|payload_too_large\|3 updates in one request; 2 are taken/
  )
  t.match(await as('none', {}), `${denied('none')}The caller none lacks "batch" (permissions.routes).\n`)
  t.match(await as('far', {}), '|The caller far may not call from 127.0.0.1 (networks).\n')
  for (const name of ['add_lead', 'lead_search', 'nope', 'Batch_Update_Lead', '<b>|x'])
    t.match(
      await as('some', { function: name }),
      /^ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: \|some\|[\w-]+\|\|/
    )
  t.match(await as('some', { function: '' }), /^ERROR: NO FUNCTION SPECIFIED\|/)

  t.match(await as('slow', { lead_ids: '1,2' }), /^SUCCESS/)
  t.match(await as('slow', {}), /^429 ERROR: batch_update_lead TOO MANY REQUESTS - slow\|rate_limited\|/)
  await as('slow', {})
  t.match(
    await as('slow', {}),
    /^429 ERROR: batch_update_lead TOO MANY REQUESTS - slow\|rate_limited\|.*requests a minute/
  )
})

test('version needs no login, and says that it is the gateway', async (t) => {
  const gateway = await startCompat(t)
  for (const { body } of [
    await get(gateway, { function: 'version' }),
    await postForm(gateway, { function: 'version' })
  ])
    t.match(
      body,
      /^VERSION: vicidial-gateway\|BUILD: vicidial-gateway\|DATE: [-\d]+ [:\d]+\|EPOCH: \d+\|DST: 0\|TZ: 0\|TZNOW: 0\|\n$/
    )
})

test('reloading the file switches it on and off', async (t) => {
  const path = join(dataDir(t), 'gateway.yaml')
  const write = (compat: boolean) => {
    writeFileSync(path, gatewayFile([{ name: 'crm', permissions: '*' }], { compat }))
  }
  write(false)
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const statuses = []
  for (const compat of [false, true, false]) {
    write(compat)
    gateway.app.reload()
    statuses.push((await get(gateway, { ...CRM, lead_ids: '1', status: 'A' })).status)
  }
  t.same(statuses, [404, 200, 404])
  t.match(JSON.parse(readFileSync('docs/gateway-file.schema.json', 'utf8')).properties.compat, {
    type: 'boolean',
    default: false
  })
})

test('the caller of API_KEY calls as api_key', async (t) => {
  const gateway = await startCompat(t)
  const { body } = await get(gateway, { ...CRM, user: 'api_key', pass: API_KEY, lead_ids: '1', status: 'A' })
  t.equal(body, 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api_key|1|1|1\n')
})
