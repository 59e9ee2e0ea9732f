import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { batch, startGateway } from '../../helper.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const requestId = { 'x-request-id': 'crm-42' }
const nothing = { updated: 0, added: 0, not_found: 0, ambiguous: 0, rejected: 0, failed: 0, unknown: 0 }
const notFound = {
  code: 'lead_not_found',
  detail: "VICIdial knows no lead with this id, or the gateway's account may not touch its list.",
  retryable: false
}

test('1,000 leads with 10 change sets are 10 calls, and only the unknown lead is not found', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 999 })
  const updates = Array.from({ length: 1_000 }, (_, n) => ({
    lead_id: n + 1,
    fields: { status: `ST${n % 10}`, rank: n % 10 }
  }))
  const { status, body } = await batch(gateway, { updates })

  t.equal(status, 207)
  t.match(body.summary, { received: 1_000, updated: 999, added: 0, not_found: 1, upstream_calls: 10 })
  t.same(
    body.results.map((result: { index: number }) => result.index),
    updates.map((_, n) => n)
  )
  t.equal(body.results.at(-1).status, 'not_found')
  t.equal(gateway.sandbox.calls().length, 10)
  const leads = gateway.sandbox.leads()
  t.ok(updates.slice(0, 999).every((update) => leads[update.lead_id]?.['status'] === update.fields.status))
})

test('3,000 leads with one change are 3 calls', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 3_000 })
  const lead_ids = Array.from({ length: 3_000 }, (_, n) => n + 1)
  const { status, body } = await batch(gateway, { lead_ids, fields: { status: 'SALE' } })

  t.equal(status, 200)
  t.match(body.summary, { received: 3_000, updated: 3_000, upstream_calls: 3 })
  t.ok(Object.values(gateway.sandbox.leads()).every((lead) => lead.status === 'SALE'))
})

test('the long form changes each lead in its own way, named by id, vendor code or phone number', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(
    gateway,
    {
      updates: [
        { lead_id: 101, fields: { status: 'SALE', email: 'ann@example.com' } },
        { vendor_lead_code: 'CRM-7', fields: { comments: null, city: null } },
        { phone_number: '(212) 555-0004', fields: { list_id: 103 } },
        { lead_id: '102', fields: { phone_number: '212.555.9999' }, reset_called: true }
      ]
    },
    requestId
  )

  t.equal(status, 200)
  t.same(body, {
    id: 'crm-42',
    status: 'completed',
    summary: { received: 4, ...nothing, updated: 4, upstream_calls: 6 },
    results: [
      { index: 0, lead_id: 101, status: 'updated' },
      { index: 1, lead_id: 107, vendor_lead_code: 'CRM-7', status: 'updated' },
      { index: 2, lead_id: 104, phone_number: '2125550004', status: 'updated' },
      { index: 3, lead_id: 102, status: 'updated' }
    ]
  })
  const leads = gateway.sandbox.leads()
  t.match(leads[101], { status: 'SALE', email: 'ann@example.com' })
  t.match(leads[107], { comments: '', city: '' })
  t.match(leads[104], { list_id: 103 })
  t.match(leads[102], { phone_number: '2125559999', called_since_last_reset: 'N' })
})

test('the short form makes one change to many leads in one call, and returns a result for each id', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(
    gateway,
    { lead_ids: [103, '101', 999, 103], fields: { rank: 7 } },
    requestId
  )

  t.equal(status, 207)
  t.same(body, {
    id: 'crm-42',
    status: 'partial',
    summary: { received: 4, ...nothing, updated: 3, added: 0, not_found: 1, upstream_calls: 1 },
    results: [
      { index: 0, lead_id: 103, status: 'updated' },
      { index: 1, lead_id: 101, status: 'updated' },
      { index: 2, lead_id: 999, status: 'not_found', error: notFound },
      { index: 3, lead_id: 103, status: 'updated' }
    ]
  })
  t.same(
    gateway.sandbox.calls().map(({ method, params }) => ({ method, params })),
    [
      {
        method: 'POST',
        params: {
          source: 'gateway',
          user: 'api',
          function: 'batch_update_lead',
          lead_ids: '103,101,999',
          rank: '7',
          records: '3'
        }
      }
    ]
  )
})

