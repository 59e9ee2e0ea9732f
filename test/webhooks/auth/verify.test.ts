import { createHmac, generateKeyPairSync, hash, sign, verify as verifySignature } from 'node:crypto'
import * as fc from 'fast-check'
import { test } from 'tap'
import type { Auth, AuthFault, HmacAuth, PublicKeyAuth } from '../../../src/webhooks/auth/auth.ts'
import { readPublicKey } from '../../../src/webhooks/auth/public-key.ts'
import { STANDARD_HEADERS, standardWebhooksKey } from '../../../src/webhooks/auth/standard-webhooks.ts'
import { challengeOf, verifyHead } from '../../../src/webhooks/auth/verify.ts'
import { type ReceivedRequest, verify as verifyBy } from '../verify.ts'

const NOW = 1_700_000_000_000

function request(body: string | Buffer, headers: Record<string, string>, now = NOW): ReceivedRequest {
  return { method: 'POST', url: '/v1/webhooks/crm', headers, rawBody: Buffer.from(body), now }
}

function verify(auth: Auth, received: ReceivedRequest): AuthFault | undefined {
  return verifyBy({ verifyHead: (head) => verifyHead(auth, head) }, received)
}

/** A signature by what is not the code under test: WebCrypto. */
async function independentHmac(secret: string | Buffer, text: string | Buffer): Promise<Buffer> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new Uint8Array(Buffer.from(secret)), algorithm, false, [
    'sign'
  ])
  return Buffer.from(await crypto.subtle.sign('HMAC', key, new Uint8Array(Buffer.from(text))))
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

function standardAuth(secret: string): Auth {
  const key = standardWebhooksKey(secret)
  return {
    type: 'standard_webhooks',
    keys: key === undefined ? [] : [key],
    toleranceSeconds: 300,
    headers: STANDARD_HEADERS
  }
}

const HMAC: HmacAuth = {
  type: 'hmac',
  algorithm: 'sha256',
  header: 'x-hub-signature-256',
  encoding: 'hex',
  prefix: 'sha256=',
  signatureParameter: undefined,
  timestamp: undefined,
  idHeader: undefined,
  signed: [{ part: 'body' }],
  publicUrl: '',
  secrets: ["It's a Secret to Everybody"]
}
const GITHUB = HMAC
const SHOPIFY: HmacAuth = {
  ...HMAC,
  header: 'x-shopify-hmac-sha256',
  encoding: 'base64',
  prefix: '',
  secrets: ['hush']
}
const STRIPE: HmacAuth = {
  ...HMAC,
  header: 'stripe-signature',
  prefix: '',
  signatureParameter: 'v1',
  timestamp: { in: 'parameter', name: 't', unit: 'seconds', toleranceSeconds: 300 },
  signed: [{ part: 'timestamp' }, { text: '.' }, { part: 'body' }],
  secrets: ['whsec_test_secret']
}
const HUBSPOT: HmacAuth = {
  ...HMAC,
  header: 'x-hubspot-signature-v3',
  encoding: 'base64',
  prefix: '',
  timestamp: {
    in: 'header',
    name: 'x-hubspot-request-timestamp',
    unit: 'milliseconds',
    toleranceSeconds: 300
  },
  signed: [{ part: 'method' }, { part: 'url' }, { part: 'body' }, { part: 'timestamp' }],
  publicUrl: 'https://hooks.example.com',
  secrets: ['yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy']
}

test("GitHub's published example is accepted", async (t) => {
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  t.equal(verify(GITHUB, request('Hello, World!', { 'x-hub-signature-256': signature })), undefined)
  t.equal(verify(GITHUB, request('Hello, World', { 'x-hub-signature-256': signature })), 'signature_wrong')
  t.equal(verify(GITHUB, request('Hello, World!', {})), 'signature_missing')
})

