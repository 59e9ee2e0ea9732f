import { inspect } from 'node:util'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { test } from 'tap'
import { readYaml, endpointWith, eventIdOf, updatesOf } from '../../webhooks/endpoints.ts'
import type { FileTester } from '../../helper.ts'
import { verify } from '../../webhooks/verify.ts'

const LEAST = { mapping: { lead: { lead_id: 'id' }, fields: { status: 's' } } }
const KEY_HASH = `sha256:${'a'.repeat(64)}`
const API_KEY = { api_key: { key_hashes: [KEY_HASH] } }
const CANARY = 'canary-s3cret'

/** The faults of an endpoint with these properties. */
function faultsOf(t: FileTester, properties: Record<string, unknown>, files = {}): string[] {
  const entry = { name: 'crm', auth: API_KEY, ...LEAST, ...properties }
  return readYaml(t, JSON.stringify({ webhooks: [entry] }), files).faults
}

test('payloads are stored only if the endpoint says it, or the file and the endpoint does not say otherwise', async (t) => {
  const stores = (properties: Record<string, unknown>, rest = {}) =>
    endpointWith(t, { ...LEAST, ...properties }, rest).storesPayloads
  t.equal(stores({}), false)
  t.equal(stores({ store_payloads: true }), true)
  t.equal(stores({}, { store_payloads: true }), true)
  t.equal(stores({ store_payloads: false }, { store_payloads: true }), false)
  t.equal(stores({ store_payloads: true }, { store_payloads: false }), true)
  const copy = endpointWith(t, { ...LEAST, store_payloads: true }).copy()
  t.same([copy.name, copy.storesPayloads, copy.authType], ['crm', true, 'api_key'])
})

test('an endpoint can have every setting, or only the required ones', async (t) => {
  const { webhooks, faults } = readYaml(
    t,
    `
webhooks:
  - name: crm
    source: CRM1
    on_lossy: reject
    on_invalid: drop_field
    on_multiple: newest
    auth:
      basic:
        user: zapier
        secrets: [one]
        secret_files: [two.txt]
    payload_field: payload
    event_id: { expression: id }
    mapping:
      each: rows
      when: type = 'change'
      lead:
        vendor_lead_code: id
      fields:
        status: stage
      custom_fields:
        favorite_color: color
      values:
        status:
          table: { Closed Won: SALE, 5: NI }
          otherwise: reject
      fixed:
        source_id: WEB
      reset_called: false
      empty_strings: clear
  - name: other
    auth: { api_key: { key_hashes: ["${KEY_HASH}"] } }
    mapping: { lead: { lead_id: id }, reset_called: true }
custom_fields:
  - { label: favorite_color, max_length: 30 }
`,
    { 'two.txt': ' two\n' }
  )
  t.strictSame(faults, [])
  const [crm, other] = webhooks
  t.match(crm, {
    name: 'crm',
    source: 'CRM1',
    options: { onLossy: 'reject', onInvalid: 'drop_field', onMultiple: 'newest' }
  })
  t.match(other, {
    name: 'other',
    source: undefined,
    options: { onLossy: 'accept', onInvalid: 'reject_update', onMultiple: 'reject' }
  })
  const basic = (password: string) => {
    const authorization = `Basic ${Buffer.from(`zapier:${password}`).toString('base64')}`
    return verify(crm, {
      method: 'POST',
      url: '/',
      headers: { authorization },
      rawBody: Buffer.alloc(0),
      now: 0
    })
  }
  t.strictSame([basic('one'), basic('two'), basic('three')], [undefined, undefined, 'credential_wrong'])
  t.strictSame(await updatesOf(crm, { rows: [{ type: 'change', id: 7, stage: 5, color: '' }] }), {
    updates: [
      {
        vendor_lead_code: '7',
        fields: { source_id: 'WEB', status: 'NI' },
        custom_fields: { favorite_color: null },
        reset_called: false
      }
    ],
    ignored: 0
  })
  t.strictSame(await updatesOf(other, { id: 1 }), {
    updates: [{ lead_id: 1, reset_called: true }],
    ignored: 0
  })
})

