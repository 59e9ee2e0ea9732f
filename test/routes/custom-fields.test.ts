import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { batch, call, startGateway } from '../helper.ts'
import { ended, store } from './jobs-of.ts'

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const listed = {
  'gateway.yaml': `
custom_fields:
  - { label: favorite_color, max_length: 10 }
  - { label: shoe_size, max_length: 3 }
`
}

test('listed custom fields are sent for one lead at a time, and stored only where VICIdial has them', async (t) => {
  const env = { GATEWAY_CONFIG: `${t.testdir(listed)}/gateway.yaml`, VICIDIAL_MAX_CONCURRENCY: '1' }
  const gateway = await startGateway(t, env, { fixture })
  const { status, body } = await batch(gateway, {
    updates: [
      { lead_id: 101, fields: { status: 'SALE' }, custom_fields: { favorite_color: "d'or & b" } },
      { lead_id: 102, custom_fields: { favorite_color: null } },
      { lead_id: 109, fields: { status: 'SALE' }, custom_fields: { favorite_color: 'blue' } },
      { lead_id: 110, custom_fields: { favorite_color: 'blue' } },
      { lead_id: 999, custom_fields: { favorite_color: 'blue' } }
    ]
  })

  t.equal(status, 207)
  t.match(body.summary, { updated: 3, failed: 1, not_found: 1, upstream_calls: 6 })
  t.same(body.results.slice(0, 4), [
    { index: 0, lead_id: 101, status: 'updated' },
    { index: 1, lead_id: 102, status: 'updated' },
    {
      index: 2,
      lead_id: 109,
      status: 'updated',
      warnings: [
        { field: 'custom_fields.favorite_color', code: 'custom_fields_not_stored', sent: 'blue', stored: '' }
      ]
    },
    {
      index: 3,
      lead_id: 110,
      status: 'failed',
      error: { code: 'field_unknown', detail: "The lead's list has no such custom fields.", retryable: false }
    }
  ])
  t.equal(body.results[4].status, 'not_found')
  const [first, second] = gateway.sandbox.calls()
  t.same(first?.params, {
    source: 'gateway',
    user: 'api',
    function: 'update_lead',
    lead_id: '101',
    status: 'SALE',
    custom_fields: 'Y',
    favorite_color: "d'or & b",
    records: '1'
  })
  t.equal(second?.params['favorite_color'], '--BLANK--')
})

test('a custom field is refused if it is not listed, or if VICIdial would alter its value', async (t) => {
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${t.testdir(listed)}/gateway.yaml` }, { fixture })
  const refused: [custom: Record<string, unknown>, code: string][] = [
    [{ delete_lead: 'Y' }, 'field_not_allowed'],
    [{ Favorite_color: 'blue' }, 'field_not_allowed'],
    [{ '': 'blue' }, 'field_not_allowed'],
    [{ constructor: 'blue' }, 'field_not_allowed'],
    [{ favorite_color: 7 }, 'field_invalid'],
    [{ favorite_color: '' }, 'field_invalid'],
    [{ favorite_color: 'twelve chars' }, 'field_too_long'],
    [{ favorite_color: 'red;' }, 'characters_lost'],
    [{ favorite_color: 'a+b' }, 'characters_lost'],
    [{ favorite_color: '"red"' }, 'characters_lost'],
    [{ favorite_color: 'red\\' }, 'unsafe_characters'],
    [{ favorite_color: '--BLANK--' }, 'unsafe_characters'],
    [{ favorite_color: '&status=X' }, 'unsafe_characters'],
    [{ favorite_color: 'r\u0007d' }, 'unsafe_characters']
  ]
  const updates = refused.map(([custom_fields]) => ({ lead_id: 101, custom_fields }))
  const { status, body } = await batch(gateway, { updates })

  t.equal(status, 422)
  t.same(
    body.errors.map((error: { pointer: string; code: string }) => [error.pointer, error.code]),
    refused.map(([custom, code], index) => [
      `/updates/${index}/custom_fields/${Object.keys(custom)[0]}`,
      code
    ])
  )
  t.same(gateway.sandbox.calls(), [])
})

test('next to a custom field no value may look like a parameter, because VICIdial would empty that field', async (t) => {
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${t.testdir(listed)}/gateway.yaml` }, { fixture })
  const fields = { comments: 'see ?a=1&shoe_size=9' }
  const { body } = await batch(gateway, {
    updates: [
      { lead_id: 101, fields, custom_fields: { favorite_color: 'blue' } },
      { lead_id: 102, fields }
    ]
  })

  t.match(body.results, [
    { status: 'rejected', error: { code: 'unsafe_characters', field: 'comments' } },
    { status: 'updated' }
  ])
  t.equal(gateway.sandbox.leads()[102]?.comments, 'see ?a=1&shoe_size=9')
})

