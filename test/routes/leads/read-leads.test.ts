import { test } from 'tap'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { batch, call, requestCalls, sharedGateway, startGateway } from '../../helper.ts'
import { ended } from '../jobs-of.ts'

const as = (name: string) => ({ authorization: `Bearer ${name}-key` })

test('one lead is read in the types of the API, with null for what is empty', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body, headers } = await call(gateway, 'GET', '/v1/leads/7')
  t.equal(status, 200)
  t.same(body, {
    lead_id: 7,
    fields: {
      status: 'NEW',
      user: null,
      vendor_lead_code: 'CRM-7',
      source_id: 'WEB',
      list_id: 101,
      gmt_offset_now: -5,
      phone_code: '1',
      phone_number: '2125550007',
      title: null,
      first_name: 'Hugo',
      middle_initial: null,
      last_name: 'Hayes',
      address1: '7 Main St',
      address2: null,
      address3: null,
      city: 'New York',
      state: 'NY',
      province: null,
      postal_code: '10001',
      country_code: 'USA',
      gender: 'U',
      date_of_birth: '1980-01-01',
      alt_phone: null,
      email: 'lead7@example.com',
      security_phrase: null,
      comments: null,
      called_count: 0,
      last_local_call_time: null,
      rank: 0,
      owner: null,
      entry_list_id: 0
    },
    etag: headers.get('etag')
  })
  t.same(
    requestCalls(gateway).map(({ params }) => params),
    [
      {
        source: 'gateway',
        user: 'api',
        function: 'lead_all_info',
        lead_id: '7',
        header: 'YES',
        stage: 'tab',
        records: '1'
      }
    ]
  )
})

test('fields are chosen by name, those too that no row of VICIdial has', async (t) => {
  const gateway = await sharedGateway(t)
  const { body, headers } = await call(gateway, 'GET', '/v1/leads/7?fields=email,called_since_last_reset')
  t.same(body, {
    lead_id: 7,
    fields: { email: 'lead7@example.com', called_since_last_reset: 'Y' },
    etag: headers.get('etag')
  })
  const unknown = await call(gateway, 'GET', '/v1/leads/7?fields=email,stats')
  t.match(unknown, {
    status: 400,
    body: { errors: [{ pointer: '/fields/1', code: 'field_unknown', detail: /no such field/ }] }
  })
  for (const query of ['fields=', 'fields=a%20b', 'custom_fields=yes', 'field=email'])
    t.equal((await call(gateway, 'GET', `/v1/leads/7?${query}`)).status, 400, query)
})

test('a lead that does not exist is not found, and an id that is none too', async (t) => {
  const gateway = await sharedGateway(t)
  for (const id of ['99999', '0', 'x', '1000000000', '1,2'])
    t.match(await call(gateway, 'GET', `/v1/leads/${id}`), { status: 404, body: { code: 'not_found' } }, id)
})

test('a lead of a list that is not defined cannot be read, and an update of it may be made', async (t) => {
  const gateway = await sharedGateway(t)
  await batch(gateway, { lead_ids: [7], fields: { list_id: 777 }, allow_undefined_list: true })
  t.match(await call(gateway, 'GET', '/v1/leads/7'), {
    status: 409,
    body: { code: 'conflict', errors: [{ code: 'lead_unreadable' }] }
  })
  const { status, body } = await call(gateway, 'POST', '/v1/leads/read', { lead_ids: [7, 8] })
  t.equal(status, 207)
  t.match(body.results, [
    { status: 'failed', error: { code: 'lead_unreadable', retryable: false } },
    { status: 'read' }
  ])
})