test('a signature with extra text before or after it, or another prefix, is refused', async (t) => {
  const hex = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const base64 = createHmac('sha256', 'hush').update('Hello, World!').digest('base64')
  const of = (auth: HmacAuth, header: string) =>
    verify(auth, request('Hello, World!', { [auth.header]: header }))
  t.equal(of(GITHUB, hex), undefined)
  for (const other of [
    `${hex}zz`,
    `${hex}00`,
    hex.replace('=', '=00'),
    hex.replace('=', '=zz'),
    hex.replace('sha256', 'sha512'),
    hex.slice('sha256='.length),
    hex.slice(0, -1)
  ])
    t.equal(of(GITHUB, other), 'signature_malformed', other)
  t.equal(of(SHOPIFY, base64), undefined)
  // The last letter before the `=` has two bits that decoding drops.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const next = alphabet[alphabet.indexOf(base64.at(-2) ?? '') + 1] ?? ''
  for (const other of [`${base64}A`, `A${base64}`, `=${base64}`, `${base64.slice(0, -2)}${next}=`])
    t.equal(of(SHOPIFY, other), 'signature_malformed', other)
})

test('an endpoint for callers accepts no secret of its own', async (t) => {
  t.equal(verify({ type: 'callers' }, request('x', { authorization: 'Bearer key' })), 'credential_missing')
})

test("Standard Webhooks' published example is accepted", async (t) => {
  const now = 1_614_265_330_000
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  }
  const body = '{"test": 2432232314}'
  for (const secret of ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']) {
    const auth = standardAuth(secret)
    t.equal(verify(auth, request(body, headers, now)), undefined)
    const others = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc='
    const several = `${others} v2,${others.slice(3)} ${headers['webhook-signature']} ${others}`
    t.equal(verify(auth, request(body, { ...headers, 'webhook-signature': several }, now)), undefined)
    for (const [name, value, reason] of [
      ['webhook-id', 'msg_other', 'signature_wrong'],
      ['webhook-id', '', 'signature_missing'],
      ['webhook-timestamp', '1614265331', 'signature_wrong'],
      ['webhook-timestamp', '', 'timestamp_missing'],
      ['webhook-timestamp', 'hello', 'timestamp_malformed'],
      ['webhook-timestamp', '99999999999999', 'signature_wrong'],
      ['webhook-signature', '', 'signature_missing'],
      ['webhook-signature', 'v1,', 'signature_wrong'],
      ['webhook-signature', 'v1', 'signature_wrong'],
      ['webhook-signature', headers['webhook-signature'].slice(0, 8), 'signature_wrong'],
      ['webhook-signature', `v2,${headers['webhook-signature'].slice(3)}`, 'signature_wrong'],
      ['webhook-signature', others, 'signature_wrong']
    ] as const)
      t.equal(verify(auth, request(body, { ...headers, [name]: value }, now)), reason, `${name}: ${value}`)
    const tenBefore = `${`${others} `.repeat(10)}${headers['webhook-signature']}`
    for (const [several, reason] of [
      [tenBefore, 'signature_wrong'],
      [tenBefore.slice(others.length + 1), undefined]
    ] as const)
      t.equal(verify(auth, request(body, { ...headers, 'webhook-signature': several }, now)), reason)
    t.equal(verify(auth, request(`${body} `, headers, now)), 'signature_wrong')
    t.equal(verify(auth, request(body, headers, now + 300_000)), undefined)
    t.equal(verify(auth, request(body, headers, now + 300_001)), 'timestamp_too_old')
    t.equal(verify(auth, request(body, headers, now - 300_001)), 'timestamp_too_new')
  }
})

test('Standard Webhooks: a secret is base64 and nothing else', async (t) => {
  for (const secret of ['c2VjcmV0', 'whsec_c2VjcmV0'])
    t.strictSame(standardWebhooksKey(secret), Buffer.from('secret'), secret)
  for (const secret of [
    '',
    'whsec_',
    'whsec_c',
    'whsec_====',
    'old: whsec_c2VjcmV0',
    'whsec_whsec_c2VjcmV0',
    'WHSEC_c2VjcmV0',
    '!c2VjcmV0',
    'c2VjcmV0!',
    'c2Vj cmV0',
    'c2VjcmV0===',
    'whsec_c2Vj-mV_'
  ])
    t.equal(standardWebhooksKey(secret), undefined, secret)
})

