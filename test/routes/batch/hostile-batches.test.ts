import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'tap'
import { FIELD_BY_NAME, FIELDS } from '../../../src/leads/fields.ts'
import { API_KEY, batch, call, type Gateway, startGateway, sharedGateway } from '../../helper.ts'

const PATH = '/v1/leads/batch-update'
/** In milliseconds: far more than any of these takes, and far less than a client waits. */
const SOON_MS = 60_000

function open(gateway: Gateway): Socket {
  const { hostname, port } = new URL(gateway.origin)
  return connect(Number(port), hostname)
}

/** Waits for an event; unlike `once` it ignores an earlier error. */
function event(socket: Socket, name: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(name, resolve))
}

function head(bodyHeader: string): string {
  return `POST ${PATH} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${API_KEY}\r\nContent-Type: application/json\r\n${bodyHeader}\r\n\r\n`
}

/** Everything that the gateway writes to a socket until it closes the connection. */
async function answerOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  await event(socket, 'close')
  return text
}

test('10,000 junk updates are rejected one by one, quickly, and the gateway keeps running', async (t) => {
  const gateway = await sharedGateway(t)
  const junk = [
    null,
    7,
    'x',
    [],
    {},
    { lead_id: {} },
    { fields: { status: [] } },
    { lead_id: 1, fields: 'x' }
  ]
  const updates = Array.from({ length: 10_000 }, (_, n) => junk[n % junk.length])
  const started = performance.now()
  const { status, body } = await batch(gateway, { updates })

  t.equal(status, 422)
  t.ok(performance.now() - started < SOON_MS)
  t.equal(body.results.length, 10_000)
  t.ok(
    body.results.every(
      (result: { index: number; status: string }, n: number) =>
        result.index === n && result.status === 'rejected'
    )
  )
  t.equal(body.errors.length, 100)
  t.ok(body.errors_count >= 10_000)
  t.same(gateway.sandbox.calls(), [])
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
})

test('a value of a wrong type is refused in every field', async (t) => {
  const gateway = await sharedGateway(t)
  const wrong: unknown[] = [true, false, [], {}, ['SALE'], { toString: 'SALE' }, 1.5, -1, 1e21]
  const updates = FIELDS.flatMap(({ name }) =>
    wrong.map((value) => ({ lead_id: 1, fields: { [name]: value } }))
  )
  const { status, body } = await batch(gateway, { updates })
  const taken = updates.filter((_, index) => body.results[index].status !== 'rejected')

  t.equal(status, 207)
  t.same(taken, [
    { lead_id: 1, fields: { gmt_offset_now: 1.5 } },
    { lead_id: 1, fields: { gmt_offset_now: -1 } }
  ])
})

test('keys like __proto__ and constructor are ordinary unknown properties', async (t) => {
  const gateway = await sharedGateway(t)
  const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '']
  for (const key of keys) {
    const name = JSON.stringify(key)
    const update = await batch(
      gateway,
      `{"updates":[{"lead_id":1,"fields":{"status":"A"},${name}:{"status":"B"}}]}`
    )
    t.match(update.body.errors, [{ pointer: `/updates/0/${key}`, code: 'field_unknown' }])
    const field = await batch(gateway, `{"updates":[{"lead_id":1,"fields":{"status":"A",${name}:"x"}}]}`)
    t.match(field.body.errors, [{ pointer: `/updates/0/fields/${key}`, code: 'field_unknown' }])
    const envelope = await batch(gateway, `{"lead_ids":[1],"fields":{"status":"A"},${name}:{"dry_run":true}}`)
    t.match(envelope.body.errors, [{ pointer: `/${key}`, code: 'field_unknown' }])
    const patch = await call(gateway, 'PATCH', '/v1/leads/1', `{"status":"A",${name}:"x"}`)
    t.match(patch.body.errors, [{ pointer: `/${key}`, code: 'field_unknown' }])
    t.same([update.status, field.status, envelope.status, patch.status], [422, 422, 400, 422])
  }
  const inherited = await batch(gateway, '{"__proto__":{"lead_ids":[1],"fields":{"status":"A"}}}')
  t.equal(inherited.status, 400)
  t.equal(({} as Record<string, unknown>)['status'], undefined)
  t.same(gateway.sandbox.calls(), [])
})