test('an invalid expression is a fault with its name and position', async (t) => {
  const mapping = {
    each: 'rows[',
    when: 'a = ',
    lead: { lead_id: 'id + + 1' },
    fields: {
      status: '$eval(s)',
      comments: '($e := $eval; $e(s))',
      city: 'Account.Order.Product{Product Name: Price}'
    }
  }
  t.strictSame(faultsOf(t, { mapping, event_id: { expression: '"open' } }), [
    'webhooks[0].mapping.each: is not valid JSONata at character 5 (S0203: Expected "]" before end of expression).',
    'webhooks[0].mapping.when: is not valid JSONata at character 4 (S0207: Unexpected end of expression).',
    'webhooks[0].mapping.lead.lead_id: is not valid JSONata at character 6 (S0211: The symbol "+" cannot be used as a unary operator).',
    'webhooks[0].mapping.fields.status: uses $eval, which would evaluate what the sender wrote.',
    'webhooks[0].mapping.fields.comments: uses $eval, which would evaluate what the sender wrote.',
    'webhooks[0].mapping.fields.city: is not valid JSONata at character 34 (S0202: Expected ":", got "Name").',
    'webhooks[0].event_id.expression: is not valid JSONata at character 5 (S0101: String literal must be terminated by a matching quote).'
  ])
})

test('an expression with a number that would lose digits is a fault', (t) => {
  const mapping = { lead: { lead_id: 'id' }, fields: { status: 'id = 8202522731445525542 ? "A"' } }
  t.strictSame(faultsOf(t, { mapping }), [
    'webhooks[0].mapping.fields.status: has a number that would lose digits: put it in quotes, as the payload gives such numbers as texts.'
  ])
  const exact = { lead: { lead_id: 'id' }, fields: { status: 'id = 9007199254740991 ? "A"' } }
  t.strictSame(faultsOf(t, { mapping: exact }), [])
  t.end()
})

test('in fixed values and tables each text is what is written, without quotes too', async (t) => {
  const { webhooks, faults } = readYaml(
    t,
    `
webhooks:
  - name: branch
    auth: { api_key: { key_hashes: ["${KEY_HASH}"] } }
    mapping:
      lead: { lead_id: id }
      fields: { status: s, first_name: n }
      fixed:
        postal_code: 07030
        vendor_lead_code: 8202522731445525542
        comments: 1e5
        address1: 1.0
        address2: 0x1F
        title: true
        rank: 5
        gmt_offset_now: -5.00
        city: null
      values:
        status:
          table: { 07: SALE, 1e1: NI, 1.50: A, 8202522731445525542: B, null: C, true: D, "8": 08 }
          otherwise: reject
      nulls: ignore
      null_words: [NULL, ~, n/a, 0]
`
  )
  t.strictSame(faults, [])
  const of = async (s: unknown, n = '') => {
    const { updates = [] } = (await updatesOf(webhooks[0], { id: 1, s, n })) ?? {}
    return (updates[0] as any).fields
  }
  t.strictSame(await of('07'), {
    postal_code: '07030',
    vendor_lead_code: '8202522731445525542',
    comments: '1e5',
    address1: '1.0',
    address2: '0x1F',
    title: 'true',
    rank: 5,
    gmt_offset_now: -5,
    city: null,
    status: 'SALE'
  })
  const statuses = { '1e1': 'NI', '1.50': 'A', '8202522731445525542': 'B', null: 'C', true: 'D', 8: '08' }
  for (const [from, to] of Object.entries(statuses)) t.equal((await of(from)).status, to, from)
  t.equal((await of(true)).status, 'D')
  for (const word of ['NULL', 'null', '~', 'N/A', '0']) t.notOk('first_name' in (await of('07', word)), word)
  t.equal((await of('07', 'Ann')).first_name, 'Ann')
})

test('a number where only a text fits is a fault that says to quote it', (t) => {
  const custom = readYaml(t, 'custom_fields: [{ label: 07, max_length: 5 }]')
  t.strictSame(custom.faults, ['custom_fields[0].label: must be a text: put it in quotes.'])
  const mapping = 'mapping: { lead: { lead_id: id }, fields: { rank: 5 } }'
  const webhook = readYaml(t, `webhooks: [{ name: true, auth: { callers: true }, ${mapping} }]`)
  t.strictSame(webhook.faults.sort(), [
    'webhooks[0].mapping.fields.rank: must be a text: put it in quotes.',
    'webhooks[0].name: must be a text: put it in quotes.'
  ])
  t.match(
    readYaml(t, 'custom_fields: []\ncustom_fields: []').faults[0],
    'column 1 is not valid YAML: a name for the second time'
  )
  t.end()
})

