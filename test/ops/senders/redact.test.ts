import fc from 'fast-check'
import { test } from 'tap'
import { REDACTED, redactedJson } from '../../../src/ops/senders/redact.ts'
import { isSecretName } from '../../../src/ops/senders/secret-names.ts'

const CANARY = 'canary-8842-value'
const MAX = 16_384

function redacted(payload: unknown): unknown {
  const { text, isCut } = redactedJson(payload, MAX)
  if (isCut) throw new Error('it is cut')
  return JSON.parse(text)
}

test('names of secrets are known in every spelling, and other names are none', (t) => {
  for (const name of [
    ...['password', 'Password', 'user_password', 'userPassword', 'new-passwd', 'pass', 'db.pass', 'pwd'],
    ...['token', 'access_token', 'AccessToken', 'X-Auth-Token', 'csrftoken', 'secret', 'client_secret'],
    ...['api_key', 'apiKey', 'APIKEY', 'X-API-Key', 'google_key', 'key', 'KEY', 'private_key_pem'],
    ...['Authorization', 'auth', 'basic auth', 'signature', 'x-hub-signature-256', 'sig', 'set-cookie'],
    ...[
      'pin',
      'otp',
      'cvv',
      'ssn',
      'creditCard',
      'card_number',
      'jwt',
      'session',
      'session_id',
      'credentials'
    ]
  ])
    t.ok(isSecretName(name), name)
  for (const name of [
    ...[
      'name',
      'phone',
      'status',
      'monkey',
      'turkey',
      'keyboard',
      'author',
      'pinned',
      'compass',
      'passenger'
    ],
    ...['stage', 'id', '', 'key_account', 'spinning', 'design', 'x'.repeat(1_000), 'postal code']
  ])
    t.notOk(isSecretName(name), name)
  t.end()
})

test('values of secret names are replaced, however deep, and everything else stays', (t) => {
  const payload = {
    id: 7,
    phone: '2125550104',
    password: CANARY,
    nested: [{ api_key: { part: CANARY } }, { tokens: [CANARY] }],
    pin: 1234,
    has_token: true,
    secret: null,
    key: ''
  }
  t.same(redacted(payload), {
    ...payload,
    password: REDACTED,
    nested: [{ api_key: REDACTED }, { tokens: REDACTED }],
    pin: REDACTED
  })
  t.end()
})

test('pairs of a name and a value are read as such', (t) => {
  t.same(
    redacted({
      fields: [
        { label: 'Phone', value: '212' },
        { label: 'Password', value: CANARY },
        { name: 'X-Token', values: [CANARY], id: 2 },
        { question: 'PIN', answer: CANARY }
      ]
    }),
    {
      fields: [
        { label: 'Phone', value: '212' },
        { label: 'Password', value: REDACTED },
        { name: 'X-Token', values: REDACTED, id: 2 },
        { question: 'PIN', answer: REDACTED }
      ]
    }
  )
  t.end()
})

test('secrets within texts are replaced: of addresses, headers, forms, and JSON in texts', (t) => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
  for (const [text, expected] of [
    [`https://crm.example/?id=7&token=${CANARY}&x=1`, `https://crm.example/?id=7&token=${REDACTED}&x=1`],
    [`https://ann:${CANARY}@crm.example/`, `https://ann:${REDACTED}@crm.example/`],
    [`Bearer ${CANARY}`, `Bearer ${REDACTED}`],
    [`user=ann&password=${CANARY}`, `user=ann&password=${REDACTED}`],
    [`my password: ${CANARY}`, `my password: ${REDACTED}`],
    [`a vgw_6O35byaWLk0uETOPB_58 b`, `a ${REDACTED} b`],
    [jwt, REDACTED],
    [`{"id":7,"password":"${CANARY}"}`, `{"id":7,"password":"${REDACTED}"}`],
    [`{"id":7,"password":"${CANARY}"`, `{"id":7,"password":"${REDACTED}"`],
    [
      JSON.stringify({ inner: JSON.stringify({ token: CANARY }) }),
      `{"inner":"{\\"token\\":\\"${REDACTED}\\"}"}`
    ],
    ['after six, call 212-555-0104: urgent', 'after six, call 212-555-0104: urgent'],
    ['{{name}} has [a] question', '{{name}} has [a] question']
  ] as const)
    t.same(redacted({ text }), { text: expected })
  t.same(redacted({ [`token=${CANARY}`]: 1 }), { [`token=${REDACTED}`]: REDACTED }, 'in a name')
  t.end()
})