test('the ETag of a lead changes with each value, and keeps PATCH from changing a lead that is not as it was', async (t) => {
  const gateway = await sharedGateway(t)
  const tagOf = async () => String((await call(gateway, 'GET', '/v1/leads/7')).headers.get('etag'))
  const tag = await tagOf()
  t.equal(await tagOf(), tag)
  const same = await call(gateway, 'GET', '/v1/leads/7', undefined, { 'if-none-match': `"x", ${tag}` })
  t.match(same, { status: 304, body: '' })
  t.equal(same.headers.get('cache-control'), 'private, no-cache', 'no shared cache keeps a lead')
  const weak = await call(gateway, 'GET', '/v1/leads/7', undefined, { 'if-none-match': `W/${tag}` })
  t.equal(weak.status, 304, 'a proxy that compresses makes tags weak')
  const patch = (ifMatch: string, fields: object) =>
    call(gateway, 'PATCH', '/v1/leads/7', fields, { 'if-match': ifMatch })
  t.match(await patch(tag, { last_name: "O'Brien" }), { status: 200, body: { status: 'updated' } })
  const stale = await patch(tag, { status: 'SALE' })
  t.match(stale, { status: 412, body: { code: 'precondition_failed' } })
  t.equal(gateway.sandbox.leads()[7]?.status, 'NEW')
  const irish = await tagOf()
  t.not(irish, tag)
  t.equal((await patch(`"other", ${irish}`, { last_name: 'Bell' })).status, 200)
  t.equal((await patch('*', { status: 'SALE' })).status, 200)
  for (const odd of ['abc', '"abc', tag.slice(1), ''])
    t.match(await patch(odd, { status: 'A' }), { status: 400, body: { code: 'invalid_request' } }, odd)
  t.equal((await patch(`W/${await tagOf()}`, { status: 'A' })).status, 412, 'a weak tag does not match')
  t.match(await patch(tag, { status: 'TOO LONG' }), { status: 422 })
  const missing = await call(gateway, 'PATCH', '/v1/leads/99999', { status: 'A' }, { 'if-match': tag })
  t.equal(missing.status, 404)
})

test('the ETag of some fields is about these alone, so others may change', async (t) => {
  const gateway = await sharedGateway(t)
  const tagOf = async (fields: string) =>
    String((await call(gateway, 'GET', `/v1/leads/7?fields=${fields}`)).headers.get('etag'))
  const [status, place, reset] = [
    await tagOf('status'),
    await tagOf('city,state'),
    await tagOf('called_since_last_reset')
  ]
  await batch(gateway, { lead_ids: [7], fields: { city: 'Chicago', called_count: 3 } })
  const patch = (tag: string) => call(gateway, 'PATCH', '/v1/leads/7', { owner: 'me' }, { 'if-match': tag })
  t.equal((await patch(status)).status, 200)
  t.match(await patch(place), { status: 412, body: { code: 'precondition_failed' } })
  t.equal((await patch(`${place}, ${reset}`)).status, 200)
  const calls = requestCalls(gateway).slice(-5)
  t.same(
    calls.map(({ params }) => [params['function'], params['field_name']]),
    [
      ['lead_all_info', undefined],
      ['lead_field_info', 'lead_id'],
      ['lead_field_info', 'called_since_last_reset'],
      ['lead_field_info', 'lead_id'],
      ['batch_update_lead', undefined]
    ],
    'only what the tags are about is read'
  )
  const made = `"zzz${status.slice(4)}`
  t.equal((await patch(made)).status, 412, 'a tag that nobody gave')
})

test('of several changes under one condition that are made at once, one is made', async (t) => {
  const gateway = await sharedGateway(t)
  const tag = String((await call(gateway, 'GET', '/v1/leads/7?fields=owner')).headers.get('etag'))
  const patch = (owner: string) => call(gateway, 'PATCH', '/v1/leads/7', { owner }, { 'if-match': tag })
  const answers = await Promise.all(['ann', 'bob', 'bob', 'cat', 'dan'].map(patch))
  t.same(answers.map(({ status }) => status).toSorted(), [200, 412, 412, 412, 412])
  const made = answers.findIndex(({ status }) => status === 200)
  t.equal(gateway.sandbox.leads()[7]?.owner, ['ann', 'bob', 'bob', 'cat', 'dan'][made])
})