test('fields, custom fields, tables and literals that VICIdial could never store are faults', async (t) => {
  const mapping = {
    lead: { lead_id: 'id' },
    fields: { status: 's', list_id_field: 'l', nope: 'n' },
    custom_fields: { favorite_color: 'c' },
    values: {
      status: { table: { Won: 'SALE', Lost: 'CLOSED-LOST', Gone: null, '': '' } },
      city: { table: {} }
    },
    fixed: { status: 'NEW', rank: 'high', list_id: 101, comments: '', user_field: '6666' }
  }
  t.strictSame(faultsOf(t, { mapping }), [
    'webhooks[0].mapping.fields.list_id_field: is not a field of a lead; use list_id.',
    'webhooks[0].mapping.fields.nope: is not a field of a lead.',
    'webhooks[0].mapping.custom_fields.favorite_color: is not in the custom_fields of the gateway file.',
    'webhooks[0].mapping.fixed.status: is in fields too.',
    'webhooks[0].mapping.fixed.rank: cannot be stored: rank must be an integer, as a number or a string of digits, from 0 to 32767.',
    'webhooks[0].mapping.fixed.comments: cannot be stored: comments is an empty string; use null to empty the field, or leave it out.',
    'webhooks[0].mapping.fixed.user_field: is not a field of a lead; use user.',
    'webhooks[0].mapping.values.status.table.Lost: cannot be stored: status is 11 characters as VICIdial stores it; it holds 6.',
    'webhooks[0].mapping.values.status.table.Gone: cannot be stored: VICIdial cannot hold an empty status; leave it out or give a value.',
    'webhooks[0].mapping.values.city: is neither in fields nor in custom_fields.'
  ])
  t.strictSame(faultsOf(t, { mapping: { lead: { lead_id: 'id' } } }), [
    'webhooks[0].mapping: changes nothing: give fields, custom_fields, fixed, reset_called, hopper, callback or dnc.'
  ])
})

test('an endpoint has exactly one kind of authentication, and one key of the lead', async (t) => {
  t.strictSame(faultsOf(t, { auth: {} }), [
    'webhooks[0].auth: needs one of callers, api_key, basic, header, query_key, body_key, hmac, public_key, standard_webhooks.'
  ])
  t.strictSame(faultsOf(t, { auth: { ...API_KEY, header: { header: 'X-Token', secrets: ['a'] } } }), [
    'webhooks[0].auth: may have only one of callers, api_key, basic, header, query_key, body_key, hmac, public_key, standard_webhooks.'
  ])
  t.strictSame(
    faultsOf(t, { mapping: { lead: { lead_id: 'a', phone_number: 'b' }, fields: { status: 's' } } }),
    ['webhooks[0].mapping.lead: may have only one of lead_id, vendor_lead_code, phone_number.']
  )
  t.strictSame(faultsOf(t, { event_id: { header: 'x-id', expression: 'id' } }), [
    'webhooks[0].event_id: may have only one of header, expression.'
  ])
  const { faults } = readYaml(
    t,
    JSON.stringify({
      webhooks: [{ name: 'a' }, { name: 'Not a name', auth: API_KEY, ...LEAST, onInvalid: 1 }]
    })
  )
  t.strictSame(faults.sort(), [
    'webhooks[0]: needs auth, mapping.',
    'webhooks[1].name: must be lower-case letters, digits, _ and -, up to 64; a letter or digit first.',
    'webhooks[1]: has an unknown property, onInvalid: perhaps on_invalid is meant.'
  ])
  t.strictSame(faultsOf(t, { auth: { bearer: { secrets: ['a'] } } }), [
    'webhooks[0].auth: has an unknown property, bearer: it can have callers, api_key, basic, header, query_key, body_key, hmac, public_key, standard_webhooks.'
  ])
  t.strictSame(faultsOf(t, { auth: { basic: { user: 'a', secret: 'b' } } }), [
    'webhooks[0].auth.basic: has an unknown property, secret: perhaps secrets is meant.'
  ])
  t.strictSame(faultsOf(t, { answer_status: 201 }), ['webhooks[0].answer_status: must be 200.'])
  const fields = { firstName: 'name' }
  t.strictSame(faultsOf(t, { mapping: { lead: { lead_id: 'a' }, fields } }), [
    'webhooks[0].mapping.fields.firstName: is not a field of a lead; perhaps first_name is meant.'
  ])
  const twice = { webhooks: [1, 2].map(() => ({ name: 'a', auth: API_KEY, ...LEAST })) }
  t.strictSame(readYaml(t, JSON.stringify(twice)).faults, [
    'webhooks[1].name: is already the name of webhooks[0].'
  ])
})