test('half a surrogate pair is refused in every text, key and name', async (t) => {
  const gateway = await sharedGateway(t)
  const texts = FIELDS.filter(({ type }) => type === 'text').map(({ name }) => name)
  const updates = texts.map((name) => `{"lead_id":1,"fields":{"${name}":"a\\ud800"}}`)
  const { status, body } = await batch(
    gateway,
    `{"updates":[${updates},{"vendor_lead_code":"\\udc00a","fields":{"rank":1}}]}`
  )

  t.equal(status, 422)
  t.same(
    body.results.map((result: { error: { code: string; field: string } }) => [
      result.error.field,
      result.error.code
    ]),
    [...texts, 'vendor_lead_code'].map((name) => [name, 'unsafe_characters'])
  )
  const name = await batch(gateway, '{"updates":[{"lead_id":1,"fields":{"\\ud800":"a"}}]}')
  t.equal(name.status, 422)
  t.same(gateway.sandbox.calls(), [])
})

test('numbers beyond what VICIdial can hold are refused, not rounded', async (t) => {
  const gateway = await sharedGateway(t)
  const huge = [
    '1e400',
    '-1e400',
    '12345678901234567890',
    '9007199254740993',
    '0.1e-400',
    '1e-7',
    '"12345678901234567"'
  ]
  const names = ['list_id', 'rank', 'called_count', 'gmt_offset_now']
  const updates = huge.flatMap((number) => [
    `{"lead_id":${number},"fields":{"status":"A"}}`,
    ...names.map((name) => `{"lead_id":1,"fields":{"${name}":${number}}}`)
  ])
  const { body } = await batch(gateway, `{"dry_run":true,"updates":[${updates}]}`)

  const taken = updates.filter((_, index) => body.results[index].status !== 'rejected')
  t.same(taken, [])
})