test('a change under a condition whose lead cannot be read in time is not made', async (t) => {
  const gateway = await startGateway(
    t,
    { REQUEST_DEADLINE_MS: '1000', VICIDIAL_TIMEOUT_MS: '1000' },
    { leads: 4 }
  )
  const tag = String((await call(gateway, 'GET', '/v1/leads/1')).headers.get('etag'))
  gateway.sandbox.fail('hang', { calls: 100, function: 'lead_all_info' })
  const answer = await call(gateway, 'PATCH', '/v1/leads/1', { status: 'A' }, { 'if-match': tag })
  t.match(answer, { status: 504, body: { code: 'upstream_timeout', results: [{ status: 'failed' }] } })
  t.equal(gateway.sandbox.leads()[1]?.status, 'NEW')
  t.same(
    requestCalls(gateway).filter(({ function: called }) => called === 'batch_update_lead'),
    []
  )
})

test('a dry run of reading has the calls, and makes none', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await call(gateway, 'POST', '/v1/leads/read', {
    leads: [{ lead_id: 1 }, { vendor_lead_code: 'CRM-2' }],
    fields: ['status', 'entry_date'],
    dry_run: true
  })
  t.equal(status, 200)
  t.same(body.results, [
    { index: 0, lead_id: 1, status: 'planned' },
    { index: 1, vendor_lead_code: 'CRM-2', status: 'planned' }
  ])
  const key = 'vendor_lead_code:CRM-2'
  const field = (lead: string) => ['lead_id', 'entry_date', 'lead_id'].map((name) => [lead, name])
  t.same(
    body.calls.map(({ params }: any) => [params.lead_id ?? params.vendor_lead_code, params.field_name]),
    [['CRM-2', undefined], ['1', undefined], ...field('1'), [key, undefined], ...field(key)]
  )
  const refused = await call(gateway, 'POST', '/v1/leads/read', { lead_ids: ['x'], dry_run: true })
  t.match(refused, { status: 422, body: { code: 'all_updates_rejected', summary: { rejected: 1 } } })
  t.same(requestCalls(gateway), [])
  const wrong = await call(gateway, 'POST', '/v1/leads/read', { lead_ids: [1], dry_run: 'yes' })
  t.match(wrong, { status: 400, body: { errors: [{ pointer: '/dry_run' }] } })
})

test('leads are found by a key, all of them, newest first; a key without a lead finds none', async (t) => {
  const leads = generateFixture(4).leads.map((lead) => ({ ...lead, phone_number: '2125559999' }))
  const gateway = await startGateway(t, {}, { fixture: { ...generateFixture(4), leads } })
  const { status, body } = await call(
    gateway,
    'GET',
    '/v1/leads?phone_number=%28212%29%20555-9999&fields=vendor_lead_code'
  )
  t.equal(status, 200)
  t.same(body, {
    leads: [4, 3, 2, 1].map((id, index) => ({
      lead_id: id,
      fields: { vendor_lead_code: `CRM-${id}` },
      etag: body.leads[index].etag
    }))
  })
  t.same((await call(gateway, 'GET', '/v1/leads?vendor_lead_code=CRM-99')).body, { leads: [] })
  t.match((await call(gateway, 'GET', '/v1/leads?vendor_lead_code=CRM-2')).body, { leads: [{ lead_id: 2 }] })
  for (const query of ['', '?fields=status', '?vendor_lead_code=a&phone_number=2125559999', '?lead_id=1'])
    t.equal((await call(gateway, 'GET', `/v1/leads${query}`)).status, 400, query)
  t.match(await call(gateway, 'GET', '/v1/leads?phone_number=12'), {
    status: 422,
    body: { code: 'all_updates_rejected', errors: [{ code: 'field_invalid' }] }
  })
})