test('the catalogue lists the custom fields, and only what the operator listed', async (t) => {
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${t.testdir(listed)}/gateway.yaml` })
  const { body } = await call(gateway, 'GET', '/v1/fields')

  t.same(body.custom_fields, [
    { label: 'favorite_color', max_length: 10 },
    { label: 'shoe_size', max_length: 3 }
  ])
})

test('of several leads with one key, those whose list lacks the custom fields are named in a warning', async (t) => {
  // A stored update is asked for again before the warning counts.
  const env = {
    GATEWAY_CONFIG: `${t.testdir(listed)}/gateway.yaml`,
    RETRY_FIRST_PAUSE_MS: '1',
    RETRY_FOR_MS: '1'
  }
  const gateway = await startGateway(t, env, { fixture })
  const twins = { fields: { vendor_lead_code: 'TWIN' } }
  await batch(gateway, { lead_ids: [101, 102, 109], ...twins })
  const update = { vendor_lead_code: 'TWIN', on_multiple: 'all', custom_fields: { favorite_color: 'blue' } }
  const lost = {
    field: 'custom_fields.favorite_color',
    code: 'custom_fields_not_stored',
    sent: 'blue',
    stored: ''
  }

  const alone = await batch(gateway, { updates: [update] })
  t.equal(alone.status, 200)
  t.same(alone.body.results, [
    {
      index: 0,
      vendor_lead_code: 'TWIN',
      lead_ids: [102, 101],
      status: 'updated',
      warnings: [{ ...lost, lead_ids: [109] }]
    }
  ])
  const beside = await batch(gateway, { updates: [{ ...update, fields: { status: 'SALE' } }] })
  t.same(beside.body.results, [
    {
      index: 0,
      vendor_lead_code: 'TWIN',
      lead_ids: [109, 102, 101],
      status: 'updated',
      warnings: [{ ...lost, lead_ids: [109] }]
    }
  ])
  await batch(gateway, { updates: [{ lead_id: 101, ...twins }] })
  for (const lead of [101, 102]) t.equal(gateway.sandbox.leads()[lead]?.status, 'SALE')

  t.match(await ended(gateway, await store(gateway, { updates: [update] })), {
    status: 'completed',
    results: [{ status: 'updated', warnings: [{ lead_ids: [109] }] }]
  })

  await batch(gateway, { lead_ids: [101, 102], fields: { vendor_lead_code: null } })
  await batch(gateway, { lead_ids: [110], ...twins })
  const none = await batch(gateway, { updates: [update] })
  t.same(none.body.results, [
    {
      index: 0,
      vendor_lead_code: 'TWIN',
      lead_ids: [110, 109],
      status: 'failed',
      error: { code: 'field_unknown', detail: "The lead's list has no such custom fields.", retryable: false }
    }
  ])
  const both = await batch(gateway, { updates: [{ ...update, fields: { status: 'SALE' } }] })
  t.same(both.body.results[0].warnings, [lost], 'a warning about all of them names none')
})

const typed = `
custom_fields:
  - { label: birthday, type: DATE }
  - { label: best_time, type: TIME }
  - { label: plan, type: SELECT, options: [basic, pro] }
  - { label: news, type: CHECKBOX, options: [mail, phone, post] }
  - { label: children, type: NUMBER, max_length: 4 }
  - { label: remarks, type: AREA }
  - { label: nickname, type: TEXT, max_length: 5 }
`

test('a value that VICIdial would store as nothing, or as 0000-00-00, is refused by the type of its field', async (t) => {
  const env = { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': typed })}/gateway.yaml` }
  const gateway = await startGateway(t, env, { fixture })
  const refused: [custom: Record<string, unknown>, code: string, detail: RegExp][] = [
    [{ birthday: '31/12/1980' }, 'field_invalid', /must be a date that exists, as YYYY-MM-DD/],
    [{ birthday: '2026-02-30' }, 'field_invalid', /a date/],
    [{ best_time: '25:00' }, 'field_invalid', /a time of day/],
    [{ best_time: null }, 'field_not_clearable', /cannot hold an empty/],
    [{ plan: 'gold' }, 'field_invalid', /must be one of basic, pro\./],
    [{ plan: '1' }, 'field_invalid', /one of/],
    [{ news: 'mail,fax' }, 'field_invalid', /one or several, with commas between, of mail, phone, post/],
    [{ news: 'mail,mail' }, 'field_invalid', /one or several/],
    [{ children: 'two' }, 'field_invalid', /a number/],
    [{ children: 12345 }, 'field_too_long', /longer than 4/],
    [{ nickname: 'Bobbie' }, 'field_too_long', /longer than 5/],
    [{ plan: 7 }, 'field_invalid', /must be a string/]
  ]
  const updates = refused.map(([custom_fields]) => ({ lead_id: 101, custom_fields }))
  const { status, body } = await batch(gateway, { updates })
  t.equal(status, 422)
  for (const [index, [custom, code, detail]] of refused.entries()) {
    const pointer = `/updates/${index}/custom_fields/${Object.keys(custom)[0]}`
    t.match(body.errors[index], { pointer, code, detail }, pointer)
  }
  t.same(gateway.sandbox.calls(), [])
})