test('no field and no key sends backslashes or quotes to VICIdial', async (t) => {
  const gateway = await sharedGateway(t)
  const texts = FIELDS.filter(({ type }) => type === 'text').map(({ name }) => name)
  const attacks = ['\\', 'a\\', '\\"', "\\', status='X' -- ", 'a\u0000', '\u001b[2J', 'a\u0085b', 'a\u007f']
  const updates = attacks.flatMap((attack) => [
    ...texts.map((name) => ({ lead_id: 1, fields: { [name]: attack } })),
    { vendor_lead_code: attack, fields: { rank: 1 } },
    { phone_number: attack, fields: { rank: 1 } }
  ])
  const { body } = await batch(gateway, { updates })
  const taken = updates.filter((_, index) => body.results[index].status === 'updated')
  const names = new Set(taken.flatMap(({ fields }) => Object.keys(fields)))
  for (const name of names) t.equal(FIELD_BY_NAME.get(name)?.kind, 'prose', name)
  for (const { params } of gateway.sandbox.calls()) t.notMatch(Object.values(params).join(''), /[\\\p{Cc}]/u)

  const quotes = texts.map((name) => ({ lead_id: 2, fields: { [name]: '"\'"' } }))
  await batch(gateway, { updates: quotes })
  for (const { params } of gateway.sandbox.calls()) t.notMatch(JSON.stringify(params), /\\\\|\\"/)
})

test('invalid JSON is refused with the position where reading stopped', async (t) => {
  const gateway = await sharedGateway(t)
  const broken: [text: string, line: number, column: number][] = [
    ['{"updates":[{"lead_id":101,"fields":{"st', 1, 41],
    ['{\n "updates": [\n  {"lead_id": 101,, }\n ]\n}', 3, 19],
    ['{\n "updates": [\n  {"lead_id": x }\n ]\n}', 3, 15],
    ['{"lead_ids": [1]} trailing', 1, 19],
    ["{'lead_ids': [1]}", 1, 2],
    ['{"a": NaN}\n\n\n\n', 1, 7],
    [`{"a": "${'x'.repeat(100)}", "b": undefined,\n\n "c": 1}`, 1, 116],
    ['[1,\n2,\n]', 3, 1],
    ['x at position 3', 1, 1]
  ]
  for (const [text, line, column] of broken) {
    const { status, body } = await batch(gateway, text)
    t.equal(status, 400)
    t.equal(body.code, 'invalid_json')
    const expected = `The body is not valid JSON: reading stopped at line ${line}, column ${column}.`
    t.ok(body.detail.startsWith(expected), `${JSON.stringify(text)}: ${body.detail}`)
  }
  t.same(gateway.sandbox.calls(), [])
})

test('an empty or missing body is told apart from a wrong one', async (t) => {
  const gateway = await sharedGateway(t)
  const empty = await batch(gateway, '')
  t.equal(empty.status, 400)
  t.match(empty.body, { code: 'invalid_json', detail: 'The body is empty; a JSON document is expected.' })
  const none = await call(gateway, 'POST', PATH)
  t.equal(none.status, 400)
  t.match(none.body, { code: 'invalid_request', errors: [{ pointer: '' }] })
  const blank = await batch(gateway, ' \n ')
  t.equal(blank.status, 400)
  t.equal(blank.body.code, 'invalid_json')
})

test('invalid UTF-8 is refused, not replaced; a byte order mark is skipped', async (t) => {
  const gateway = await sharedGateway(t)
  const around = (bytes: number[]) =>
    Buffer.concat([
      Buffer.from('{"lead_ids":[1],"fields":{"comments":"a'),
      Buffer.from(bytes),
      Buffer.from('"}}')
    ])
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf5, 0x80, 0x80, 0x80]]) {
    const { status, body } = await batch(gateway, around(bytes))
    t.equal(status, 400)
    t.match(body, {
      code: 'invalid_json',
      detail: 'The body is not valid UTF-8, in which JSON is encoded (RFC 8259).'
    })
  }
  const utf16 = Buffer.from('\ufeff{"lead_ids":[1],"fields":{"status":"A"}}', 'utf16le')
  t.equal((await batch(gateway, utf16)).status, 400)
  t.same(gateway.sandbox.calls(), [])

  const marked = await batch(gateway, '\ufeff{"lead_ids":[1],"fields":{"status":"A"}}')
  t.equal(marked.status, 200)
})

test('a duplicate name in an object is refused, however it is written, and nothing is sent', async (t) => {
  const gateway = await sharedGateway(t)
  const twice: [text: string, name: string, line: number, column: number][] = [
    ['{"lead_ids":[1],"lead_ids":[2],"fields":{"status":"A"}}', 'lead_ids', 1, 17],
    ['{"lead_ids":[1],\n "fields":{"status":"A",\n  "\\u0073tatus":"B"}}', 'status', 3, 3],
    ['{"lead_ids":[1],"fields":{"__proto__":"A","status":"B","__proto__":"C"}}', '__proto__', 1, 56]
  ]
  for (const [text, name, line, column] of twice) {
    const { status, body } = await batch(gateway, text)
    t.equal(status, 400)
    t.equal(body.code, 'invalid_json')
    t.equal(body.detail, `The name "${name}" appears twice in one object, at line ${line}, column ${column}.`)
  }
  t.same(gateway.sandbox.calls(), [])
})