test('Standard Webhooks: a body that is not UTF-8 does not match the signature of its replacement', async (t) => {
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const auth = standardAuth(secret.toString('base64'))
  const signature = (await independentHmac(secret, 'a.1700000000.\uFFFD')).toString('base64')
  const headers = {
    'webhook-id': 'a',
    'webhook-timestamp': '1700000000',
    'webhook-signature': `v1,${signature}`
  }
  t.equal(verify(auth, request('\uFFFD', headers)), undefined)
  t.equal(verify(auth, request(Buffer.from([0xff]), headers)), 'signature_wrong')
})

test('Standard Webhooks: id and body are signed as the bytes that were sent', async (t) => {
  const [id, body] = [Buffer.from('évt'), Buffer.from([0xff, 0x00])]
  const signed = Buffer.concat([id, Buffer.from('.1700000000.'), body])
  const signature = (await independentHmac('secret', signed)).toString('base64')
  const headers = {
    // What a sender writes in UTF-8, Node gives as Latin-1.
    'webhook-id': id.toString('latin1'),
    'webhook-timestamp': '1700000000',
    'webhook-signature': `v1,${signature}`
  }
  t.equal(verify(standardAuth('c2VjcmV0'), request(body, headers)), undefined)
})

test('Zendesk: the timestamp is an RFC 3339 time, and signed as the text that was sent', async (t) => {
  const auth: HmacAuth = {
    ...HMAC,
    header: 'x-zendesk-webhook-signature',
    encoding: 'base64',
    prefix: '',
    timestamp: {
      in: 'header',
      name: 'x-zendesk-webhook-signature-timestamp',
      unit: 'seconds',
      toleranceSeconds: 300
    },
    signed: [{ part: 'timestamp' }, { part: 'body' }]
  }
  const body = '{"lead_id":101,"status":"NI"}'
  const of = async (timestamp: string, sent = timestamp, now = NOW) => {
    const signature = await independentHmac(auth.secrets[0] ?? '', timestamp + body)
    const headers = {
      'x-zendesk-webhook-signature': signature.toString('base64'),
      'x-zendesk-webhook-signature-timestamp': sent
    }
    return verify(auth, request(body, headers, now))
  }
  // NOW is 2023-11-14T22:13:20Z.
  for (const timestamp of [
    '2023-11-14T22:13:20Z',
    '2023-11-14T22:13:20.123Z',
    '2023-11-14T22:13:20.123456789+00:00',
    '2023-11-14T17:13:20-05:00',
    '1700000000'
  ])
    t.equal(await of(timestamp), undefined, timestamp)
  t.equal(await of('2023-11-14T22:13:20Z', '2023-11-14T22:13:20+00:00'), 'signature_wrong')
  t.equal(await of('2023-11-14T22:13:20Z', '2023-11-14T22:13:21Z'), 'signature_wrong')
  t.equal(await of('2023-11-14T22:13:20Z', undefined, NOW + 300_001), 'timestamp_too_old')
  t.equal(await of('2023-11-14T22:13:20Z', undefined, NOW - 300_001), 'timestamp_too_new')
  for (const malformed of [
    '2023-11-14',
    '2023-11-14 22:13:20',
    '2023-11-14T22:13:20',
    '2023-02-30T22:13:20Z',
    '2023-11-14T24:00:00Z',
    `2023-11-14T22:13:20.${'0'.repeat(100)}Z`,
    'Tue, 14 Nov 2023 22:13:20 GMT'
  ])
    t.equal(await of(malformed), 'timestamp_malformed', malformed)
})

