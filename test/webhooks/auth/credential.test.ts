import { hash } from 'node:crypto'
import * as fc from 'fast-check'
import { test } from 'tap'
import type { AuthFault, BodyKeyAuth, QueryKeyAuth } from '../../../src/webhooks/auth/auth.ts'
import { takeBodyKey } from '../../../src/webhooks/auth/credential.ts'
import { verifyHead } from '../../../src/webhooks/auth/verify.ts'

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

const IN_QUERY: QueryKeyAuth = {
  type: 'query_key',
  parameter: 'key',
  hashes: ['one', 'two words', 'clé+'].map(sha256)
}

/** What becomes of a request to this address. */
function ofUrl(url: string, auth = IN_QUERY) {
  return verifyHead(auth, { method: 'POST', url, headers: { 'x-api-key': 'one' } })
}

/** What becomes of a payload, and what is left of it. */
function ofPayload(payload: unknown, path = ['auth', 'key'], secrets = ['one', 'two']) {
  const auth: BodyKeyAuth = { type: 'body_key', path, hashes: secrets.map(sha256) }
  return { fault: takeBodyKey(auth, payload), payload }
}

test('a key in the query is accepted once it is decoded, wherever it is', async (t) => {
  for (const url of [
    '/v1/webhooks/crm?key=one',
    '/v1/webhooks/crm?wait=5&key=one&other=two',
    '/v1/webhooks/crm?%6Bey=%6Fne',
    '/v1/webhooks/crm?key=two+words',
    '/v1/webhooks/crm?key=two%20words',
    '/v1/webhooks/crm?key=cl%C3%A9%2B'
  ])
    t.equal(ofUrl(url), undefined, url)
})

test('a key in the query is refused if it is missing, empty, repeated or wrong', async (t) => {
  const cases: readonly (readonly [string, AuthFault])[] = [
    ['', 'credential_missing'],
    ['?', 'credential_missing'],
    ['?key', 'credential_missing'],
    ['?key=', 'credential_missing'],
    ['?Key=one', 'credential_missing'],
    ['?other=one', 'credential_missing'],
    ['/key=one', 'credential_missing'],
    // Which of them a proxy before the gateway checked or logged is unknown.
    ['?key=one&key=one', 'credential_missing'],
    ['?key=one&key=two+words', 'credential_missing'],
    ['?key=wrong&key=one', 'credential_missing'],
    ['?key=one&key=', 'credential_missing'],
    ['?key=&key=one', 'credential_missing'],
    ['?key=ONE', 'credential_wrong'],
    ['?key=one%20', 'credential_wrong'],
    ['?key=on', 'credential_wrong'],
    ['?key=one?', 'credential_wrong'],
    // The gateway file has the hash of a key. It is not itself a key.
    [`?key=${sha256('one').toString('hex')}`, 'credential_wrong']
  ]
  for (const [rest, fault] of cases) t.equal(ofUrl(`/v1/webhooks/crm${rest}`), fault, rest)
})

test('the only key that a query opens an endpoint with is its own', (t) => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(text, text, fc.constantFrom('key', 'api key', 'clé&'), (secret, other, parameter) => {
      const auth = { ...IN_QUERY, parameter, hashes: [sha256(secret)] }
      const of = (key: string) =>
        ofUrl(`/x?a=1&${new URLSearchParams({ [parameter]: key }).toString()}`, auth)
      return of(secret) === undefined && of(other) === (other === secret ? undefined : 'credential_wrong')
    })
  )
  t.end()
})

test('a key in the payload is accepted, and is no longer in the payload', async (t) => {
  t.strictSame(ofPayload({ auth: { key: 'one', user: 'crm' }, id: 7 }), {
    fault: undefined,
    payload: { auth: { user: 'crm' }, id: 7 }
  })
  t.strictSame(ofPayload({ auth: { key: 'two' }, key: 'one' }), {
    fault: undefined,
    payload: { auth: {}, key: 'one' }
  })
  t.strictSame(ofPayload({ key: 'one', id: 7 }, ['key']), { fault: undefined, payload: { id: 7 } })
  t.strictSame(ofPayload({ a: { b: { c: 'one', d: 1 } } }, ['a', 'b', 'c']), {
    fault: undefined,
    payload: { a: { b: { d: 1 } } }
  })
})

test('a wrong key is refused, and is no longer in the payload either: it may be a misspelled secret', async (t) => {
  for (const key of ['onE', 'one ', 'o', sha256('one').toString('hex')])
    t.strictSame(ofPayload({ auth: { key }, id: 7 }), {
      fault: 'credential_wrong',
      payload: { auth: {}, id: 7 }
    })
})

test('a payload without a text at the place of the key is refused as it is', async (t) => {
  for (const payload of [
    { id: 7 },
    { key: 'one' },
    { auth: 'one' },
    { auth: {} },
    { auth: null },
    { auth: ['one'] },
    { auth: [{ key: 'one' }] },
    { auth: { key: '' } },
    { auth: { key: null } },
    { auth: { key: 1 } },
    { auth: { key: true } },
    { auth: { key: ['one'] } },
    { auth: { key: { key: 'one' } } },
    { auth: { Key: 'one' } },
    { 'auth.key': 'one' },
    [],
    [{ auth: { key: 'one' } }],
    'one',
    '',
    1,
    null,
    undefined
  ]) {
    const before = structuredClone(payload)
    t.strictSame(ofPayload(payload), { fault: 'credential_missing', payload: before }, JSON.stringify(before))
  }
})

test('a key is only what the sender wrote, not what every object has', async (t) => {
  const inherited = ofPayload({}, ['constructor', 'name'], ['Object'])
  t.equal(inherited.fault, 'credential_missing')
  t.equal(ofPayload(JSON.parse('{"__proto__":{"key":"one"}}'), ['key']).fault, 'credential_missing')
})

test('nobody is verified by the head of a request if the key is in its payload', async (t) => {
  const auth: BodyKeyAuth = { type: 'body_key', path: ['key'], hashes: [sha256('one')] }
  const head = {
    method: 'POST',
    url: '/v1/webhooks/crm?key=one',
    headers: { 'x-api-key': 'one', key: 'one' }
  }
  t.equal(verifyHead(auth, head), 'credential_missing')
})