test('values of typed custom fields are sent as VICIdial stores them, and the catalogue has types and options', async (t) => {
  const env = { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': typed })}/gateway.yaml` }
  const gateway = await startGateway(t, env, { fixture })
  const custom_fields = {
    ...{ birthday: ' 1980-12-31 ', best_time: '09:30', plan: 'pro', news: 'post, mail', children: 2 },
    ...{ remarks: 'first\r\nsecond', nickname: 'Bob' }
  }
  const sent = {
    ...{ birthday: '1980-12-31', best_time: '09:30:00', plan: 'pro', news: 'post,mail', children: '2' },
    ...{ remarks: 'first\nsecond', nickname: 'Bob' }
  }
  const request = {
    updates: [
      { lead_id: 101, custom_fields },
      { lead_id: 102, custom_fields: { birthday: null, plan: null } }
    ]
  }
  const { body } = await batch(gateway, { ...request, dry_run: true })
  t.same(
    body.results.map(({ stored }: { stored: object }) => stored),
    [
      Object.fromEntries(Object.entries(sent).map(([label, value]) => [`custom_fields.${label}`, value])),
      { 'custom_fields.birthday': '0000-00-00', 'custom_fields.plan': '' }
    ]
  )
  await batch(gateway, request)
  t.match(gateway.sandbox.calls()[0]?.params, sent)

  const { body: catalogue } = await call(gateway, 'GET', '/v1/fields')
  t.same(catalogue.custom_fields, [
    { label: 'birthday', type: 'DATE', max_length: 10 },
    { label: 'best_time', type: 'TIME', max_length: 8 },
    { label: 'plan', type: 'SELECT', max_length: 5, options: ['basic', 'pro'] },
    { label: 'news', type: 'CHECKBOX', max_length: 15, options: ['mail', 'phone', 'post'] },
    { label: 'children', type: 'NUMBER', max_length: 4 },
    { label: 'remarks', type: 'AREA', max_length: 21_845 },
    { label: 'nickname', type: 'TEXT', max_length: 5 }
  ])
})
