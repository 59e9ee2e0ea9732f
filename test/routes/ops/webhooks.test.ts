import { writeFileSync } from 'node:fs'
import { test } from 'tap'
import { call, type Gateway, startGateway, type Tester } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { ended } from '../jobs-of.ts'
import { form, led, look, signIn, textOf } from './session.ts'

const SECRET = 'canary-webhook-secret'
const HOSTILE = `"'>--></textarea></pre><script>alert(1)</script><img src=x onerror=alert(1)>`
const header = { header: { header: 'X-Secret', secrets: [SECRET] } }
const MAPPING = {
  each: 'rows',
  when: "type = 'deal'",
  lead: { lead_id: 'id' },
  fields: { status: 'stage', comments: 'note' }
}
const SOURCES = [
  { name: 'crm', auth: header, store_payloads: true, event_id: { expression: 'event' }, mapping: MAPPING },
  { name: 'quiet', auth: header, mapping: MAPPING },
  { name: 'lenient', auth: header, on_unmapped: 'accept', mapping: MAPPING },
  { name: 'by-callers', auth: { callers: true }, store_payloads: true, mapping: MAPPING },
  {
    name: 'in-body',
    auth: { body_key: { field: 'key', secrets: [SECRET] } },
    store_payloads: true,
    mapping: MAPPING
  },
  {
    name: 'asks',
    auth: header,
    verification: { query: { challenge: 'challenge' }, body: { challenge: 'challenge' } },
    mapping: MAPPING
  }
]
const CALLERS = [
  { name: 'ops', permissions: '*' },
  { name: 'watcher', permissions: { routes: ['operator'] } },
  {
    name: 'sender',
    permissions: { routes: ['webhook:by-callers'], fields: '*', statuses: '*' },
    rate_limit: { requests_per_minute: 2 }
  },
  { name: 'other', permissions: { routes: ['batch'] } }
]