test('what an HMAC signs must make sense', async (t) => {
  const hmac = { header: 'X-Signature', secrets: ['a'] }
  const of = (properties: Record<string, unknown>) =>
    faultsOf(t, { auth: { hmac: { ...hmac, ...properties } } })
  const pointer = 'webhooks[0].auth.hmac'
  const timestamp = { header: 'X-Timestamp' }
  t.strictSame(of({}), [])
  t.strictSame(of({ signed: 'v0:{timestamp}:{body}', timestamp }), [])
  t.strictSame(of({ signed: '{timestamp}', timestamp }), [
    `${pointer}.signed: must have {body} or {form}, or the body could be any.`
  ])
  t.strictSame(of({ signed: '{body}{host}' }), [
    `${pointer}.signed: may have no other braces than {body}, {form}, {timestamp}, {id}, {method}, {url}.`
  ])
  t.strictSame(of({ timestamp }), [
    `${pointer}.signed: must have {timestamp}, or the timestamp could be any.`
  ])
  t.strictSame(of({ signed: '{timestamp}{body}' }), [`${pointer}: needs timestamp, as it is signed.`])
  t.strictSame(of({ signed: '{url}{body}' }), [
    `${pointer}: needs public_url, the gateway's address as the sender knows it, as the url is signed.`
  ])
  t.strictSame(of({ public_url: 'https://hooks.example.com' }), [
    `${pointer}.public_url: is not used, as {url} is not signed.`
  ])
  t.match(
    of({ signed: '{url}{body}', public_url: 'https://hooks.example.com/' })[0],
    'must be an http or https address without a query'
  )
  const both = { header: 'X-Timestamp', parameter: 't' }
  t.strictSame(of({ signed: '{timestamp}{body}', timestamp: both, signature_parameter: 'v1' }), [
    `${pointer}.timestamp: must have exactly one of header, parameter.`
  ])
  t.strictSame(of({ signed: '{timestamp}{body}', timestamp: { parameter: 't' } }), [
    `${pointer}: needs signature_parameter, as the timestamp is a parameter of the same header.`
  ])
})

test('an id is signed, and has a header, or neither', (t) => {
  const pointer = 'webhooks[0].auth.hmac'
  const of = (more: Record<string, unknown>) =>
    faultsOf(t, { auth: { hmac: { header: 'X-Signature', secrets: ['a'], ...more } } })
  const id = { header: 'X-Id' }
  t.strictSame(of({ id, signed: '{id}.{body}' }), [])
  t.strictSame(of({ id }), [`${pointer}.id: is not used, as {id} is not signed.`])
  t.strictSame(of({ signed: '{id}.{body}' }), [`${pointer}: needs id, as it is signed.`])
  for (const algorithm of ['sha1', 'sha256', 'sha512']) t.strictSame(of({ algorithm }), [])
  t.match(of({ algorithm: 'md5' })[0], /algorithm/)
  t.end()
})