test('a long payload is cut, and a secret does not reappear where it is', (t) => {
  const long = redactedJson({ a: 'x'.repeat(MAX), password: CANARY }, MAX)
  t.same([long.text.length, long.isCut], [MAX, true])
  const json = JSON.stringify({ password: CANARY, rest: 'x'.repeat(2 * MAX) })
  t.notMatch(redactedJson({ raw: json }, MAX).text, CANARY, 'JSON that is too long to be read')
  t.match(redactedJson({ raw: json }, MAX).text, '[left out]')
  let deep: unknown = { password: CANARY }
  for (let level = 0; level < 10_000; level++) deep = [deep]
  t.notMatch(redactedJson(deep, MAX).text, CANARY)
  let within = JSON.stringify({ password: CANARY })
  for (let level = 0; level < 6; level++) within = JSON.stringify({ within })
  t.notMatch(redactedJson(JSON.parse(within), MAX).text, CANARY, 'in texts in texts')
  t.end()
})

test('a value in quotes is a secret up to the same quote, and user information up to the host', (t) => {
  for (const [text, expected] of [
    ['see "password": "two words" here', `see "password": "${REDACTED}" here`],
    ['see "password": "ab,cd", "id": "7"', `see "password": "${REDACTED}", "id": "7"`],
    ['a,"password=""two words"" b",c', `a,"password=""${REDACTED}"" b",c`],
    [`token='a "b" c' id='7'`, `token='${REDACTED}' id='7'`],
    ['so "pin": "1\\"2 3" it is', `so "pin": "${REDACTED}" it is`],
    ['so \\"pin\\": \\"1 2\\" it is', `so \\"pin\\": \\"${REDACTED}\\" it is`],
    ['"token": "never closed, as', `"token": "${REDACTED}`],
    ['"key": "" and "note": "my password: x y"', `"key": "" and "note": "my password: ${REDACTED} y"`],
    ['redis://:a:b@c@host/0', `redis://:${REDACTED}@host/0`],
    [`a https://ann:${'x'.repeat(300)}@host b`, `a https://ann:${REDACTED}@host b`],
    ['https://crm.example:8080', 'https://crm.example:8080']
  ] as const)
    t.same(redacted({ text }), { text: expected })
  t.end()
})

test('no part of a secret survives, quoted or in user information, wherever the text is cut', (t) => {
  const secret = fc.string({ unit: fc.constantFrom(...'QZXJ7@:,;&=-.'), minLength: 3, maxLength: 250 })
  const quoted = fc.string({ unit: fc.constantFrom(...'QZXJ7@:,;&=/ <'), minLength: 3, maxLength: 250 })
  const texts = fc.oneof(
    secret.map((value) => [value, `https://ann:${value}@host/`] as const),
    quoted.map((value) => [value, `"password": "${value}"`] as const),
    quoted.map((value) => [value, `'api_key'='${value}'`] as const),
    fc.stringMatching(/^[QZXJ7]{8,60}$/).map((value) => [value, `Bearer ${value}`] as const),
    fc.stringMatching(/^[QZXJ7]{8,60}$/).map((value) => [value, `vgw_${value}`] as const)
  )
  fc.assert(
    fc.property(fc.nat(40), texts, fc.nat(400), (before, [value, text], max) => {
      const written = redactedJson(`${'a '.repeat(before)}${text} and more`, max).text
      const parts = Array.from({ length: value.length - 2 }, (_, at) => value.slice(at, at + 3))
      const kept = parts.filter((part) => /[QZXJ7]/.test(part) && written.includes(part))
      t.same(kept, [], written)
    }),
    { numRuns: 500 }
  )
  t.end()
})

test('any payload gives JSON that is no longer than asked for, and reads no more', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 300 }), (payload, max) => {
      const { text, isCut } = redactedJson(payload, max)
      t.ok(text.length <= max)
      if (!isCut) JSON.parse(text)
    })
  )
  const texts = Array.from({ length: 1_000 }, () => `Bearer ${'x'.repeat(10_000)}`)
  let read = 0
  const counting = new Proxy(texts, {
    get: (target, name) => {
      if (typeof name === 'string' && /^\d+$/.test(name)) read++
      return Reflect.get(target, name) as unknown
    }
  })
  t.ok(redactedJson(counting, MAX).isCut)
  t.ok(read <= 3, 'texts that become short cost what they were')
  t.end()
})