async function start(t: Tester & { testdir(files: Record<string, string>): string }, more = {}) {
  const path = `${t.testdir({ 'gateway.yaml': gatewayFile(CALLERS, { webhooks: SOURCES, ...more }) })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  return { gateway, path, session: await signIn(gateway, 'ops-key') }
}

function hook(
  gateway: Pick<Gateway, 'origin'>,
  source: string,
  body: unknown,
  headers: Record<string, string> = { 'x-secret': SECRET }
) {
  return call(gateway, 'POST', `/v1/webhooks/${source}`, body, { authorization: '', ...headers })
}

function deal(id: number, more: Record<string, unknown> = {}) {
  return { type: 'deal', id, stage: 'SALE', ...more }
}

/** The payloads that a source's page links to, newest first. */
function payloadLinks(page: string): string[] {
  return [...page.matchAll(/href="(\/ops\/webhooks\/[^"]+\/requests\/\d+)"/g)].map(([, path = '']) => path)
}

test("a source's page shows what its requests became, and why events are not used", async (t) => {
  const { gateway, session } = await start(t)
  t.match(textOf(await look(gateway, '/ops/webhooks/crm', session)), /Last requests .* No request came\./)
  const { body } = await hook(gateway, 'crm', { rows: [deal(1, { event: 'a' })] })
  await ended(gateway, body.id)
  await hook(gateway, 'crm', { rows: [deal(1, { event: 'a' })] })
  await hook(gateway, 'crm', { rows: [{ type: 'note' }] })
  await hook(gateway, 'crm', { rows: [deal(2, { stage: 'TOOLONG' })] })
  await hook(gateway, 'crm', { Rows: [] })
  await hook(gateway, 'crm', '{"rows":')
  await hook(gateway, 'crm', 'x'.repeat(9_000_000))
  const page = await look(gateway, '/ops/webhooks/crm', session)
  const text = textOf(page)
  t.match(text, /accepted 1 1 \d{4}/)
  t.match(text, /repeated 1 1 /)
  t.match(text, /ignored 1 1 /)
  t.match(text, /refused 4 4 /)
  t.match(text, /all_updates_rejected Every update was rejected 1 1 /)
  t.match(text, /payload_too_large The request is too large 1 1 /)
  t.match(text, /updated 1 1 /, 'results of its updates')
  t.match(text, /refused 413 payload_too_large/)
  t.match(text, /refused 400 invalid_json/)
  t.match(text, /refused 400 invalid_request ?; invalid_request ?\( ?each ?\)/)
  t.match(text, /refused 422 all_updates_rejected ?; event 0: field_too_long ?\( ?status ?\)/)
  t.match(text, /ignored 202 event 0: when is not true 1 ignored/)
  t.match(page.body, `<a href="/ops/jobs/${body.id}">${body.id}</a>`)
  t.equal(payloadLinks(page.body).length, 5, 'what cannot be parsed is not kept')
  t.notMatch(page.body, SECRET)

  const answer = await hook(gateway, 'lenient', { rows: [{ type: 'note' }, deal(2, { stage: 'TOOLONG' })] })
  t.match(answer, { status: 202, body: { status: 'ignored', ignored: 2 } })
  t.match(textOf(await look(gateway, '/ops/webhooks/lenient', session)), /ignored 202 .* 2 ignored/)

  const list = textOf(await look(gateway, '/ops/webhooks', session))
  t.match(list, /crm header 1 1 in all 1 1 in all 1 1 in all 4 4 in all 0 0 in all \d{4}/)
  t.match(list, /quiet header 0 0 in all .* none/)
  t.equal((await look(gateway, '/ops/webhooks/nobody', session)).status, 404)
})

test('strangers are counted by reason, and can neither fill the list nor show a payload', async (t) => {
  const { gateway, session } = await start(t)
  await hook(gateway, 'crm', { rows: [deal(1)] })
  for (let n = 0; n < 25; n++) await hook(gateway, 'crm', { canary: n }, { 'x-secret': `wrong-${n}` })
  await hook(gateway, 'crm', { canary: 1 }, {})
  await hook(gateway, 'crm', { canary: 1 }, { 'x-api-key': 'ops-key' })
  await hook(gateway, 'in-body', { key: 'wrong', canary: 1 })
  await hook(gateway, 'nobody', { canary: 1 })
  const text = textOf(await look(gateway, '/ops/webhooks/crm', session))
  t.match(text, /Strangers .* credential wrong 25 25 .* credential missing 2 2 /)
  t.match(text, /Last requests, newest first .* accepted 202 1 update/)
  t.notMatch(text, /refused \d/)
  const inBody = await look(gateway, '/ops/webhooks/in-body', session)
  t.match(textOf(inBody), /Last requests .* No request came\. .* credential wrong 1 1 /)
  t.notMatch(textOf(await look(gateway, '/ops/webhooks', session)), 'nobody')
})

test('a caller without the permission, or over its quota, is only counted', async (t) => {
  const { gateway, session } = await start(t)
  const as = (name: string) => ({ authorization: `Bearer ${name}-key` })
  await hook(gateway, 'by-callers', { rows: [deal(3)] }, as('sender'))
  await hook(gateway, 'by-callers', { rows: [deal(3)] }, as('other'))
  await hook(gateway, 'by-callers', { rows: [{}] }, as('sender'))
  await hook(gateway, 'by-callers', { rows: [deal(3)] }, as('sender'))
  const page = await look(gateway, '/ops/webhooks/by-callers', session)
  const text = textOf(page)
  t.match(text, /permission_denied .* 1 1 .* rate_limited .* 1 1 .*|rate_limited .* 1 1 .* permission_denied/)
  t.match(text, /accepted 1 1 .* ignored 1 1 /)
  t.match(textOf(await look(gateway, payloadLinks(page.body)[0] ?? '', session)), 'Caller sender')
})

test('a payload is shown without secrets and as text, can be tried again, and deleted', async (t) => {
  const { gateway, session } = await start(t)
  const payload = { rows: [deal(1, { note: HOSTILE, password: 'hunter2', [HOSTILE]: 1 })], token: 'tok-55' }
  await hook(gateway, 'crm', payload)
  await hook(gateway, 'in-body', { key: SECRET, rows: [deal(2)] })
  await hook(gateway, 'quiet', payload)
  const [path = ''] = payloadLinks((await look(gateway, '/ops/webhooks/crm', session)).body)
  const { body, headers } = await look(gateway, path, session)
  t.match(body, '&#34;password&#34;: &#34;[redacted]&#34;')
  t.match(body, '&#60;script&#62;alert(1)&#60;/script&#62;')
  t.notMatch(body, /hunter2|tok-55|<img|<script>/)
  t.equal(headers.get('cache-control'), 'no-store')
  const inBody = await look(gateway, '/ops/webhooks/in-body', session)
  const [bodyKey = ''] = payloadLinks(inBody.body)
  const shown = (await look(gateway, bodyKey, session)).body
  t.match(shown, '&#34;rows&#34;')
  t.notMatch(shown, /&#34;key&#34;/)
  const quiet = await look(gateway, '/ops/webhooks/quiet', session)
  t.same(payloadLinks(quiet.body), [])
  t.match(textOf(quiet), 'Payloads not kept')

  const [, again = ''] = /href="(\/ops\/try\?[^"]+)"/.exec(body) ?? []
  const playground = await look(gateway, again.replaceAll('&#38;', '&').replaceAll('&#61;', '='), session)
  t.match(playground.body, /<textarea[^>]*>\n\{\n {2}&#34;rows&#34;/)
  t.match(playground.body, '<option value="as_read" selected>')

  t.same(led(await form(gateway, `${path}/delete`, {}, session)), [303, '/ops/webhooks/crm?deleted=1'])
  t.match(
    textOf(await look(gateway, '/ops/webhooks/crm?deleted=1', session)),
    /1 payload deleted\. .* not kept/
  )
  t.same(led(await form(gateway, `${path}/delete`, {}, session)), [303, '/ops/webhooks/crm?deleted=0'])
  t.match(textOf(await look(gateway, path, session)), 'The payload is not kept')
  t.equal((await look(gateway, '/ops/try?source=crm&request=1', session)).status, 404)
  await hook(gateway, 'crm', { rows: [deal(4)] })
  await hook(gateway, 'crm', { rows: [deal(5)] })
  const all = await form(gateway, '/ops/webhooks/crm/payloads/delete', {}, session)
  t.same(led(all), [303, '/ops/webhooks/crm?deleted=2'])
  t.equal((await look(gateway, '/ops/webhooks/crm/requests/999', session)).status, 404)
  t.equal((await look(gateway, bodyKey, session)).status, 200, "another source's payload stays")
})

test('payloads need their own permission; counts need operator alone', async (t) => {
  const { gateway, session } = await start(t)
  await hook(gateway, 'crm', { rows: [deal(1, { note: 'personal' })] })
  const [path = ''] = payloadLinks((await look(gateway, '/ops/webhooks/crm', session)).body)
  const watcher = await signIn(gateway, 'watcher-key')
  const page = await look(gateway, '/ops/webhooks/crm', watcher)
  t.match(textOf(page), /needs the permission payloads .* accepted 1 1 /)
  t.same(payloadLinks(page.body), [])
  t.notMatch(page.body, '/ops/jobs/')
  t.notMatch(textOf(page), 'Delete')
  const [id = ''] = path.split('/').slice(-1)
  for (const secret of [path, `/ops/try?source=crm&request=${id}`]) {
    const refused = await look(gateway, secret, watcher)
    t.equal(refused.status, 403, secret)
    t.match(textOf(refused), 'lacks &#34;payloads&#34;')
    t.notMatch(refused.body, 'personal')
  }
  for (const forbidden of [`${path}/delete`, '/ops/webhooks/crm/payloads/delete'])
    t.equal((await form(gateway, forbidden, {}, watcher)).status, 403)
  t.equal((await look(gateway, path, session)).status, 200)
})

test('a source that keeps no payloads any more loses them at once; the file can say it for all', async (t) => {
  const { gateway, path, session } = await start(t)
  await hook(gateway, 'crm', { rows: [deal(1)] })
  await hook(gateway, 'in-body', { key: SECRET, rows: [deal(2)] })
  const change = (more: Record<string, unknown>, crm: Record<string, unknown>) => {
    const webhooks = SOURCES.filter(({ name }) => name !== 'in-body').map((source) =>
      source.name === 'crm' ? { ...source, store_payloads: undefined, ...crm } : source
    )
    writeFileSync(path, gatewayFile(CALLERS, { webhooks, ...more }))
    gateway.app.reload()
  }
  const linksOf = async (name: string) =>
    payloadLinks((await look(gateway, `/ops/webhooks/${name}`, session)).body).length
  t.equal(await linksOf('crm'), 1)
  change({}, {})
  t.equal(await linksOf('crm'), 0)
  t.equal((await look(gateway, '/ops/webhooks/in-body', session)).status, 404)
  change({ store_payloads: true }, {})
  t.equal(await linksOf('crm'), 0, 'deleted is deleted')
  await hook(gateway, 'crm', { rows: [deal(1)] })
  await hook(gateway, 'quiet', { rows: [deal(1)] })
  t.same([await linksOf('crm'), await linksOf('quiet')], [1, 1])
  change({ store_payloads: true }, { store_payloads: false })
  t.same([await linksOf('crm'), await linksOf('quiet')], [0, 1])
})

test('senders that ask whether this is their address are counted, and listed if they are authenticated', async (t) => {
  const { gateway, session } = await start(t)
  const asked = await call(gateway, 'GET', '/v1/webhooks/asks?challenge=x1', undefined, { authorization: '' })
  t.equal(asked.body, 'x1')
  await call(gateway, 'GET', '/v1/webhooks/asks', undefined, { authorization: '' })
  t.equal((await hook(gateway, 'asks', { challenge: 'x2' })).status, 200)
  const text = textOf(await look(gateway, '/ops/webhooks/asks', session))
  t.match(text, /answered 200 .* answered 2 2 .* Strangers .* invalid_request .* 1 1 /)
})

test('with OPS=off nothing is recorded, and without webhooks the pages say so', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  t.match(textOf(await look(gateway, '/ops/webhooks', session)), 'The gateway file has no webhooks.')
  t.match(textOf(await look(gateway, '/ops/try', session)), 'The gateway file has no webhooks.')
  const { path } = await start(t)
  const off = await startGateway(t, { GATEWAY_CONFIG: path, OPS: 'off' })
  t.equal((await hook(off, 'crm', { rows: [deal(1)] })).status, 202)
  t.equal((await look(off, '/ops/webhooks')).status, 404)
})