test('the headers of Standard Webhooks may have other names, all three of them', async (t) => {
  const of = (headers: object) => ({ standard_webhooks: { secrets: ['c2VjcmV0'], headers } })
  const headers = { id: 'Acme-Id', timestamp: 'Acme-Timestamp', signature: 'Acme-Signature' }
  const endpoint = endpointWith(t, { ...LEAST, auth: of(headers) })
  t.equal(
    await eventIdOf(endpoint, { 'acme-id': 'msg_1', 'webhook-id': 'msg_2' }, { id: 1, s: 'A' }),
    'msg_1'
  )
  t.equal(await eventIdOf(endpoint, { 'webhook-id': 'msg_2' }, { id: 1, s: 'A' }), undefined)
  t.match(faultsOf(t, { auth: of({ id: 'Acme-Id' }) })[0], /headers/)
})

test('a private key, or another text, is not taken for a public key', (t) => {
  const pointer = 'webhooks[0].auth.public_key'
  const of = (keys: readonly string[], more = {}) =>
    faultsOf(t, { auth: { public_key: { header: 'X-Signature', keys, ...more } } })
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  t.strictSame(of([pem, der]), [])
  t.strictSame(of(['ab'.repeat(32)]), [], 'Ed25519')
  const x25519 = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
  for (const other of [
    'nonsense',
    der.slice(0, 40),
    x25519,
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
  ])
    t.strictSame(of([pem, other]), [
      `${pointer}.keys[1]: is not a public key (RSA, EC or Ed25519; PEM, base64 or hex).`
    ])
  t.match(of([pem, pem, pem])[0], /keys/)
  t.match(of([]).at(0), /keys/)
  t.strictSame(of([pem], { signed: '{timestamp}{body}' }), [`${pointer}: needs timestamp, as it is signed.`])
  t.match(of([pem], { timestamp: { parameter: 't' } })[0], /timestamp/)
  t.end()
})

test('a signed form is the only type that its source takes', async (t) => {
  const auth = { hmac: { header: 'X-Signature', signed: '{form}', secrets: ['a'] } }
  const endpoint = endpointWith(t, { ...LEAST, auth })
  await t.rejects(endpoint.parse(Buffer.from('{}'), 'application/json'), { code: 'unsupported_media_type' })
  await t.resolves(endpoint.parse(Buffer.from('a=1'), 'application/x-www-form-urlencoded'))
  t.strictSame(faultsOf(t, { auth, content_types: ['form'] }), [])
  t.strictSame(faultsOf(t, { auth, content_types: ['form', 'json'] }), [
    'webhooks[0].content_types: may have only form, as {form} is signed.'
  ])
})

test('a verification has what it needs, and nothing that is not used', (t) => {
  const pointer = 'webhooks[0].verification'
  const of = (verification: Record<string, unknown>, files = {}) => faultsOf(t, { verification }, files)
  const query = { challenge: 'hub.challenge' }
  const body = { challenge: 'payload.plainToken' }
  const files = { 'token.txt': 'token' }
  t.strictSame(of({ query, body, get: true }), [])
  t.strictSame(of({ query: { ...query, token: 'hub.verify_token', secret_files: ['token.txt'] } }, files), [])
  t.strictSame(of({ body: { ...body, hmac: 'encryptedToken', secrets: [CANARY] } }), [])
  t.strictSame(of({ query: { ...query, token: 'hub.verify_token' } }), [
    `${pointer}.query: needs secrets or secret_files.`
  ])
  t.strictSame(of({ query: { ...query, secrets: [CANARY] } }), [
    `${pointer}.query: needs token, or its secrets are not used.`
  ])
  t.strictSame(of({ body: { ...body, secret_files: ['token.txt'] } }, files), [
    `${pointer}.body: needs hmac, or its secrets are not used.`
  ])
  t.strictSame(of({ body: { ...body, hmac: 'encryptedToken', secrets: [CANARY, 'other'] } }), [
    `${pointer}.body: must have one secret, because the answer has one HMAC.`
  ])
  for (const wrong of [{}, { get: false }, { query: {} }, { body: { challenge: 'a..b' } }, { hub: query }])
    t.ok(of(wrong).length > 0, JSON.stringify(wrong))
  t.end()
})