/** The example of Twilio's documentation: https://www.twilio.com/docs/usage/security */
test("Twilio's published example is accepted: the URL and the fields of the form by name, with SHA-1", async (t) => {
  const auth: HmacAuth = {
    ...HMAC,
    header: 'x-twilio-signature',
    algorithm: 'sha1',
    encoding: 'base64',
    prefix: '',
    signed: [{ part: 'url' }, { part: 'form' }],
    publicUrl: 'https://mycompany.com',
    secrets: ['12345']
  }
  const fields = {
    Digits: '1234',
    To: '+18005551212',
    From: '+14158675309',
    Caller: '+14158675309',
    CallSid: 'CA1234567890ABCDE'
  }
  const headers = { 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' }
  const of = (body: string, url = '/myapp.php?foo=1&bar=2') =>
    verify(auth, { ...request(body, headers), url })
  t.equal(of(new URLSearchParams(fields).toString()), undefined)
  t.equal(of(new URLSearchParams(Object.entries(fields).toReversed()).toString()), undefined)
  t.equal(of(new URLSearchParams({ ...fields, Digits: '1235' }).toString()), 'signature_wrong')
  t.equal(of(new URLSearchParams({ ...fields, More: '' }).toString()), 'signature_wrong')
  t.equal(of(new URLSearchParams(fields).toString(), '/myapp.php?foo=1'), 'signature_wrong')
  t.equal(of(''), 'signature_wrong')
  const long = 'a'.repeat(262_144)
  const ofLong = (text: string) => {
    const signature = createHmac('sha1', '12345').update(`https://mycompany.com/${text}`).digest('base64')
    return verify(auth, { ...request(text, { 'x-twilio-signature': signature }), url: '/' })
  }
  t.equal(ofLong(long), undefined)
  t.equal(ofLong(`${long}a`), 'signature_wrong', 'longer than a real form')
  const ofMany = (count: number) => {
    const names = Array.from({ length: count }, (_, index) => `a${String(index).padStart(4, '0')}`)
    const text = `https://mycompany.com/${names.join('')}`
    const signature = createHmac('sha1', '12345').update(text).digest('base64')
    const body = names.toReversed().join('&')
    return verify(auth, { ...request(body, { 'x-twilio-signature': signature }), url: '/' })
  }
  t.equal(ofMany(1_000), undefined)
  t.equal(ofMany(1_001), 'signature_wrong', 'more fields than a form may have')
  // Capitals come first, and letters like ä last, whatever the sender's language.
  const mixed = 'b=1&%C3%A4=2&a=%C3%A9+%26&B=&ab=5&a%21=6'
  const inOrder = 'Ba\u00e9 &a!6ab5b1\u00e42'
  const signature = (await independentHmac('12345', `https://mycompany.com/${inOrder}`)).toString('base64')
  const bySha256: HmacAuth = { ...auth, algorithm: 'sha256' }
  t.equal(verify(bySha256, { ...request(mixed, { 'x-twilio-signature': signature }), url: '/' }), undefined)
  // Twilio's libraries sign a repeated field's values in order, each once; a ? belongs to the first name.
  const signed = { 'M=b&A=1&M=a': 'A1MaMb', 'M=a&M=a': 'Ma', '?a=1': '?a1' }
  for (const [body, fieldsSigned] of Object.entries(signed)) {
    const ofFields = createHmac('sha1', '12345')
      .update(`https://mycompany.com/${fieldsSigned}`)
      .digest('base64')
    const received = (text: string) => ({ ...request(text, { 'x-twilio-signature': ofFields }), url: '/' })
    t.equal(verify(auth, received(body)), undefined, body)
    t.equal(verify(auth, received(`${body}&z`)), 'signature_wrong', body)
  }
  const plain = createHmac('sha1', '12345').update('https://mycompany.com/a1').digest('base64')
  const forged = { ...request('?a=1', { 'x-twilio-signature': plain }), url: '/' }
  t.equal(verify(auth, forged), 'signature_wrong')
})

test('a signed body may be larger than a form, and have more & than a form has fields', async (t) => {
  for (const body of ['a'.repeat(262_145), '&'.repeat(1_001)]) {
    const signature = (await independentHmac("It's a Secret to Everybody", body)).toString('hex')
    const headers = { 'x-hub-signature-256': `sha256=${signature}` }
    t.equal(verify(GITHUB, request(body, headers)), undefined)
    t.equal(verify(GITHUB, request(`${body}a`, headers)), 'signature_wrong')
  }
})

test('signatures of public keys: RSA, EC and Ed25519', (t) => {
  const pairs = [
    generateKeyPairSync('rsa', { modulusLength: 2_048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ed25519')
  ]
  for (const { publicKey, privateKey } of pairs) {
    const type = String(publicKey.asymmetricKeyType)
    const hash = type === 'ed25519' ? null : 'sha256'
    const auth: PublicKeyAuth = {
      ...STRIPE,
      type: 'public_key',
      header: 'x-signature',
      encoding: 'base64',
      signatureParameter: undefined,
      timestamp: { in: 'header', name: 'x-timestamp', unit: 'seconds', toleranceSeconds: 300 },
      signed: [{ part: 'timestamp' }, { part: 'body' }],
      keys: [publicKey]
    }
    const headers = {
      'x-timestamp': '1700000000',
      'x-signature': sign(hash, Buffer.from('1700000000é'), privateKey).toString('base64')
    }
    const of = (body: string, more = {}, now = NOW) =>
      verify(auth, request(body, { ...headers, ...more }, now))
    t.equal(of('é'), undefined, type)
    t.equal(of('e'), 'signature_wrong')
    t.equal(of('é', { 'x-timestamp': '1700000001' }), 'signature_wrong')
    t.equal(of('é', {}, NOW + 300_001), 'timestamp_too_old')
    t.equal(of('é', { 'x-signature': '' }), 'signature_missing')
    for (const wrong of ['A', `${headers['x-signature']}A`, '!', 'A'.repeat(2_000)])
      t.equal(of('é', { 'x-signature': wrong }), 'signature_malformed', wrong)
    for (const wrong of ['AAAA', 'A'.repeat(88)])
      t.equal(of('é', { 'x-signature': wrong }), 'signature_wrong')
    const others = pairs.flatMap((pair) => (pair.publicKey === publicKey ? [] : [pair.publicKey]))
    t.equal(verify({ ...auth, keys: others }, request('é', headers)), 'signature_wrong')
    t.equal(verify({ ...auth, keys: [...others, publicKey] }, request('é', headers)), undefined)
  }
  t.end()
})

test("a public key's signature is as long as an RSA key of 8,192 bits makes it at most, and not empty", async (t) => {
  const auth: PublicKeyAuth = {
    ...HMAC,
    type: 'public_key',
    encoding: 'base64',
    prefix: 'v1=',
    keys: [generateKeyPairSync('ed25519').publicKey]
  }
  for (const [length, fault] of [
    [0, 'signature_malformed'],
    [1, 'signature_wrong'],
    [1_024, 'signature_wrong'],
    [1_025, 'signature_malformed']
  ] as const) {
    const signature = Buffer.alloc(length, 1).toString('base64')
    t.equal(verify(auth, request('x', { [auth.header]: `v1=${signature}` })), fault, `${length} bytes`)
  }
})

/** The example of SendGrid's libraries. */
test("SendGrid's published example is accepted", (t) => {
  const key = readPublicKey(
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=='
  )
  const auth: PublicKeyAuth = {
    ...HUBSPOT,
    type: 'public_key',
    header: 'x-twilio-email-event-webhook-signature',
    timestamp: {
      in: 'header',
      name: 'x-twilio-email-event-webhook-timestamp',
      unit: 'seconds',
      toleranceSeconds: 300
    },
    signed: [{ part: 'timestamp' }, { part: 'body' }],
    keys: key === undefined ? [] : [key]
  }
  const body =
    '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",' +
    '"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",' +
    '"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",' +
    '"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
  const headers = {
    'x-twilio-email-event-webhook-signature':
      'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
    'x-twilio-email-event-webhook-timestamp': '1600112502'
  }
  t.equal(verify(auth, request(body, headers, 1_600_112_502_000)), undefined)
  t.equal(verify(auth, request(body.trimEnd(), headers, 1_600_112_502_000)), 'signature_wrong')
  t.end()
})

test("Discord's and Telnyx's public keys are the 32 bytes of an Ed25519 key, in hex and in base64", (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const bytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  for (const encoding of ['hex', 'base64'] as const) {
    const text = bytes.toString(encoding)
    const key = readPublicKey(text)
    t.ok(key && verifySignature(null, Buffer.from('a'), key, sign(null, Buffer.from('a'), privateKey)))
    t.equal(readPublicKey(text.slice(2)), undefined)
  }
  t.end()
})

test('an id that is signed is the value of its header', async (t) => {
  const auth: HmacAuth = {
    ...HMAC,
    prefix: '',
    idHeader: 'x-message-id',
    signed: [{ part: 'id' }, { text: '.' }, { part: 'body' }]
  }
  const id = Buffer.from('évt-1')
  const signed = await independentHmac(auth.secrets[0] ?? '', Buffer.concat([id, Buffer.from('.x')]))
  const of = (header: string) =>
    verify(auth, request('x', { 'x-hub-signature-256': signed.toString('hex'), 'x-message-id': header }))
  t.equal(of(id.toString('latin1')), undefined)
  t.equal(of('evt-2'), 'signature_wrong')
  t.equal(of(''), 'id_missing')
})

test('HMACs with SHA-1 and SHA-512, in hex and in base64', (t) => {
  for (const algorithm of ['sha1', 'sha256', 'sha512'] as const) {
    for (const encoding of ['hex', 'base64'] as const) {
      const auth: HmacAuth = { ...HMAC, algorithm, encoding, prefix: `${algorithm}=` }
      const of = (signature: string) =>
        verify(auth, request('x', { 'x-hub-signature-256': `${algorithm}=${signature}` }))
      const signature = (by: string) =>
        createHmac(by, auth.secrets[0] ?? '')
          .update('x')
          .digest(encoding)
      t.equal(of(signature(algorithm)), undefined, `${algorithm} ${encoding}`)
      // Hex digits are the same in upper case, letters of base64 are not.
      t.equal(
        of(signature(algorithm).toUpperCase()),
        encoding === 'hex' ? undefined : 'signature_wrong',
        `${algorithm} ${encoding} in upper case`
      )
      for (const other of ['sha1', 'sha256', 'sha512'].filter((one) => one !== algorithm))
        t.equal(of(signature(other)), 'signature_malformed', `${other} for ${algorithm}`)
      t.equal(of(signature(algorithm).slice(0, -1)), 'signature_malformed')
    }
  }
  t.end()
})

test('Svix: the headers of Standard Webhooks by their older names, or by names of its own', async (t) => {
  const now = 1_614_265_330_000
  const values = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  }
  const body = '{"test": 2432232314}'
  const auth = standardAuth('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  const named = (prefix: string) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}-${name}`, value]))
  t.equal(verify(auth, request(body, named('svix'), now)), undefined)
  t.equal(verify(auth, request(`${body} `, named('svix'), now)), 'signature_wrong')
  t.equal(verify(auth, request(body, named('acme'), now)), 'signature_missing')
  // The id that a repeat is recognised by must be the signed one.
  t.equal(
    verify(auth, request(body, { ...named('svix'), 'webhook-id': 'msg_other' }, now)),
    'signature_missing'
  )
  const headers = [{ id: 'acme-id', timestamp: 'acme-timestamp', signature: 'acme-signature' }]
  const own: Auth = auth.type === 'standard_webhooks' ? { ...auth, headers } : auth
  t.equal(verify(own, request(body, named('acme'), now)), undefined)
  t.equal(verify(own, request(body, named('svix'), now)), 'signature_missing')
})

test('Shopify: base64 of the HMAC of the raw body', async (t) => {
  const body = '{"id":706405506930370084,"email":"bob@biller.com"}'
  const signature = (await independentHmac('hush', body)).toString('base64')
  t.equal(verify(SHOPIFY, request(body, { 'x-shopify-hmac-sha256': signature })), undefined)
  t.equal(verify(SHOPIFY, request(`${body}\n`, { 'x-shopify-hmac-sha256': signature })), 'signature_wrong')
})

test('Stripe: timestamp, dot and body; any of several v1, and no v0', async (t) => {
  const body = '{"id":"evt_test_webhook","object":"event"}'
  const signature = (await independentHmac('whsec_test_secret', `1700000000.${body}`)).toString('hex')
  const of = (header: string, now = NOW) => verify(STRIPE, request(body, { 'stripe-signature': header }, now))
  const other = 'a'.repeat(64)
  t.equal(of(`t=1700000000,v1=${signature},v0=${other}`), undefined)
  t.equal(of(`t=1700000000, v1=${other}, v1=${signature}`), undefined)
  t.equal(of(`t = 1700000000 , v1 = ${signature} , v0=${other}`), undefined)
  t.equal(of(`t=1700000000,v0=${signature}`), 'signature_malformed')
  t.equal(of(`v1=${signature}`), 'timestamp_missing')
  t.equal(of(`t=1700000001,v1=${signature}`), 'signature_wrong')
  t.equal(of(`t=1700000000,t=1700000001,v1=${signature}`), 'timestamp_malformed')
  t.equal(of(`t=1e9,v1=${signature}`), 'timestamp_malformed')
  t.equal(of(`t=1700000000,v1=${signature}`, NOW + 301_000), 'timestamp_too_old')
  t.equal(of(`t=1700000000,v1=${signature}`, NOW - 301_000), 'timestamp_too_new')
  t.equal(
    of(`t=1700000000,v1=${other}`, NOW + 301_000),
    'signature_wrong',
    'an unverified sender learns no more'
  )
  t.equal(of(Array(11).fill(`v1=${other}`).join() + `,t=1700000000,v1=${signature}`), 'signature_wrong')
})

test('HubSpot v3: method, public URL with its query, body and timestamp in milliseconds', async (t) => {
  const body = '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"objectId":123}]'
  const url = '/v1/webhooks/hubspot?wait=5'
  const text = `POSThttps://hooks.example.com${url}${body}${NOW}`
  const secret = HUBSPOT.secrets[0] ?? ''
  const headers = {
    'x-hubspot-signature-v3': (await independentHmac(secret, text)).toString('base64'),
    'x-hubspot-request-timestamp': String(NOW)
  }
  const received = { ...request(body, headers), url }
  t.equal(verify(HUBSPOT, received), undefined)
  t.equal(verify(HUBSPOT, { ...received, url: '/v1/webhooks/hubspot' }), 'signature_wrong')
  t.equal(verify(HUBSPOT, { ...received, method: 'PUT' }), 'signature_wrong')
  t.equal(verify(HUBSPOT, { ...received, now: NOW + 300_001 }), 'timestamp_too_old')
  t.equal(verify({ ...HUBSPOT, publicUrl: 'http://hooks.example.com' }, received), 'signature_wrong')
  const { 'x-hubspot-request-timestamp': _, ...without } = headers
  t.equal(verify(HUBSPOT, { ...received, headers: without }), 'timestamp_missing')
})

test('a different body that parses to the same value is refused', async (t) => {
  const body = '{"id":1,"id":2,"name":"Ann"}'
  const signature = `sha256=${(await independentHmac("It's a Secret to Everybody", body)).toString('hex')}`
  const of = (raw: string) => verify(GITHUB, request(raw, { 'x-hub-signature-256': signature }))
  t.equal(of(body), undefined)
  for (const same of [
    '{"id":2,"name":"Ann"}',
    '{"id":2,"id":2,"name":"Ann"}',
    '{"id":1,"id":2,"name":"\\u0041nn"}',
    '{"id":1, "id":2,"name":"Ann"}',
    `\uFEFF${body}`
  ])
    t.equal(of(same), 'signature_wrong', same)
})

test('each of the secrets is accepted, so that they can be rotated', async (t) => {
  const signatures = ['old', 'new', 'other'].map((secret) =>
    createHmac('sha256', secret).update('x').digest('hex')
  )
  const rotated = { ...GITHUB, prefix: '', secrets: ['old', 'new'] }
  t.strictSame(
    signatures.map((signature) => verify(rotated, request('x', { 'x-hub-signature-256': signature }))),
    [undefined, undefined, 'signature_wrong']
  )
})

test('any change in header or body is refused, and nothing is ever thrown', (t) => {
  const alter = fc.tuple(fc.nat(), fc.nat(255))
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1 }),
      fc.string({ minLength: 1 }),
      alter,
      (bytes, secret, [at, by]) => {
        const body = Buffer.from(bytes)
        const auth: HmacAuth = { ...SHOPIFY, secrets: [secret] }
        const signature = createHmac('sha256', secret).update(body).digest('base64')
        const sent = { 'x-shopify-hmac-sha256': signature }
        if (verify(auth, request(body, sent)) !== undefined) return false
        const altered = Buffer.from(body)
        altered[at % body.length] = by
        const isSame = altered.equals(body)
        if ((verify(auth, request(altered, sent)) === undefined) !== isSame) return false
        const position = at % signature.length
        const letter = String.fromCharCode(by)
        const header = signature.slice(0, position) + letter + signature.slice(position + 1)
        const accepted = verify(auth, request(body, { 'x-shopify-hmac-sha256': header })) === undefined
        return accepted === (header === signature)
      }
    )
  )
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(GITHUB, SHOPIFY, STRIPE, HUBSPOT), (header, auth) => {
      const reason = verify(
        auth,
        request('x', { [auth.header]: header, 'x-hubspot-request-timestamp': header })
      )
      return reason !== undefined
    })
  )
  t.end()
})

