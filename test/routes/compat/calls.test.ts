import { test, type Test } from 'tap'
import { API_KEY, call, documentedSchema, startGateway } from '../../helper.ts'
import {
  ask,
  CRM,
  FORM,
  get,
  inParts,
  PARTS,
  PATH,
  postForm,
  query,
  startCompat
} from '../../compat/calls.ts'
import type { Gateway } from '../../helper.ts'

const LEADS = [
  { lead_id: 1, status: 'SALE', email: 'ann@example.com' },
  { lead_id: '2', list_id_field: '103', user_field: '1001' },
  { lead_id: 3, comments: '--BLANK--', gmt_offset_now: '-5.00', phone_number: '2125559999', reset_lead: 'Y' }
]

/** The leads of `LEADS` after the update. */
function checkLeads(t: Test, { sandbox }: Gateway): void {
  const leads = sandbox.leads()
  t.match(leads[1], { status: 'SALE', email: 'ann@example.com' })
  t.match(leads[2], { list_id: 103, user: '1001' })
  t.match(leads[3], { comments: '', phone_number: '2125559999', called_since_last_reset: 'N' })
}

const json = { 'content-type': 'application/json' }
const { function: called, source, ...credentials } = CRM
const data = JSON.stringify(LEADS)
/** The forms of `leads_data` in tutorials, and variants that their tools produce. */
const FORMS: [
  name: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>
][] = [
  ['a browser: all in the query', 'GET', query({ ...CRM, leads_data: data })],
  [
    'curl: all in a form',
    'POST',
    PATH,
    new URLSearchParams({ ...CRM, leads_data: data }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
  ],
  [
    'curl -F and PHP: a form in parts',
    'POST',
    PATH,
    inParts(Object.entries({ ...CRM, leads_data: data })),
    PARTS
  ],
  ['all in the query of a POST', 'POST', query({ ...CRM, leads_data: data }), '', FORM],
  ['Postman: raw JSON, the rest in the query', 'POST', query(CRM), { leads_data: LEADS }],
  ['Postman: raw JSON with everything', 'POST', PATH, { ...CRM, leads_data: LEADS }],
  [
    'raw JSON with a part of the rest',
    'POST',
    query({ function: called, source }),
    { ...credentials, leads_data: LEADS }
  ],
  ['the bare array, the rest in the query', 'POST', query(CRM), LEADS],
  ['leads_data as a text in JSON', 'POST', PATH, { ...CRM, leads_data: data }],
  ['JSON that curl calls a form', 'POST', query(CRM), JSON.stringify({ leads_data: LEADS }), FORM],
  ['JSON that Postman calls text', 'POST', query(CRM), ` ${data}`, { 'content-type': 'text/plain' }],
  [
    'the key in a header',
    'POST',
    query({ function: called, source }),
    LEADS,
    { authorization: 'Bearer crm-key' }
  ],
  [
    'X-API-Key',
    'GET',
    query({ function: called, source, leads_data: data }),
    undefined,
    { 'x-api-key': 'crm-key' }
  ]
]

for (const [name, method, path, body, headers] of FORMS) {
  test(`leads_data, ${name}`, async (t) => {
    const gateway = await startCompat(t)
    const answer = await ask(gateway, method, path, body, { ...json, ...headers })
    t.equal(answer.status, 200)
    t.equal(answer.body, 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - crm|3|3|3,2,1\n')
    t.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    t.equal(answer.headers.get('cache-control'), 'no-store')
    checkLeads(t, gateway)
    t.match(gateway.sandbox.calls()[0]?.params, { source: 'crm' })
  })
}

test('leads with the same changes share a call, as in any batch', async (t) => {
  const gateway = await startCompat(t)
  const leads = Array.from({ length: 200 }, (_, index) => ({ lead_id: index + 1, status: 'SALE' }))
  await ask(gateway, 'POST', query(CRM), leads, json)
  t.equal(gateway.sandbox.calls().length, 1)
})

test("with format=json the response is a batch's, with pointers into the call", async (t) => {
  const gateway = await startCompat(t)
  const isBatchAnswer = await documentedSchema('/components/schemas/BatchAnswer')
  const good = await get(gateway, { ...CRM, format: 'json', leads_data: data })
  t.equal(good.status, 200)
  t.ok(isBatchAnswer(good.body), JSON.stringify(isBatchAnswer.errors))
  t.match(good.body, { status: 'completed', summary: { received: 3, updated: 3 } })

  const mixed = [{ lead_id: 99_999, status: 'A' }, { lead_id: 1, status: 'TOOLONG' }, 7, LEADS[0]]
  const partial = await ask(gateway, 'POST', PATH, { ...CRM, format: 'json', leads_data: mixed }, json)
  t.equal(partial.status, 207)
  t.ok(isBatchAnswer(partial.body))
  t.same(
    partial.body.results.map(({ status }: { status: string }) => status),
    ['not_found', 'rejected', 'rejected', 'updated']
  )

  const rejected = await get(gateway, {
    ...CRM,
    format: 'json',
    leads_data: '[{"lead_id":1,"status":"TOOLONG","nope":"x"},{"status":"A"},7]'
  })
  t.equal(rejected.status, 422)
  t.same(
    rejected.body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
    [
      ['/leads_data/0/status', 'field_too_long'],
      ['/leads_data/0/nope', 'field_unknown'],
      ['/leads_data/1', 'field_invalid'],
      ['/leads_data/2', 'field_invalid']
    ]
  )
  const form = await get(gateway, { ...CRM, format: 'json', lead_ids: '1,x', list_id_field: 'x' })
  t.same(
    form.body.errors.map(({ pointer }: { pointer: string }) => pointer),
    ['/list_id_field', '/lead_ids/1']
  )
  const wrong = await get(gateway, { ...CRM, pass: 'wrong', format: 'json' })
  t.match([wrong.status, wrong.body.code], [401, 'unauthenticated'])
})

test('if some leads fail, one line has each failure with its leads; if some are only missing, it is a success', async (t) => {
  const gateway = await startCompat(t)
  const leads = [
    { lead_id: 1, status: 'SALE' },
    { lead_id: 99_998, status: 'SALE' },
    { lead_id: 99_999, status: 'SALE' },
    { lead_id: 4, status: 'TOO|<b>' },
    { lead_id: 5, status: 'TOO|<b>' },
    { lead_id: 6, list_id_field: 777 },
    { lead_id: 7, address1: '12 Elm St, #4' },
    'lead 8'
  ]
  const { status, body } = await ask(gateway, 'POST', query(CRM), leads, json)
  t.equal(status, 200)
  t.equal(
    body,
    `ERROR: ${[
      'batch_update_lead LEADS NOT UPDATED - crm|4,5|characters_lost|status|VICIdial would lose ? ? ? from status: it keeps letters, digits, - and _.',
      'batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - crm|777|6|list_not_found||VICIdial has no list with this id.',
      'batch_update_lead LEADS NOT UPDATED - crm|#7|field_invalid||An update must be an object that names a lead and what to change.',
      'LEAD NOT FOUND: |crm|99998,99999',
      'batch_update_lead VALUE STORED OTHERWISE - crm|7|characters_dropped|address1|12 Elm St 4',
      'batch_update_lead OTHERS UPDATED - crm|2|7,1'
    ].join(' || ')}\n`
  )
  const found = await ask(gateway, 'POST', query(CRM), [leads[0], leads[1], leads[6]], json)
  t.same(found.body.split('\n'), [
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - crm|2|2|7,1',
    'NOTICE: LEAD NOT FOUND: |crm|99998',
    'NOTICE: batch_update_lead VALUE STORED OTHERWISE - crm|7|characters_dropped|address1|12 Elm St 4',
    ''
  ])
})

test("VICIdial's own form: lead_ids and one set of values, each parameter with its meaning", async (t) => {
  const gateway = await startCompat(t)
  const ok = await postForm(gateway, {
    ...CRM,
    lead_ids: '1, 2,1',
    status: 'SALE',
    first_name: '',
    email: '--BLANK--'
  })
  t.equal(ok.body, 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - crm|2|2|2,1\n')
  t.match(gateway.sandbox.leads()[2], { status: 'SALE', email: '' })
  const { first_name } = gateway.sandbox.leads()[2] ?? {}
  t.ok(first_name, 'an empty value is not given')

  const cases: [parameters: Record<string, string>, expected: string | RegExp][] = [
    [{ custom_fields: 'Y', favorite_color: 'blue' }, /^SUCCESS/],
    [{ reset_lead: 'Y' }, /^SUCCESS/],
    [{ reset_lead: 'N' }, /^ERROR: batch_update_lead LEADS NOT UPDATED - crm\|1\|no_changes/],
    [{ reset_lead: 'y' }, /^ERROR: .*\|reset_lead must be Y or N\.\n$/],
    [
      { list_id_field: '777' },
      /^ERROR: batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - crm\|777/
    ],
    [{ list_id_field: '777', list_exists_check: 'N' }, /^SUCCESS/],
    [{ list_id_field: '103', list_exists_check: 'Y' }, /^SUCCESS/],
    [{ list_id_field: '103', list_exists_check: 'maybe' }, /^ERROR: .*\|list_exists_check must be Y or N/],
    [{ list_id: '103' }, /^ERROR: .*\|list_id moves no lead; list_id_field does/],
    [{ favorite_color: 'blue' }, /^ERROR: .*\|1\|field_unknown\|favorite_color\|/],
    [{ custom_fields: 'Y', hidden: 'blue' }, /^ERROR: .*\|1\|field_not_allowed\|custom_fields.hidden\|/],
    [
      { phone_number: '2125551234', status: 'SALE' },
      /^SUCCESS: .*\nNOTICE: batch_update_lead PHONE NUMBER NOT CHANGED WITHOUT update_phone_number=Y - crm\n$/
    ],
    [
      { phone_number: '2125551234' },
      /\|no_changes\|\|The update changes nothing: only update_phone_number=Y changes/
    ],
    [{ phone_number: '2125551234', update_phone_number: 'Y' }, /^SUCCESS/],
    [{ status: 'SALE', records: '1000' }, /^SUCCESS/],
    [{ status: 'SALE', records: '0' }, /^ERROR: .*\|records must be a number of at least 1/],
    [{ status: 'SALE', records: 'all' }, /^ERROR: .*\|records must be a number/],
    [
      { status: 'SALE', delete_lead: 'Y' },
      /^ERROR: .*\|field_unknown\|delete_lead\|The gateway deletes nothing: leave delete_lead out/
    ],
    [{ status: 'SALE', leads_data: '[{}]' }, /^ERROR: .*\|Give either lead_ids or leads_data, not both/],
    [{ status: 'SALE', format: 'xml' }, /^ERROR: .*\|format must be text or json/],
    [{ status: '--BLANK--' }, /^ERROR: .*\|1\|field_not_clearable\|status\|/],
    [{}, /^ERROR: .*\|1\|no_changes\|/],
    [{ lead_ids: '' }, /^ERROR: batch_update_lead NO LEADS DEFINED - crm\|\|lead_ids, or/],
    [
      { lead_ids: '99998,99999', status: 'A' },
      'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |crm|99998,99999\n'
    ]
  ]
  for (const [parameters, expected] of cases) {
    const { status, body } = await get(gateway, { ...CRM, lead_ids: '1', ...parameters })
    t.equal(status, 200)
    if (typeof expected === 'string') t.equal(body, expected)
    else t.match(body, expected, JSON.stringify(parameters))
  }
})

test('update_lead takes an id, vendor code or phone number; what VICIdial would ignore is refused', async (t) => {
  const gateway = await startCompat(t)
  const { vendor_lead_code: code = '', phone_number: phone = '' } = gateway.sandbox.leads()[5] ?? {}
  const one = { ...CRM, function: 'update_lead' }
  const done = /^SUCCESS: update_lead LEAD HAS BEEN UPDATED - crm\|5\|1\|\|\|\n$/
  const cases: [parameters: Record<string, string>, expected: RegExp][] = [
    [{ lead_id: '5', status: 'A' }, done],
    [{ search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: code, status: 'B', records: '1' }, done],
    [{ search_method: 'PHONE_NUMBER', phone_number: phone, status: 'C' }, done],
    [{ lead_id: '5', phone_number: '2125550000', update_phone_number: 'Y' }, done],
    [{ lead_id: '5', custom_fields: 'Y', favorite_color: 'red', status: 'D' }, done],
    [
      { lead_id: '99999', status: 'A' },
      /^ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: \|crm\|99999\|\|\n$/
    ],
    [
      { search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'NOPE', status: 'A' },
      /^ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: \|crm\|\|NOPE\|\n$/
    ],
    [{ status: 'A' }, /^ERROR: update_lead NO VALID SEARCH METHOD - crm\|LEAD_ID\|\|\|\|search_method must/],
    [
      { lead_id: '5', search_method: 'ANYTHING', status: 'A' },
      /^ERROR: update_lead NO VALID SEARCH METHOD - crm\|ANYTHING\|5\|\|\|/
    ],
    [
      { lead_id: '5', search_method: 'PHONE_NUMBER', phone_number: phone, status: 'A' },
      /^ERROR: .*\|search_method=.* does not use lead_id/
    ],
    [{ lead_id: '5', records: '2', status: 'A' }, done],
    [{ lead_id: '5', records: '0', status: 'A' }, /^ERROR: .*\|records must be the number of leads/],
    [{ lead_id: '5', records: 'all', status: 'A' }, /^ERROR: .*\|records must be the number of leads/],
    [
      { lead_id: '5', no_update: 'Y', insert_if_not_found: 'Y' },
      /\|invalid_request\|With no_update=Y the gateway only looks for the lead/
    ],
    [
      { lead_id: '5', phone_number: '2125550000' },
      /\|no_changes\|\|The update changes nothing: only update_phone_number=Y changes/
    ],
    [
      { lead_id: '5', phone_number: '2125550000', status: 'E' },
      /^SUCCESS: update_lead LEAD HAS BEEN UPDATED - crm\|5\|1\|\|\|\nNOTICE: update_lead PHONE NUMBER NOT CHANGED/
    ],
    [{ lead_id: '5', search_method: 'LEAD', status: 'F' }, done],
    [
      { lead_id: '5', favorite_color: 'red' },
      /\|field_unknown\|favorite_color\|.* A custom field needs custom_fields=Y/
    ],
    [
      { search_method: 'PHONE_NUMBER', phone_number: phone, update_phone_number: 'Y', status: 'A' },
      /^ERROR: .*\|phone_number cannot be the key and be changed/
    ]
  ]
  for (const [parameters, expected] of cases) {
    t.match((await get(gateway, { ...one, ...parameters })).body, expected, JSON.stringify(parameters))
  }
})

test("with compat off, the default, the address doesn't exist", async (t) => {
  const gateway = await startGateway(t)
  for (const method of ['GET', 'POST']) {
    const parameters = { ...CRM, user: 'api_key', pass: API_KEY, lead_ids: '1', status: 'A' }
    const { status, body } = await ask(gateway, method, query(parameters))
    const { body: nowhere } = await call(gateway, method, '/vicidial/nothing.php')
    t.equal(status, 404)
    t.same({ ...body, instance: '' }, { ...nowhere, instance: '' })
  }
  t.equal(gateway.sandbox.calls().length, 0)
})

test('a value that is left out of an update is named, with the code of its refusal', async (t) => {
  const gateway = await startCompat(t, [{ name: 'crm', permissions: '*', on_invalid: 'drop_field' }])
  const leads = [{ lead_id: 1, status: 'DNC', email: 'ann+promo@example.com' }]
  const { body } = await ask(gateway, 'POST', query(CRM), leads, json)
  t.same(body.split('\n'), [
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - crm|1|1|1',
    'NOTICE: batch_update_lead VALUE NOT STORED - crm|1|field_dropped|email|characters_lost',
    ''
  ])
  t.equal(gateway.sandbox.leads()[1]?.status, 'DNC')
})