test("a rejected, missing or ambiguous update doesn't stop the others", async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(
    gateway,
    {
      updates: [
        { lead_id: 101, fields: { status: 'TOOLONG' } },
        { vendor_lead_code: 'CRM-DUP', fields: { status: 'SALE' } },
        { vendor_lead_code: 'NOPE', fields: { status: 'SALE' } },
        { lead_id: 999, fields: { status: 'SALE' } },
        { lead_id: 102, fields: { status: 'SALE', address1: '12 Elm St, Apt #4' } }
      ]
    },
    requestId
  )

  t.equal(status, 207)
  t.same(body, {
    id: 'crm-42',
    status: 'partial',
    summary: {
      received: 5,
      updated: 1,
      added: 0,
      not_found: 2,
      ambiguous: 1,
      rejected: 1,
      failed: 0,
      unknown: 0,
      upstream_calls: 4
    },
    results: [
      {
        index: 0,
        lead_id: 101,
        status: 'rejected',
        error: {
          code: 'field_too_long',
          field: 'status',
          detail: 'status is 7 characters as VICIdial stores it; it holds 6.',
          retryable: false
        }
      },
      {
        index: 1,
        vendor_lead_code: 'CRM-DUP',
        status: 'ambiguous',
        error: {
          code: 'lead_ambiguous',
          detail: 'The key matches 2 leads; name one by lead_id, or send on_multiple.',
          retryable: false,
          lead_ids: [112, 111]
        }
      },
      {
        index: 2,
        vendor_lead_code: 'NOPE',
        status: 'not_found',
        error: { code: 'lead_not_found', detail: 'No lead has this key.', retryable: false }
      },
      { index: 3, lead_id: 999, status: 'not_found', error: notFound },
      {
        index: 4,
        lead_id: 102,
        status: 'updated',
        warnings: [
          {
            field: 'address1',
            code: 'characters_dropped',
            sent: '12 Elm St, Apt #4',
            stored: '12 Elm St Apt 4'
          }
        ]
      }
    ]
  })
  const changed = Object.values(gateway.sandbox.leads()).filter((lead) => lead.status !== 'NEW')
  t.same(
    changed.map((lead) => lead.lead_id),
    [102]
  )
})

test('a batch with only unknown leads is a 207 and "failed"', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(gateway, { lead_ids: [998, 999], fields: { status: 'SALE' } })

  t.equal(status, 207)
  t.match(body, { status: 'failed', summary: { received: 2, not_found: 2, updated: 0 } })
})

test('the updates of one lead take effect in the order given, whatever key names it', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(gateway, {
    updates: [
      { lead_id: 101, fields: { status: 'ONE', rank: 1 } },
      { vendor_lead_code: 'CRM-1', fields: { status: 'TWO' } },
      { lead_id: 102, fields: { status: 'ONE' } },
      { phone_number: '2125550001', fields: { phone_number: '2125559999', status: 'THREE' } },
      { lead_id: 101, fields: { status: 'FOUR' } }
    ]
  })

  t.equal(status, 200)
  t.same(
    body.results.map((result: { status: string }) => result.status),
    ['updated', 'updated', 'updated', 'updated', 'updated']
  )
  t.match(gateway.sandbox.leads()[101], { status: 'FOUR', rank: 1, phone_number: '2125559999' })
  const ofLead = gateway.sandbox
    .calls()
    .filter(({ params }) => /\b101\b/.test(params['lead_ids'] ?? params['lead_id'] ?? ''))
  t.same(
    ofLead.map((call) => call.params['status']),
    ['ONE', 'TWO', 'THREE', 'FOUR']
  )
})