test('an API key is accepted the way callers send theirs', async (t) => {
  const auth: Auth = { type: 'api_key', hashes: ['old-key', 'new-key'].map(sha256) }
  const of = (headers: Record<string, string>) => verify(auth, request('x', headers))
  t.equal(of({ authorization: 'Bearer new-key' }), undefined)
  t.equal(of({ 'x-api-key': 'old-key' }), undefined)
  t.equal(of({ 'x-api-key': 'old-kez' }), 'credential_wrong')
  t.equal(of({ authorization: 'Basic bmV3LWtleQ==' }), 'credential_missing')
  t.equal(of({}), 'credential_missing')
})

test('Basic: user and password', async (t) => {
  const auth: Auth = { type: 'basic', hashes: ['zapier:first:pass', 'zapier:sécond'].map(sha256) }
  const of = (credentials: string) =>
    verify(auth, request('x', { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }))
  t.equal(of('zapier:first:pass'), undefined)
  t.equal(of('zapier:sécond'), undefined)
  for (const wrong of ['zapier:first', 'other:sécond', 'zapier', ':sécond', 'zapier:'])
    t.equal(of(wrong), 'credential_wrong', wrong)
  const right = Buffer.from('zapier:first:pass').toString('base64')
  for (const authorization of [`basic   ${right} `, `BASIC ${right}`])
    t.equal(verify(auth, request('x', { authorization })), undefined, authorization)
  for (const authorization of ['Bearer x', `XBasic ${right}`, `Basic ${right} x`, `Basic ${right},`, ''])
    t.equal(verify(auth, request('x', { authorization })), 'credential_missing', authorization)
  t.equal(verify(auth, request('x', {})), 'credential_missing')
})