test('many leads have a result each, in order, whatever becomes of the others', async (t) => {
  const leads = generateFixture(4).leads.map((lead) => ({
    ...lead,
    ...(lead.lead_id > 2 ? { vendor_lead_code: 'DUP' } : {})
  }))
  const gateway = await startGateway(t, {}, { fixture: { ...generateFixture(4), leads } })
  const request = {
    leads: [
      { lead_id: 1 },
      { vendor_lead_code: 'CRM-2' },
      { vendor_lead_code: 'DUP' },
      { lead_id: 99 },
      { lead_id: 0 },
      { lead_id: 1, status: 'A' },
      'x'
    ],
    fields: ['status']
  }
  const { status, body } = await call(gateway, 'POST', '/v1/leads/read', request)
  t.equal(status, 207)
  t.match(body.summary, { received: 7, read: 2, ambiguous: 1, not_found: 1, rejected: 3 })
  t.match(body.results, [
    { index: 0, lead_id: 1, status: 'read', fields: { status: 'NEW' } },
    { index: 1, vendor_lead_code: 'CRM-2', lead_id: 2, status: 'read', fields: { status: 'NEW' } },
    { index: 2, status: 'ambiguous', error: { lead_ids: [4, 3] } },
    { index: 3, lead_id: 99, status: 'not_found' },
    { index: 4, status: 'rejected', error: { code: 'field_invalid' } },
    { index: 5, status: 'rejected', error: { code: 'field_invalid' } },
    { index: 6, status: 'rejected', error: { code: 'field_invalid' } }
  ])
  const all = await call(gateway, 'POST', '/v1/leads/read', {
    leads: [{ vendor_lead_code: 'DUP' }],
    fields: ['status'],
    on_multiple: 'all'
  })
  t.same(all.body.results, [
    {
      index: 0,
      vendor_lead_code: 'DUP',
      lead_ids: [4, 3],
      status: 'read',
      leads: [
        { lead_id: 4, fields: { status: 'NEW' }, etag: all.body.results[0].leads[0].etag },
        { lead_id: 3, fields: { status: 'NEW' }, etag: all.body.results[0].leads[1].etag }
      ]
    }
  ])
  for (const wrong of [
    {},
    [],
    { leads: [] },
    { leads: {} },
    { lead_ids: [1], leads: [] },
    { lead_ids: [1], x: 1 },
    { lead_ids: [1], fields: 'status' },
    { lead_ids: [1], custom_fields: 'Y' },
    { lead_ids: [1], on_multiple: 'none' },
    { lead_ids: [1], source: '!' }
  ])
    t.equal((await call(gateway, 'POST', '/v1/leads/read', wrong)).status, 400, JSON.stringify(wrong))
  t.match(await call(gateway, 'POST', '/v1/leads/read', { lead_ids: ['x'] }), { status: 422 })
})

test('a lead that cannot be read in time has failed, and can be asked for again', async (t) => {
  const gateway = await startGateway(
    t,
    { REQUEST_DEADLINE_MS: '1000', VICIDIAL_TIMEOUT_MS: '1000' },
    { leads: 4 }
  )
  gateway.sandbox.fail('hang', { calls: 100, function: 'lead_all_info' })
  t.match(await call(gateway, 'GET', '/v1/leads/1'), { status: 504, body: { code: 'upstream_timeout' } })
})

test('a reading is in turn: it shows what was accepted before it', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 4 })
  const stored = await call(
    gateway,
    'POST',
    '/v1/leads/batch-update',
    { lead_ids: [1, 2], fields: { status: 'SALE' } },
    { prefer: 'respond-async' }
  )
  const read = await call(
    gateway,
    'POST',
    '/v1/leads/read',
    { lead_ids: [1, 2, 2], fields: ['status'] },
    { prefer: 'respond-async' }
  )
  const { results, status, summary } = await ended(gateway, read.body.id)
  t.equal(status, 'completed')
  t.match(summary, { received: 3, read: 3 })
  t.match(
    results,
    Array.from({ length: 3 }, () => ({ status: 'read', fields: { status: 'SALE' } }))
  )
  t.match(await ended(gateway, stored.body.id), { status: 'completed' })
  const history = await call(gateway, 'GET', '/v1/history')
  t.same(
    history.body.entries.map(({ job_id: job }: { job_id: string }) => job),
    [stored.body.id, stored.body.id]
  )
})

test('twelve readings of one lead in a job are twelve results', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 4 })
  const { body } = await call(
    gateway,
    'POST',
    '/v1/leads/read',
    { lead_ids: Array.from({ length: 12 }, () => 1), fields: ['status'] },
    { prefer: 'respond-async' }
  )
  t.match((await ended(gateway, body.id)).summary, { received: 12, read: 12, superseded: undefined })
})