test('a key in the address or the body has a place and secrets', (t) => {
  const pointer = 'webhooks[0].auth'
  const of = (auth: Record<string, unknown>) => faultsOf(t, { auth })
  t.strictSame(of({ query_key: { parameter: 'key', secrets: [CANARY] } }), [])
  t.strictSame(of({ body_key: { field: 'meta.key', secrets: [CANARY] } }), [])
  t.strictSame(of({ query_key: { parameter: 'key' } }), [
    `${pointer}.query_key: needs secrets or secret_files.`
  ])
  t.strictSame(of({ body_key: { field: 'key' } }), [`${pointer}.body_key: needs secrets or secret_files.`])
  t.match(of({ query_key: { parameter: 'a b', secrets: [CANARY] } })[0], /parameter/)
  t.match(of({ body_key: { field: '.key', secrets: [CANARY] } })[0], /field/)
  t.strictSame(faultsOf(t, { answer_status: 200 }), [])
  for (const answer_status of [202, 204, '200']) t.match(faultsOf(t, { answer_status })[0], /answer_status/)
  t.end()
})

test('bodies may have any type, but with a signature only JSON, or a form with its payload field', async (t) => {
  const hmac = { hmac: { header: 'X-Signature', secrets: ['a'] } }
  const standard = { standard_webhooks: { secrets: ['c2VjcmV0'] } }
  const payload = { payload_field: 'payload' }
  const cases: [properties: Record<string, unknown>, taken: string[]][] = [
    [{}, ['json', 'form', 'multipart', 'text']],
    [payload, ['json', 'form', 'multipart', 'text']],
    [{ auth: { callers: true } }, ['json', 'form', 'multipart', 'text']],
    [{ content_types: ['text'] }, ['text']],
    [{ auth: hmac }, ['json']],
    [{ auth: standard }, ['json']],
    [{ auth: hmac, ...payload }, ['form']],
    [{ auth: hmac, ...payload, content_types: ['json', 'form'] }, ['json', 'form']],
    [{ auth: standard, content_types: ['form', 'text'] }, ['form', 'text']]
  ]
  const bodies = {
    json: ['{"a":1}', 'application/json'],
    form: ['payload=%7B%7D', 'application/x-www-form-urlencoded'],
    multipart: [
      '--x\r\ncontent-disposition: form-data; name="payload"\r\n\r\n{}\r\n--x--\r\n',
      'multipart/form-data; boundary=x'
    ],
    text: ['{"a":1}', 'text/plain']
  } as const
  for (const [properties, taken] of cases) {
    const endpoint = endpointWith(t, { ...LEAST, ...properties })
    for (const [name, [body, type]] of Object.entries(bodies)) {
      const parse = () => endpoint.parse(Buffer.from(body), type)
      const what = `${name} with ${JSON.stringify(properties)}`
      if (taken.includes(name)) await t.resolves(parse, what)
      else await t.rejects(parse, { code: 'unsupported_media_type' }, what)
    }
  }
  t.strictSame(faultsOf(t, { ...payload, content_types: ['json'] }), [
    'webhooks[0].payload_field: is not used, as content_types has neither form nor multipart.'
  ])
  for (const content_types of [[], ['xml'], ['json', 'json'], 'json'])
    t.match(faultsOf(t, { content_types })[0], /^webhooks\[0\]\.content_types(\[0\])?: /)
})

test('secrets can come from files, next to the gateway file or elsewhere', async (t) => {
  const of = (hmac: Record<string, unknown>, files = {}) =>
    faultsOf(t, { auth: { hmac: { header: 'X-Signature', ...hmac } } }, files)
  const pointer = 'webhooks[0].auth.hmac'
  t.strictSame(
    of({ secret_files: ['a.txt', 'folder/b.txt'] }, { 'a.txt': 'a', folder: { 'b.txt': 'b' } }),
    []
  )
  t.strictSame(of({}), [`${pointer}: needs secrets or secret_files.`])
  t.strictSame(of({ secret_files: ['empty.txt', CANARY, '/'] }, { 'empty.txt': ' \n' }), [
    `${pointer}.secret_files[0]: names a file that is empty.`,
    `${pointer}.secret_files[1]: names a file that cannot be read (ENOENT).`,
    `${pointer}.secret_files[2]: names a file that cannot be read (EISDIR).`
  ])
  t.strictSame(faultsOf(t, { auth: { standard_webhooks: { secrets: [`whsec_${CANARY}!`] } } }), [
    'webhooks[0].auth.standard_webhooks: has a secret that is not base64, with or without whsec_ before it.'
  ])
})