test('a shared secret is the whole value of its header', async (t) => {
  const auth: Auth = { type: 'header', header: 'x-webhook-token', hashes: ['one', 'two', 'clé'].map(sha256) }
  const of = (headers: Record<string, string>) => verify(auth, request('x', headers))
  t.equal(of({ 'x-webhook-token': 'two' }), undefined)
  // What a sender writes in UTF-8, Node gives as Latin-1.
  t.equal(of({ 'x-webhook-token': Buffer.from('clé').toString('latin1') }), undefined)
  t.equal(of({ 'x-webhook-token': 'two ' }), 'credential_wrong')
  t.equal(of({ 'x-webhook-token': '' }), 'credential_missing')
  t.equal(of({ 'x-other-token': 'two' }), 'credential_missing')
})

test('a 401 names the authentication scheme and the endpoint', async (t) => {
  const hashes = [sha256('one')]
  const [standard, header] = [standardAuth('c2VjcmV0'), 'x-webhook-token']
  const cases: readonly (readonly [Auth, string])[] = [
    [{ type: 'basic', hashes }, 'Basic realm="crm", charset="UTF-8"'],
    [{ type: 'api_key', hashes }, 'Bearer realm="crm"'],
    [{ type: 'callers' }, 'Bearer realm="crm"'],
    [{ type: 'header', header, hashes }, 'Webhook realm="crm"'],
    [{ type: 'query_key', parameter: 'key', hashes }, 'Webhook realm="crm"'],
    [{ type: 'body_key', path: ['key'], hashes }, 'Webhook realm="crm"'],
    [GITHUB, 'Webhook realm="crm"'],
    [{ ...GITHUB, type: 'public_key', keys: [] }, 'Webhook realm="crm"'],
    [standard, 'Webhook realm="crm"']
  ]
  for (const [auth, challenge] of cases) t.equal(challengeOf(auth, 'crm'), challenge, auth.type)
})