const CALLERS = [
  {
    name: 'reader',
    permissions: {
      routes: ['read', 'batch'],
      read_fields: ['status', 'email'],
      look_ups: ['vendor_lead_code'],
      fields: ['status'],
      statuses: '*'
    }
  },
  { name: 'custom', permissions: { routes: ['read'], read_fields: [], read_custom_fields: ['color'] } },
  { name: 'writer', permissions: { routes: ['batch'], fields: '*', statuses: '*', read_fields: '*' } }
]

test('a caller reads the fields that it may, and no others', async (t) => {
  const path = t.testdir({
    'gateway.yaml': gatewayFile(CALLERS, {
      custom_fields: [
        { label: 'color', max_length: 20 },
        { label: 'note', max_length: 20 }
      ]
    })
  })
  const fixture = {
    ...generateFixture(4),
    leads: generateFixture(4).leads.map((lead) => ({ ...lead, entry_list_id: 103 })),
    custom_fields: { 103: ['color', 'note', 'secret'] },
    custom_values: { 103: { 1: { color: 'blue', note: 'n', secret: 's' } } }
  }
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${path}/gateway.yaml` }, { fixture })
  const get = (name: string, url: string, headers = {}) =>
    call(gateway, 'GET', url, undefined, { ...as(name), ...headers })
  const one = await get('reader', '/v1/leads/1?custom_fields=true')
  t.same(one.body, {
    lead_id: 1,
    fields: { status: 'NEW', email: 'lead1@example.com' },
    etag: one.headers.get('etag')
  })
  t.match(await get('reader', '/v1/leads/1?fields=comments'), {
    status: 403,
    body: { code: 'permission_denied', errors: [{ pointer: '/fields/0', code: 'field_not_allowed' }] }
  })
  t.match(await get('reader', '/v1/leads?phone_number=2125550001'), {
    status: 422,
    body: { errors: [{ code: 'field_not_allowed' }] }
  })
  const colored = await get('custom', '/v1/leads/1?custom_fields=true')
  t.match(colored.body, { lead_id: 1, fields: {}, custom_fields: { color: 'blue', note: undefined } })
  const all = await call(gateway, 'GET', '/v1/leads/1?custom_fields=true')
  t.same(all.body.custom_fields, { color: 'blue', note: 'n' }, 'a field that is not listed is never shown')
  const without = await call(gateway, 'GET', '/v1/leads/2?custom_fields=true')
  t.same(without.body.custom_fields, {}, 'a lead without a row has none')
  t.equal((await get('writer', '/v1/leads/1')).status, 403)
  const tag = String(one.headers.get('etag'))
  const patch = (name: string) =>
    call(gateway, 'PATCH', '/v1/leads/1', { status: 'SALE' }, { ...as(name), 'if-match': tag })
  t.equal((await patch('writer')).status, 403)
  t.equal((await patch('reader')).status, 200)
})

test('an entity tag with custom fields is one of all that was read', async (t) => {
  const path = t.testdir({
    'gateway.yaml': gatewayFile([{ name: 'all', permissions: '*' }], {
      custom_fields: [{ label: 'color', max_length: 20 }]
    })
  })
  const fixture = {
    ...generateFixture(2),
    leads: generateFixture(2).leads.map((lead) => ({ ...lead, entry_list_id: 103 })),
    custom_fields: { 103: ['color'] },
    custom_values: { 103: { 1: { color: "it's blue" } } }
  }
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${path}/gateway.yaml` }, { fixture })
  const { body } = await call(gateway, 'POST', '/v1/leads/read', { lead_ids: [1], custom_fields: true })
  t.match(body.results, [{ status: 'read', custom_fields: { color: "it's blue" } }])
  const [{ etag }] = body.results
  await batch(gateway, { updates: [{ lead_id: 1, custom_fields: { color: 'red' } }] })
  const patch = (tag: string) =>
    call(gateway, 'PATCH', '/v1/leads/1', { status: 'SALE' }, { 'if-match': tag })
  t.equal((await patch(etag)).status, 412)
  const again = await call(gateway, 'GET', '/v1/leads/1?custom_fields=true')
  t.equal((await patch(String(again.headers.get('etag')))).status, 200)
})