test('more than 64 levels of arrays or objects are refused anywhere in the body, 100,000 too', async (t) => {
  const gateway = await sharedGateway(t)
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const deepObject = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
  const started = performance.now()
  for (const value of [deep, deepObject]) {
    const whole = await batch(gateway, value)
    const updates = await batch(gateway, `{"updates":[${value}]}`)
    const field = await batch(gateway, `{"updates":[{"lead_id":1,"fields":{"status":${value}}}]}`)
    const option = await batch(gateway, `{"lead_ids":[1],"dry_run":${value}}`)
    const cut = await batch(gateway, value.slice(0, 100_000))
    t.same([whole.status, updates.status, field.status, option.status, cut.status], [400, 400, 400, 400, 400])
    t.match(field.body, { code: 'invalid_json', detail: /^The body is nested deeper than 64 levels, at / })
  }
  t.ok(performance.now() - started < SOON_MS)
  t.same(gateway.sandbox.calls(), [])
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
})

test('a body announced as 100 MB is a 413 before it is sent', async (t) => {
  const gateway = await startGateway(t)
  const socket = open(gateway)
  socket.write(head('Content-Length: 104857600'))
  t.match(await answerOf(socket), /^HTTP\/1\.1 413 .*"code":"payload_too_large"/s)
})

test('a body of 100 MB in chunks is a 413 as soon as it is too large', async (t) => {
  const gateway = await startGateway(t)
  const socket = open(gateway)
  const answered = answerOf(socket)
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
  let isAnswered = false
  socket.once('data', () => {
    isAnswered = true
  })
  let sent = 0
  socket.write(head('Transfer-Encoding: chunked'))
  while (sent < 100 * 1024 * 1024 && !socket.destroyed && !isAnswered) {
    if (!socket.write(chunk)) await Promise.race([event(socket, 'drain'), answered])
    sent += 0x10000
  }
  t.match(await answered, /^HTTP\/1\.1 413 .*"code":"payload_too_large"/s)
  t.ok(sent < 50 * 1024 * 1024, `answered after ${sent} bytes`)
  socket.destroy()
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
  t.match(gateway.logged(), '"status":413')
})

test('a connection that ends within a body sends nothing to VICIdial', async (t) => {
  const gateway = await startGateway(t)
  const request = '{"lead_ids":[1],"fields":{"status":"A"}}'
  for (const framing of [`Content-Length: ${request.length + 1}`, 'Transfer-Encoding: chunked']) {
    const accepted = once(gateway.app.server, 'connection')
    const socket = open(gateway)
    const [served] = (await accepted) as [Socket]
    const read = once(served, 'data')
    const chunked = framing.startsWith('T') ? `${request.length.toString(16)}\r\n${request}\r\n` : request
    socket.write(head(framing) + chunked)
    await read
    const closed = event(served, 'close')
    socket.resetAndDestroy()
    await closed
  }
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
  t.same(gateway.sandbox.calls(), [])
})

test("the faults of one set of changes don't make the response thousands of times the request", async (t) => {
  const gateway = await sharedGateway(t)
  const fields = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`x${n}`, 1]))
  const request = JSON.stringify({ lead_ids: Array.from({ length: 500 }, (_, n) => n + 1), fields })
  const { status, body } = await batch(gateway, request)

  t.equal(status, 422)
  t.equal(body.results.length, 500)
  const answered = JSON.stringify(body).length
  t.ok(answered < 2_000_000, `${request.length} bytes of request, ${answered} bytes of answer`)
})

test('an update with 200,000 unknown fields is rejected, without a fault of the gateway', async (t) => {
  const gateway = await sharedGateway(t)
  const fields = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [n.toString(36), 1]))
  const { status } = await batch(gateway, { lead_ids: [1], fields })

  t.equal(status, 422)
})

test("a value far longer than its column isn't repeated for every lead", async (t) => {
  const gateway = await sharedGateway(t)
  const comments = `a${'#'.repeat(50_000)}`
  const lead_ids = Array.from({ length: 100 }, (_, n) => n + 1)
  const { body } = await batch(gateway, { lead_ids, fields: { comments } })

  t.equal(body.results.length, 100)
  const answered = JSON.stringify(body).length
  t.ok(answered < 1_000_000, `50 kB of request, ${answered} bytes of answer`)
})
