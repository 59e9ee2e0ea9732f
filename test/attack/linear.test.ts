import { createHmac, generateKeyPairSync } from 'node:crypto'
import { defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import fastifyCookie from '@fastify/cookie'
import Fastify, { type FastifyRequest } from 'fastify'
import { test } from 'tap'
import { readTime } from '../../schemas/rfc3339.ts'
import { basicPassword } from '../../src/callers/basic.ts'
import { isWholeKey, presentedKey } from '../../src/callers/key.ts'
import { readCall } from '../../src/compat/call.ts'
import { readBody, readQuery } from '../../src/compat/parameters.ts'
import { preferredWait } from '../../src/http/client-wait.ts'
import { readContentType } from '../../src/http/body/content-type.ts'
import { parseForm } from '../../src/http/body/form.ts'
import { idempotencyKeyOf } from '../../src/http/idempotency.ts'
import { parseJson } from '../../src/http/body/json-body.ts'
import { requestIds } from '../../src/http/request-log.ts'
import { cleanCustomField } from '../../src/leads/cleaning/custom-field.ts'
import { FIELDS } from '../../src/leads/fields.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { redactedJson } from '../../src/ops/senders/redact.ts'
import { refuseOtherSites } from '../../src/ops/same-site.ts'
import type { Auth, BodyKeyAuth, HmacAuth } from '../../src/webhooks/auth/auth.ts'
import { takeBodyKey } from '../../src/webhooks/auth/credential.ts'
import { STANDARD_HEADERS } from '../../src/webhooks/auth/standard-webhooks.ts'
import { verifyHead } from '../../src/webhooks/auth/verify.ts'
import { parsePayload } from '../../src/webhooks/payload.ts'
import { answerBody, answerQuery } from '../../src/webhooks/verification.ts'
import { verify } from '../webhooks/verify.ts'
import { costOf, type Reading, superlinear } from './growth.ts'

/** What a hostile sender repeats: separators, quotes and escapes, brackets, and whatever almost belongs together. */
const UNITS = [
  ...[' ', '\t', ',', ';', '=', '"', '\\', '%', '&', '[', '{', '-', '.', ':', '/', 'a', '0', '\r\n'],
  ...['a,', 'a=,', 'a=b;', 'a="b";', ';a="', 'v1=,', ' ,', '"\\', 'a&', 'a=b&', 'a[b]', '[a]=b&', 'a[]=b&'],
  ...['%20', '[],', '{"a":', '"a":1,', '1,', 'a: b\r\n', '\r\n--x', '--x\r\n', '127.0.0.1,'],
  ...['é', '🙂', '\u0301', '\u0301\u0316', '\ud800']
]

const HMAC: HmacAuth = {
  type: 'hmac',
  algorithm: 'sha256',
  header: 'signature',
  encoding: 'hex',
  prefix: 'sha256=',
  signatureParameter: undefined,
  timestamp: undefined,
  idHeader: undefined,
  signed: [{ part: 'body' }],
  publicUrl: '',
  secrets: ['one', 'another']
}
const STRIPE: HmacAuth = {
  ...HMAC,
  prefix: '',
  signatureParameter: 'v1',
  timestamp: { in: 'parameter', name: 't', unit: 'seconds', toleranceSeconds: 300 }
}
const TWILIO: HmacAuth = { ...HMAC, signed: [{ part: 'form' }] }
const BY_PUBLIC_KEY: Auth = {
  ...HMAC,
  type: 'public_key',
  encoding: 'base64',
  prefix: '',
  keys: [
    generateKeyPairSync('ed25519').publicKey,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  ]
}
const STANDARD: Auth = {
  type: 'standard_webhooks',
  keys: [Buffer.from('secret')],
  toleranceSeconds: 300,
  headers: STANDARD_HEADERS
}
const IN_QUERY: Auth = { type: 'query_key', parameter: 'key', hashes: [Buffer.alloc(32)] }
const IN_BODY: BodyKeyAuth = { type: 'body_key', path: ['key'], hashes: [Buffer.alloc(32)] }
const QUERY_CHALLENGE = { challenge: 'challenge', token: 'token', hashes: [Buffer.alloc(32)] }
const BODY_CHALLENGE = { path: ['challenge'], hmac: { name: 'encrypted', secret: 'secret' } }
const TRACEPARENT = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`

function verifyWith(auth: Auth, headers: Record<string, string>, body = '', url = '/') {
  const request = { method: 'POST', url, headers, rawBody: Buffer.from(body), now: 0 }
  return verify({ verifyHead: (head) => verifyHead(auth, head) }, request)
}

/** A request with these headers, as far as the readers of headers look. */
function withHeaders(headers: Record<string, string>): FastifyRequest {
  return { headers } as unknown as FastifyRequest
}

function partsOf(name: string, value: string): Buffer {
  return Buffer.from(`--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--x--\r\n`)
}

const PARTS = 'multipart/form-data; boundary=x'
const FORM = 'application/x-www-form-urlencoded'
const propagator = new W3CTraceContextPropagator()
const rules = serverRules(0)

/** Fastify, set up as the gateway sets it up, because it reads these headers itself. */
const app = Fastify({ trustProxy: ['127.0.0.0/8'] })
await app.register(fastifyCookie)
app.get('/', async ({ cookies, ip }) => ({ cookies, ip }))

/** Everything that reads what senders write, by what it reads. */
const READERS: Readonly<Record<string, Reading>> = {
  'a signature': (text) => verifyWith(HMAC, { signature: text }),
  'a signature after its prefix': (text) => verifyWith(HMAC, { signature: `sha256=${text}` }),
  'a signature with parameters': (text) => verifyWith(STRIPE, { signature: text }),
  'a signature with a timestamp': (text) => verifyWith(STRIPE, { signature: `t=1,v1=${text}` }),
  'a signed body': (text) => verifyWith(HMAC, { signature: `sha256=${'0'.repeat(64)}` }, text),
  'the time of a signature': (text) =>
    verifyWith(STRIPE, { signature: `t=2026-01-01T00:00:00.${text},v1=${'0'.repeat(64)}` }),
  'the id of a signature': (text) =>
    verifyWith(
      { ...HMAC, idHeader: 'id', signed: [{ part: 'id' }, { part: 'body' }] },
      { id: text, signature: `sha256=${'0'.repeat(64)}` }
    ),
  'a signed form': (text) => verifyWith(TWILIO, { signature: `sha256=${'0'.repeat(64)}` }, text),
  'the value of a field of a signed form': (text) =>
    verifyWith(TWILIO, { signature: `sha256=${'0'.repeat(64)}` }, `a=${text}`),
  "a public key's signature": (text) => verifyWith(BY_PUBLIC_KEY, { signature: text }),
  "a body with a public key's signature": (text) => verifyWith(BY_PUBLIC_KEY, { signature: 'AAAA' }, text),
  'a standard signature': (text) =>
    verifyWith(STANDARD, { 'webhook-id': '1', 'webhook-timestamp': '1', 'webhook-signature': text }),
  'the id of a standard webhook': (text) =>
    verifyWith(STANDARD, { 'webhook-id': text, 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' }),
  'the time of a standard webhook': (text) =>
    verifyWith(STANDARD, { 'webhook-id': '1', 'webhook-timestamp': text, 'webhook-signature': 'v1,x' }),
  'the key in an address': (text) => verifyWith(IN_QUERY, {}, '', `/?${text}`),
  'the value of a key in an address': (text) => verifyWith(IN_QUERY, {}, '', `/?key=${text}`),
  'a challenge in an address': (text) => answerQuery(QUERY_CHALLENGE, `/?${text}`),
  'the token of a challenge': (text) => answerQuery(QUERY_CHALLENGE, `/?challenge=1&token=${text}`),
  'a challenge in a body': (text) => answerBody(BODY_CHALLENGE, { challenge: text }),
  'a key in a body': (text) => takeBodyKey(IN_BODY, { key: text }),
  'a bearer token': (text) => presentedKey({ authorization: `Bearer ${text}` }),
  'a key': (text) => isWholeKey(`vgw_${text}`),
  'a basic login': (text) => basicPassword({ authorization: `Basic ${text}` }),
  Prefer: (text) => preferredWait(withHeaders({ prefer: text })),
  'Prefer, quoted': (text) => preferredWait(withHeaders({ prefer: `wait="${text}` })),
  'Idempotency-Key': (text) => idempotencyKeyOf(withHeaders({ 'idempotency-key': text })),
  'Idempotency-Key, quoted': (text) => idempotencyKeyOf(withHeaders({ 'idempotency-key': `"${text}` })),
  'X-Request-Id': (text) => requestIds()({ headers: { 'x-request-id': text } }),
  traceparent: (text) => propagator.extract(ROOT_CONTEXT, { traceparent: text }, defaultTextMapGetter),
  tracestate: (text) =>
    propagator.extract(ROOT_CONTEXT, { traceparent: TRACEPARENT, tracestate: text }, defaultTextMapGetter),
  'Content-Type': (text) => readContentType(text),
  'the parameters of Content-Type': (text) => readContentType(`a/b;${text}!`),
  Cookie: (text) => app.inject({ url: '/', headers: { cookie: text } }),
  'X-Forwarded-For': (text) => app.inject({ url: '/', headers: { 'x-forwarded-for': text } }),
  Origin: (text) => {
    refuseOtherSites({ origin: `http://${text}` }, 'gateway')
  },
  'a form': parseForm,
  'the name of a field': (text) => parseForm(`${text}=1`),
  'the value of a field': (text) => parseForm(`a=${text}`),
  JSON: (text) => parseJson(Buffer.from(text)),
  'a text of a payload that is kept': (text) => redactedJson({ text }, text.length + 100),
  'a name of a payload that is kept': (text) => redactedJson({ [text]: 1 }, text.length + 100),
  'JSON in a text of a payload that is kept': (text) => redactedJson([`{"a":"${text}`], text.length + 100),
  'a JSON array': (text) => parseJson(Buffer.from(`[${text}`)),
  'a JSON object': (text) => parseJson(Buffer.from(`{${text}`)),
  'a JSON text': (text) => parseJson(Buffer.from(`{"a":"${text}`)),
  'the payload of a webhook': (text) => parsePayload(Buffer.from(text), 'text/plain', ['text'], undefined),
  'a payload within a form': (text) => parsePayload(Buffer.from(`p=${text}`), FORM, ['form'], 'p'),
  'JSON that is sent as a form': (text) => parsePayload(Buffer.from(`[${text}]`), FORM, ['form'], undefined),
  'a payload in parts': (text) => parsePayload(Buffer.from(text), PARTS, ['multipart'], undefined),
  'a payload within a part': (text) => parsePayload(partsOf('p', text), PARTS, ['multipart'], 'p'),
  'the name of a part of a payload': (text) =>
    parsePayload(partsOf(text, 'a'), PARTS, ['multipart'], undefined),
  "a query at VICIdial's address": (text) => readQuery(`/?${text}`),
  "a form at VICIdial's address": (text) => readBody(Buffer.from(text), FORM),
  'a form in parts': (text) => readBody(Buffer.from(text), PARTS),
  'a part': (text) => readBody(partsOf('a', text), PARTS),
  'the name of a part': (text) => readBody(partsOf(text, 'a'), PARTS),
  'the boundary of parts': (text) => readBody(partsOf('a', 'a'), `multipart/form-data; boundary=${text}`),
  lead_ids: (text) => readCall('batch_update_lead', new Map([['lead_ids', text]]), 'crm'),
  leads_data: (text) => readCall('batch_update_lead', new Map([['leads_data', text]]), 'crm'),
  source: (text) => readCall('batch_update_lead', new Map([['source', text]]), 'crm'),
  'a custom field': (text) => cleanCustomField('a', { maxLength: 65_535 }, text, rules.text),
  'a time': (text) => readTime(`2026-01-01T00:00:00.${text}`),
  ...Object.fromEntries(
    FIELDS.filter(({ name }) =>
      ['comments', 'email', 'first_name', 'phone_number', 'rank'].includes(name)
    ).map((field): [string, Reading] => [field.name, (text) => rules.clean(field, text)])
  )
}

