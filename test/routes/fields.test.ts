import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { batch, call, dataDir, startGateway, sharedGateway } from '../helper.ts'
import { as } from './jobs-of.ts'

interface Row {
  readonly name: string
  readonly type: string
  readonly kind: string
  readonly max_length: number
  readonly letters: string
  readonly clearable: boolean
  readonly single_lead_call: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly example: string | number
}

const columns = Object.keys(JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8')).leads[0])

test('the catalogue has every column of a lead except the two that no update may set', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await call(gateway, 'GET', '/v1/fields')

  t.equal(status, 200)
  t.same(
    body.fields.map((field: Row) => field.name).sort(),
    columns.filter((column) => column !== 'lead_id' && column !== 'called_since_last_reset').sort()
  )
  t.same(body.custom_fields, [])
  const byName = (name: string) => body.fields.find((field: Row) => field.name === name)
  t.same(byName('status'), {
    name: 'status',
    type: 'text',
    kind: 'identifier',
    max_length: 6,
    keeps: 'letters, digits, - and _',
    letters: 'ascii',
    clearable: false,
    single_lead_call: false,
    example: 'SALE'
  })
  t.same(byName('phone_number'), {
    name: 'phone_number',
    type: 'phone',
    kind: 'identifier',
    max_length: 18,
    keeps: 'digits',
    letters: 'none',
    clearable: false,
    single_lead_call: true,
    example: '2125550101'
  })
  t.same(byName('rank'), {
    name: 'rank',
    type: 'integer',
    kind: 'identifier',
    max_length: 5,
    keeps: 'digits',
    letters: 'none',
    clearable: false,
    single_lead_call: false,
    minimum: 0,
    maximum: 32767,
    example: 7
  })
  t.same(byName('gender').choices, ['M', 'F', 'U'])
})

test("the fields that can't be cleared, and those that are never altered, match the API", async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await call(gateway, 'GET', '/v1/fields')
  const names = (which: (field: Row) => boolean) =>
    body.fields
      .filter(which)
      .map((field: Row) => field.name)
      .sort()

  t.same(
    names((field) => !field.clearable),
    ['called_count', 'gender', 'gmt_offset_now', 'list_id', 'phone_code', 'phone_number', 'rank', 'status']
  )
  t.same(
    names((field) => field.kind === 'prose'),
    [
      'address1',
      'address2',
      'address3',
      'city',
      'comments',
      'first_name',
      'last_name',
      'middle_initial',
      'province',
      'title'
    ]
  )
})

test("the catalogue has the limits of the caller's own account, and of the caller", async (t) => {
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(
    path,
    `
accounts:
  - { name: sales, user: salesapi, pass: s3cret, max_calls_per_second: 7, max_concurrency: 3 }
callers:
  - { name: main, key_hashes: ["sha256:${hashKey('main-key')}"], permissions: "*" }
  - name: sales
    key_hashes: ["sha256:${hashKey('sales-key')}"]
    permissions: "*"
    account: sales
    rate_limit: { updates_per_minute: 600 }
`
  )
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const limits = async (key: string) =>
    (await call(gateway, 'GET', '/v1/fields', undefined, as(key))).body.limits
  t.same(await limits('main-key'), { max_calls_per_second: 0, max_concurrency: 2 })
  t.same(await limits('sales-key'), { max_calls_per_second: 7, max_concurrency: 3, updates_per_minute: 600 })
})

for (const nonLatin of [0, 1] as const) {
  test(`with use_non_latin ${nonLatin} the catalogue tells what letters VICIdial keeps`, async (t) => {
    const gateway = await startGateway(t, { VICIDIAL_NON_LATIN: String(nonLatin) }, { useNonLatin: nonLatin })
    const { body } = await call(gateway, 'GET', '/v1/fields')
    const lettersOf = Object.fromEntries(body.fields.map((field: Row) => [field.name, field.letters]))

    t.match(lettersOf, {
      last_name: nonLatin === 1 ? 'unicode' : 'ascii',
      status: nonLatin === 1 ? 'unicode' : 'ascii',
      comments: 'unicode',
      rank: 'none',
      phone_number: 'none'
    })
    const update = { lead_id: 1, fields: { last_name: 'Ünal', status: 'ÄÖ' } }
    const answer = await batch(gateway, { dry_run: true, updates: [update] })
    if (nonLatin === 1) t.same(answer.body.results[0].stored, { status: 'ÄÖ', last_name: 'Ünal' })
    else t.match(answer.body.results[0], { status: 'rejected', error: { field: 'status' } })
  })

  test(`with use_non_latin ${nonLatin} every example of the catalogue can be stored as it is`, async (t) => {
    const gateway = await startGateway(t, { VICIDIAL_NON_LATIN: String(nonLatin) }, { useNonLatin: nonLatin })
    const fields: Row[] = (await call(gateway, 'GET', '/v1/fields')).body.fields
    const examples = Object.fromEntries(fields.map((field) => [field.name, field.example]))
    const { status, body } = await batch(gateway, { updates: [{ lead_id: 1, fields: examples }] })

    t.equal(status, 200)
    t.same(body.results, [{ index: 0, lead_id: 1, status: 'updated' }])
    const lead = gateway.sandbox.leads()[1] as unknown as Record<string, unknown>
    const expected = { ...examples, gmt_offset_now: '-5.00' }
    t.same(Object.fromEntries(fields.map(({ name }) => [name, lead[name]])), expected)
  })

  test(`with use_non_latin ${nonLatin} the longest text that the catalogue gives is stored, and one more is refused`, async (t) => {
    const gateway = await startGateway(t, { VICIDIAL_NON_LATIN: String(nonLatin) }, { useNonLatin: nonLatin })
    const fields: Row[] = (await call(gateway, 'GET', '/v1/fields')).body.fields
    const texts = fields.filter(({ type }) => type === 'text' || type === 'phone')
    const longest = Object.fromEntries(texts.map(({ name, max_length }) => [name, '7'.repeat(max_length)]))
    const stored = await batch(gateway, { updates: [{ lead_id: 1, fields: longest }] })
    t.equal(stored.status, 200)
    t.match(gateway.sandbox.leads()[1], longest)

    const longer = texts.map(({ name, max_length }) => ({
      lead_id: 2,
      fields: { [name]: '7'.repeat(max_length + 1) }
    }))
    const refused = await batch(gateway, { updates: longer })
    t.same(
      refused.body.results.map((result: { error: { code: string; field: string } }) => [
        result.error.field,
        result.error.code
      ]),
      texts.map(({ name }) => [name, 'field_too_long'])
    )
  })
}
