import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { CRM, get, PATH, startCompat } from './calls.ts'
import { VicidialClient } from './vicidial-client.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))

test('a client written for VICIdial gets the same results when only its host and login change', async (t) => {
  const vicidial = await startSandbox({ fixture })
  t.teardown(() => vicidial.close())
  const gateway = await startCompat(t, undefined, {}, { fixture })
  const direct = new VicidialClient(vicidial.url, 'api', 's3cret')
  const through = new VicidialClient(`${gateway.origin}${PATH}`, 'crm', 'crm-key')
  const calls: [leads: number[], values: Record<string, string>][] = [
    [[101], { status: 'SALE' }],
    [[101, 102, 103], { status: 'CALLBK', first_name: 'Ann', last_name: "O'Brien" }],
    [[101, 999, 102], { comments: 'asked for a call' }],
    [[998, 999], { status: 'SALE' }],
    [[104, 104, 105], { email: 'ann@example.com', comments: '--BLANK--', city: '' }],
    [[106], { list_id_field: '103', list_exists_check: 'Y' }],
    [[107], { list_id_field: '777', list_exists_check: 'Y' }],
    [[107], { list_id_field: '777', list_exists_check: 'N' }],
    [[108, 109], { reset_lead: 'Y' }],
    [[110], { rank: '7', user_field: '1001', gmt_offset_now: '-5.00' }],
    [[], { status: 'SALE' }],
    [Array.from({ length: 900 }, (_, index) => index + 50), { status: 'A', records: '1000' }]
  ]
  for (const [leads, values] of calls) {
    for (const method of ['POST', 'GET'] as const) {
      const expected = await direct.batchUpdateLead(leads, values, method)
      t.same(
        await through.batchUpdateLead(leads, values, method),
        expected,
        JSON.stringify([leads.length, values])
      )
    }
    t.same(gateway.sandbox.leads(), vicidial.leads())
  }
  for (const client of [
    new VicidialClient(vicidial.url, 'api', 'wrong'),
    new VicidialClient(`${gateway.origin}${PATH}`, 'crm', 'wrong')
  ])
    t.same(await client.batchUpdateLead([101], { status: 'SALE' }), {
      ok: false,
      leads: [],
      error: 'ERROR: Login incorrect, please try again'
    })
})

test('a failing VICIdial is an error for such a client too, with a status that says more', async (t) => {
  const faults = [
    ['wrong_login', 502, null],
    ['locked_out', 503, '60'],
    ['refuse', 503, '60'],
    ['hang', 504, null]
  ] as const
  for (const [fault, status, retryAfter] of faults) {
    const times = { VICIDIAL_TIMEOUT_MS: '1000', REQUEST_DEADLINE_MS: '1500' }
    const gateway = await startCompat(t, undefined, times, { fixture })
    const client = new VicidialClient(`${gateway.origin}${PATH}`, 'crm', 'crm-key')
    gateway.sandbox.fail(fault, { calls: 1_000 })
    const told = await client.batchUpdateLead([101, 102], { status: 'SALE' })
    t.match(told, { ok: false, error: /^ERROR: batch_update_lead LEADS (PERHAPS )?NOT UPDATED/ }, fault)
    const answer = await get(gateway, { ...CRM, lead_ids: '101,102', status: 'SALE' })
    t.equal(answer.status, status, fault)
    t.equal(answer.headers.get('retry-after'), retryAfter, fault)
    t.match(
      answer.body,
      /^ERROR: batch_update_lead LEADS (PERHAPS )?NOT UPDATED - crm\|101,102\|upstream_\w+\|\|[^|]+\n$/
    )
  }
})
