import fc from 'fast-check'
import { test } from 'tap'
import type { Changes } from '../../src/leads/changes.ts'
import { type Call, callParams, formBody, SEARCH_LIMIT, searchParams } from '../../src/vicidial/wire.ts'

function changes(params: Record<string, string>, called: Changes['function'] = 'batch_update_lead'): Changes {
  return { function: called, params, key: JSON.stringify(params), stored: params, warnings: [] }
}

function call(...rows: [lead: number, Changes][]): Call {
  const called = rows[0]?.[1].function ?? 'batch_update_lead'
  return { function: called, leads: rows.map(([lead, changes]) => ({ lead, changes })) }
}

/** The form's fields in order, as a server reads them. */
function decoded(form: string): [string, string][] {
  return [...new URLSearchParams(form)]
}

const sale = changes({ status: 'SALE', last_name: "O'Brien" })
const account = { source: 'crm', user: 'api', pass: 's3cret' }

test('a batch has the ids, one set of values, and as many records as leads', async (t) => {
  const params = callParams(call([101, sale], [103, sale], [102, sale]), 'lead_ids')
  t.strictSame(Object.entries(params), [
    ['function', 'batch_update_lead'],
    ['lead_ids', '101,103,102'],
    ['status', 'SALE'],
    ['last_name', "O'Brien"],
    ['records', '3']
  ])
})

test('in leads_data a batch is a JSON array with the values of each lead', async (t) => {
  const quoted = changes({ comments: 'she said "no"\nü', list_id_field: '103', list_exists_check: 'Y' })
  const params = callParams(call([101, sale], [102, quoted]), 'leads_data')
  t.strictSame(Object.keys(params), ['function', 'leads_data', 'records'])
  t.strictSame(params['records'], '2')
  t.strictSame(JSON.parse(params['leads_data'] ?? ''), [
    { lead_id: '101', status: 'SALE', last_name: "O'Brien" },
    {
      lead_id: '102',
      comments: 'she said "no"\nü',
      list_id_field: '103',
      list_exists_check: 'Y'
    }
  ])
})

test('update_lead is one lead_id, in both dialects', async (t) => {
  const phone = changes({ phone_number: '2125559999', update_phone_number: 'Y' }, 'update_lead')
  for (const dialect of ['lead_ids', 'leads_data'] as const)
    t.strictSame(Object.entries(callParams(call([101, phone]), dialect)), [
      ['function', 'update_lead'],
      ['lead_id', '101'],
      ['phone_number', '2125559999'],
      ['update_phone_number', 'Y'],
      ['records', '1']
    ])
})

test('a call without leads cannot be written', async (t) => {
  t.throws(() => callParams(call(), 'lead_ids'), new RangeError('a call without leads'))
})

test('a look-up has the keys and a generous limit', async (t) => {
  t.strictSame(Object.entries(searchParams('vendor_lead_code', ['CRM-1', "o'neil", 'a|b'])), [
    ['function', 'lead_search'],
    ['search_method', 'VENDOR_LEAD_CODE'],
    ['vendor_lead_code', "CRM-1,o'neil,a|b"],
    ['records', String(SEARCH_LIMIT)]
  ])
  t.strictSame(Object.entries(searchParams('phone_number', ['2125550001'])), [
    ['function', 'lead_search'],
    ['search_method', 'PHONE_NUMBER'],
    ['phone_number', '2125550001'],
    ['records', String(SEARCH_LIMIT)]
  ])
})

test('the form begins with the login', async (t) => {
  t.equal(
    formBody(callParams(call([101, sale]), 'lead_ids'), account),
    'source=crm&user=api&pass=s3cret&function=batch_update_lead&lead_ids=101&status=SALE&last_name=O%27Brien&records=1'
  )
})

const value = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: fc.constantFrom(...'aé李 \n&=+%;#"\'?/\u00a0\u2028'), minLength: 1, maxLength: 30 })
)
const params = fc.dictionary(
  fc.constantFrom('status', 'comments', 'owner', 'source_id', 'favorite_color'),
  value,
  {
    minKeys: 1,
    noNullPrototype: true
  }
)
const leads = fc.uniqueArray(fc.integer({ min: 1, max: 999_999_999 }), { minLength: 1, maxLength: 20 })

test('for any values, the form parses back to the same parameters, and its last field is records', async (t) => {
  const readBack = fc.property(params, leads, fc.boolean(), (values, ids, single) => {
    const wanted = changes(values, single ? 'update_lead' : 'batch_update_lead')
    const rows = ids.slice(0, single ? 1 : ids.length).map((id): [number, Changes] => [id, wanted])
    const written = callParams(call(...rows), 'lead_ids')
    const read = decoded(formBody(written, account))
    const sent = { ...account, ...written }
    return (
      JSON.stringify(Object.fromEntries(read)) === JSON.stringify(sent) &&
      Object.entries(values).every(([name, value]) => written[name] === value) &&
      read.length === Object.keys(sent).length &&
      read.at(-1)?.join('=') === `records=${rows.length}`
    )
  })
  t.doesNotThrow(() => fc.assert(readBack, { numRuns: 1_000 }))
})

test('for any values, leads_data parses back to the same values, and its last field is records', async (t) => {
  const readBack = fc.property(fc.array(params, { minLength: 1, maxLength: 5 }), (each) => {
    const rows = each.map((values, n): [number, Changes] => [n + 1, changes(values)])
    const read = decoded(formBody(callParams(call(...rows), 'leads_data'), account))
    const wanted = each.map((values, n) => ({ lead_id: String(n + 1), ...values }))
    return (
      JSON.stringify(JSON.parse(Object.fromEntries(read)['leads_data'] ?? '')) === JSON.stringify(wanted) &&
      read.at(-1)?.join('=') === `records=${each.length}`
    )
  })
  t.doesNotThrow(() => fc.assert(readBack, { numRuns: 500 }))
})