test('the same update of a lead twice is one call and two results', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const update = { lead_id: 101, fields: { status: 'SALE' } }
  const { body } = await batch(gateway, { updates: [update, update] })

  t.same(body.results, [
    { index: 0, lead_id: 101, status: 'updated' },
    { index: 1, lead_id: 101, status: 'updated' }
  ])
  t.same(
    gateway.sandbox.calls().map(({ params }) => params['lead_ids']),
    ['101']
  )
})

test('on_multiple "all" updates every lead of a key, "newest" the latest; an update overrides its request', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(gateway, {
    on_multiple: 'all',
    updates: [
      { vendor_lead_code: 'CRM-DUP', fields: { status: 'ALL' } },
      { vendor_lead_code: 'CRM-DUP', fields: { rank: 5 }, on_multiple: 'newest' },
      { vendor_lead_code: 'CRM-DUP', fields: { rank: 9 }, on_multiple: 'reject' },
      { vendor_lead_code: 'CRM-1', fields: { rank: 1 } }
    ]
  })

  t.equal(status, 207)
  t.same(body.results, [
    { index: 0, vendor_lead_code: 'CRM-DUP', lead_ids: [112, 111], status: 'updated' },
    { index: 1, vendor_lead_code: 'CRM-DUP', lead_id: 112, status: 'updated' },
    {
      index: 2,
      vendor_lead_code: 'CRM-DUP',
      status: 'ambiguous',
      error: {
        code: 'lead_ambiguous',
        detail: 'The key matches 2 leads; name one by lead_id, or send on_multiple.',
        retryable: false,
        lead_ids: [112, 111]
      }
    },
    { index: 3, vendor_lead_code: 'CRM-1', lead_id: 101, status: 'updated' }
  ])
  const leads = gateway.sandbox.leads()
  t.same(
    [leads[111]?.status, leads[111]?.rank, leads[112]?.status, leads[112]?.rank, leads[101]?.rank],
    ['ALL', 0, 'ALL', 5, 1]
  )
})

test('reset_called clears called-since-last-reset, alone or with fields, for the request or for one update', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const short = await batch(gateway, { lead_ids: [101, 102], reset_called: true })
  const long = await batch(gateway, {
    updates: [
      { lead_id: 103, reset_called: true, fields: { rank: 1 } },
      { lead_id: 104, fields: { rank: 1 } }
    ]
  })

  t.equal(short.status, 200)
  t.equal(long.status, 200)
  const leads = gateway.sandbox.leads()
  t.same(
    [101, 102, 103, 104].map((id) => leads[id]?.called_since_last_reset),
    ['N', 'N', 'N', 'Y']
  )
})

test('a lead moves only to a list that exists, unless allow_undefined_list says otherwise', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const { status, body } = await batch(gateway, {
    updates: [
      { lead_id: 101, fields: { list_id: 777 } },
      { lead_id: 102, fields: { list_id: 777 }, allow_undefined_list: true },
      { lead_id: 103, fields: { list_id: '103' } },
      { lead_id: 104, fields: { list_id: 777, phone_number: '2125559999' } }
    ]
  })

  t.equal(status, 207)
  const error = { code: 'list_not_found', detail: 'VICIdial has no list with this id.', retryable: false }
  t.same(body.results, [
    { index: 0, lead_id: 101, status: 'failed', error },
    { index: 1, lead_id: 102, status: 'updated' },
    { index: 2, lead_id: 103, status: 'updated' },
    { index: 3, lead_id: 104, status: 'failed', error }
  ])
  const leads = gateway.sandbox.leads()
  t.same(
    [101, 102, 103, 104].map((id) => leads[id]?.list_id),
    [101, 777, 103, 101]
  )
})