test('neither a fault nor a printed endpoint shows a secret', async (t) => {
  const auths = [
    { hmac: { header: 'X-Signature', secrets: [CANARY] } },
    { basic: { user: 'zapier', secrets: [CANARY] } },
    { header: { header: 'X-Token', secrets: [CANARY] } },
    { query_key: { parameter: 'key', secrets: [CANARY] } },
    { body_key: { field: 'key', secrets: [CANARY] } },
    { standard_webhooks: { secrets: [Buffer.from(CANARY).toString('base64')] } }
  ]
  for (const auth of auths) {
    const endpoint = endpointWith(t, { ...LEAST, auth })
    const printed = `${inspect(endpoint, { depth: 9, showHidden: true })}${JSON.stringify(endpoint)}`
    t.notMatch(printed, CANARY)
    t.notMatch(printed, Buffer.from(CANARY).toString('base64'))
    const [[type, properties]] = Object.entries(auth) as [[string, object]]
    const wrong = { [type]: { ...properties, user: 5, header: ' ', tolerance_seconds: -1, extra: 1 } }
    const found = faultsOf(t, { auth: wrong })
    t.ok(found.length > 0)
    t.notMatch(found.join('\n'), CANARY)
  }
})

test('a GitHub signature is verified as the YAML says', async (t) => {
  const endpoint = endpointWith(t, {
    ...LEAST,
    auth: { hmac: { header: 'X-Hub-Signature-256', prefix: 'sha256=', secrets: ['new', 'old'] } }
  })
  const rawBody = Buffer.from('{"id":1}')
  const signature = createHmac('sha256', 'old').update(rawBody).digest('hex')
  const of = (header: string) =>
    verify(endpoint, {
      method: 'POST',
      url: '/',
      headers: { 'x-hub-signature-256': header },
      rawBody,
      now: 0
    })
  t.equal(of(`sha256=${signature}`), undefined)
  t.equal(of(signature), 'signature_malformed')
  t.equal(of(`sha256=${'0'.repeat(64)}`), 'signature_wrong')
})

test('an event id comes from a header or the payload', async (t) => {
  const header = endpointWith(t, { ...LEAST, event_id: { header: 'X-Event-Id' } })
  const payload = { id: 1, s: 'A' }
  t.equal(await eventIdOf(header, { 'x-event-id': ' evt_1 ' }, payload), 'evt_1')
  t.equal(await eventIdOf(header, { 'x-event-id': '' }, payload), undefined)
  t.equal(await eventIdOf(header, {}, payload), undefined)
  const expression = endpointWith(t, { ...LEAST, event_id: { expression: 'event.id' } })
  const of = (id: unknown) => expression.map({ ...payload, event: { id } })
  const idOf = async (id: unknown) => (await of(id)).eventIds[0]
  t.equal(await idOf('evt_1'), 'evt_1')
  t.equal(await idOf(17), '17')
  for (const id of [null, '', undefined]) t.equal(await idOf(id), undefined)
  t.equal(await idOf('x'.repeat(255)), 'x'.repeat(255))
  t.match(await idOf('x'.repeat(256)), /^sha256:[0-9a-f]{64}$/)
  for (const id of [['a'], { a: 1 }])
    t.match(
      [...(await of(id)).failures.values()],
      [
        {
          pointer: '/updates/0',
          detail:
            'crm: event_id.expression at event 0 gives neither text nor number. The expression is: event.id'
        }
      ]
    )
  const standard = endpointWith(t, { ...LEAST, auth: { standard_webhooks: { secrets: ['c2VjcmV0'] } } })
  t.equal(await eventIdOf(standard, { 'webhook-id': 'msg_1' }, payload), 'msg_1')
  t.equal(await eventIdOf(standard, { 'svix-id': 'msg_2' }, payload), 'msg_2')
  t.equal(await eventIdOf(standard, { 'svix-id': 'msg_2', 'webhook-id': 'msg_1' }, payload), 'msg_1')
  t.equal(await eventIdOf(endpointWith(t, LEAST), { 'webhook-id': 'msg_1' }, payload), undefined)
})