test('the check knows what is quadratic, and leaves alone what is not', async (t) => {
  const aText = (length: number) => 'a'.repeat(length)
  const quadratic = (text: string) => {
    for (let at = 0; at < text.length; at++) text.lastIndexOf('b', at)
  }
  t.match(
    await superlinear(quadratic, aText),
    /^(16384|65536) characters cost \d+ µs, a quarter of them \d+$/
  )
  const linear = (text: string) => {
    let sum = 0
    for (let times = 0; times < 100; times++)
      for (let at = 0; at < text.length; at++) sum += text.charCodeAt(at)
    return sum
  }
  t.equal(await superlinear(linear, aText), undefined)
})

test('a signature of a long body costs little more than an HMAC of it', async (t) => {
  const body = 'a'.repeat(8_000_000)
  const hmac = await costOf((text) => createHmac('sha256', 'secret').update(text).digest(), body)
  const signed = { signature: `sha256=${'0'.repeat(64)}` }
  const standard = { 'webhook-id': '1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' }
  const auth: Auth = { ...HMAC, secrets: ['one'] }
  for (const verifying of [
    (text: string) => verifyWith(auth, signed, text),
    (text: string) => verifyWith(STANDARD, standard, text)
  ]) {
    const cost = await costOf(verifying, body)
    t.ok(cost < 10 * hmac, `${cost} µs, an HMAC ${hmac} µs`)
  }
})

test('reading what senders write costs no more than in proportion to its length', async (t) => {
  for (const [what, read] of Object.entries(READERS)) {
    for (const unit of UNITS) {
      // Many a pattern is slow only if its text ends otherwise than it promised.
      const found = await superlinear(read, (length) => `${unit.repeat(Math.ceil(length / unit.length))}!`)
      if (found !== undefined) t.fail(`${what} of ${JSON.stringify(unit)}: ${found}`)
    }
    t.pass(what)
  }
})