test('on_invalid "drop_field" sets the sound fields, and the result says what was left out', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const fields = { status: 'DNC', email: 'ann+promo@example.com' }
  const { status, body } = await batch(gateway, {
    on_invalid: 'drop_field',
    updates: [
      { lead_id: 101, fields },
      { lead_id: 102, fields, on_invalid: 'reject_update' },
      { lead_id: 103, fields: { ...fields, list_id: 'x' } }
    ]
  })
  t.equal(status, 207)
  t.same(body.results[0], {
    index: 0,
    lead_id: 101,
    status: 'updated',
    warnings: [
      {
        field: 'email',
        code: 'field_dropped',
        sent: 'ann+promo@example.com',
        refusal: 'characters_lost',
        detail: "VICIdial would lose + from email: it keeps letters, digits, spaces and - ' . : / @ % _."
      }
    ]
  })
  t.match(body.results.slice(1), [
    { status: 'rejected', error: { field: 'email' } },
    { status: 'rejected', errors: [{ field: 'email' }, { field: 'list_id' }] }
  ])
  const leads = gateway.sandbox.leads()
  t.equal(leads[101]?.status, 'DNC')
  t.notMatch(leads[101]?.email, 'promo')
  t.not(leads[102]?.status, 'DNC')
})

test('on_lossy "reject" makes a loss a rejection, in a request or in one update', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const fields = { last_name: 'José' }
  const { status, body } = await batch(gateway, {
    on_lossy: 'reject',
    updates: [
      { lead_id: 101, fields },
      { lead_id: 102, fields, on_lossy: 'accept' }
    ]
  })

  t.equal(status, 207)
  t.same(body.results, [
    {
      index: 0,
      lead_id: 101,
      status: 'rejected',
      error: {
        code: 'characters_lost',
        field: 'last_name',
        detail: 'VICIdial would hold "Jose", and on_lossy is "reject".',
        retryable: false
      }
    },
    {
      index: 1,
      lead_id: 102,
      status: 'updated',
      warnings: [{ field: 'last_name', code: 'transliterated', sent: 'José', stored: 'Jose' }]
    }
  ])
  t.same(
    [gateway.sandbox.leads()[101]?.last_name, gateway.sandbox.leads()[102]?.last_name],
    ['Last1', 'Jose']
  )
})

test('a lead in a list that the account may not touch is not found, and no lead moves to a forbidden list', async (t) => {
  const env = { VICIDIAL_USER: 'restricted', VICIDIAL_PASS: 's3cretR' }
  const gateway = await startGateway(t, env, { fixture })
  const { status, body } = await batch(gateway, {
    updates: [
      { lead_id: 101, fields: { status: 'SALE' } },
      { lead_id: 109, fields: { status: 'SALE' } },
      { lead_id: 102, fields: { list_id: 102 } },
      { lead_id: 109, fields: { phone_number: '2125559999' } }
    ]
  })

  t.equal(status, 207)
  t.same(body.results, [
    { index: 0, lead_id: 101, status: 'updated' },
    { index: 1, lead_id: 109, status: 'not_found', error: notFound },
    {
      index: 2,
      lead_id: 102,
      status: 'failed',
      error: {
        code: 'list_not_allowed',
        detail: "The gateway's VICIdial account may not use this list.",
        retryable: false
      }
    },
    { index: 3, lead_id: 109, status: 'not_found', error: notFound }
  ])
})

test('with the leads_data dialect a fork that ignores it is reported, and no update counts as updated', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_DIALECT: 'leads_data' }, { fixture })
  const { status, body } = await batch(gateway, { lead_ids: [101], fields: { status: 'SALE' } })

  t.equal(status, 502)
  t.match(body, {
    code: 'upstream_error',
    detail: 'VICIdial read no leads: it may not know the configured VICIDIAL_DIALECT.',
    results: [{ index: 0, lead_id: 101, status: 'failed', error: { retryable: false } }]
  })
})
