import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { batch, requestCalls, startGateway, sharedGateway } from '../../helper.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const requestId = { 'x-request-id': 'crm-42' }

test('a dry run sends nothing, and returns what would be stored and the calls that would be made', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(
    gateway,
    {
      dry_run: true,
      source: 'crm',
      reset_called: true,
      updates: [
        { lead_id: 101, fields: { status: 'SALE', list_id: 103, last_name: 'Núñez' } },
        { vendor_lead_code: 'CRM-7', fields: { comments: 'a\r\nb', date_of_birth: null } },
        { lead_id: 102, fields: { phone_number: '(212) 555-9999' } },
        { lead_id: 103, fields: { email: 'a+b@example.com' } },
        { phone_number: '212-555-0004', fields: { comments: 'a\nb', date_of_birth: null } }
      ]
    },
    requestId
  )

  t.equal(status, 200)
  t.same(body, {
    id: 'crm-42',
    status: 'planned',
    summary: {
      received: 5,
      updated: 0,
      added: 0,
      not_found: 0,
      ambiguous: 0,
      rejected: 1,
      failed: 0,
      unknown: 0,
      planned: 4,
      upstream_calls: 0
    },
    results: [
      {
        index: 0,
        lead_id: 101,
        status: 'planned',
        stored: { status: 'SALE', list_id: '103', last_name: 'Nunez' },
        warnings: [{ field: 'last_name', code: 'transliterated', sent: 'Núñez', stored: 'Nunez' }]
      },
      {
        index: 1,
        vendor_lead_code: 'CRM-7',
        status: 'planned',
        stored: { comments: 'a!Nb', date_of_birth: '0000-00-00' }
      },
      { index: 2, lead_id: 102, status: 'planned', stored: { phone_number: '2125559999' } },
      {
        index: 3,
        lead_id: 103,
        status: 'rejected',
        error: {
          code: 'characters_lost',
          field: 'email',
          detail: "VICIdial would lose + from email: it keeps letters, digits, spaces and - ' . : / @ % _.",
          retryable: false
        }
      },
      {
        index: 4,
        phone_number: '2125550004',
        status: 'planned',
        stored: { comments: 'a!Nb', date_of_birth: '0000-00-00' }
      }
    ],
    calls: [
      {
        function: 'lead_search',
        params: {
          source: 'crm',
          function: 'lead_search',
          search_method: 'VENDOR_LEAD_CODE',
          vendor_lead_code: 'CRM-7',
          records: '100000'
        }
      },
      {
        function: 'lead_search',
        params: {
          source: 'crm',
          function: 'lead_search',
          search_method: 'PHONE_NUMBER',
          phone_number: '2125550004',
          records: '100000'
        }
      },
      {
        function: 'batch_update_lead',
        params: {
          source: 'crm',
          function: 'batch_update_lead',
          lead_ids: '101',
          status: 'SALE',
          list_id_field: '103',
          last_name: 'Nunez',
          list_exists_check: 'Y',
          reset_lead: 'Y',
          records: '1'
        }
      },
      {
        function: 'batch_update_lead',
        params: {
          source: 'crm',
          function: 'batch_update_lead',
          lead_ids: 'vendor_lead_code:CRM-7,phone_number:2125550004',
          date_of_birth: '--BLANK--',
          comments: 'a\nb',
          reset_lead: 'Y',
          records: '2'
        }
      },
      {
        function: 'update_lead',
        params: {
          source: 'crm',
          function: 'update_lead',
          lead_id: '102',
          phone_number: '2125559999',
          update_phone_number: 'Y',
          reset_lead: 'Y',
          records: '1'
        }
      }
    ]
  })
  t.same(gateway.sandbox.calls(), [])
})

test('the calls of a dry run, posted unchanged, store exactly what it said', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_MAX_CONCURRENCY: '1' }, { fixture })
  const updates = [
    {
      lead_id: 101,
      fields: {
        status: 'SALE',
        user: '1001',
        vendor_lead_code: 'Ünï & co',
        comments: 'first\nsecond = 50% "off"',
        last_name: "O'Brien",
        gmt_offset_now: -4.5,
        alt_phone: '+1 212 555 01',
        gender: 'F',
        called_count: '0007'
      }
    },
    { lead_id: 102, fields: { phone_number: '+1 (212) 555-9999', email: null, rank: 0 } },
    { lead_id: 102, fields: { rank: 3, list_id: '0103' } },
    { lead_id: 103, fields: { rank: 3, list_id: 103 } }
  ]
  const { body } = await batch(gateway, { dry_run: true, updates })
  for (const { params } of body.calls) {
    const form = new URLSearchParams({ user: 'api', pass: 's3cret', ...params })
    await fetch(gateway.sandbox.url, { method: 'POST', body: form })
  }

  const stored: Record<string, Record<string, string>> = {}
  for (const result of body.results) stored[result.lead_id] = { ...stored[result.lead_id], ...result.stored }
  const leads = gateway.sandbox.leads()
  for (const [lead_id, columns] of Object.entries(stored)) {
    const row = leads[lead_id] as unknown as Record<string, unknown>
    t.same(Object.fromEntries(Object.keys(columns).map((column) => [column, String(row[column])])), columns)
  }
  t.same(Object.keys(stored), ['101', '102', '103'])

  gateway.sandbox.reset()
  await batch(gateway, { updates })
  const sent = gateway.sandbox.calls().map(({ params: { user: _, ...params } }) => params)
  t.same(
    sent,
    body.calls.map((call: { params: unknown }) => call.params)
  )
})

test('a dry run whose updates are all rejected is answered like the request itself: 422', async (t) => {
  const gateway = await sharedGateway(t)
  for (const request of [
    { lead_ids: [1], fields: { status: '' } },
    { updates: [{ lead_id: 1, fields: { status: 'TOO LONG' } }, { lead_id: 0 }] }
  ]) {
    const dry = await batch(gateway, { ...request, dry_run: true })
    const real = await batch(gateway, request)
    t.equal(dry.status, 422)
    t.equal(real.status, 422)
    t.same({ ...dry.body, instance: '' }, { ...real.body, instance: '' })
    t.same([dry.body.summary.planned, dry.body.calls], [undefined, undefined])
  }
  t.same(requestCalls(gateway), [])
})

test('a dry run of which a part is rejected is planned, and the summary counts both', async (t) => {
  const gateway = await sharedGateway(t)
  const updates = [
    { lead_id: 1, fields: { status: 'SALE' } },
    { lead_id: 2, fields: { status: '' } }
  ]
  const { status, body } = await batch(gateway, { updates, dry_run: true })
  t.match([status, body.status, body.summary], [200, 'planned', { received: 2, planned: 1, rejected: 1 }])
})

test('a dry run needs no VICIdial', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_URL: 'http://127.0.0.1:1/vicidial/non_agent_api.php' })
  const { status, body } = await batch(gateway, { dry_run: true, lead_ids: [1], fields: { status: 'SALE' } })

  t.equal(status, 200)
  t.same(body.results, [{ index: 0, lead_id: 1, status: 'planned', stored: { status: 'SALE' } }])
})
