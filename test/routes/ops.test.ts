import { writeFileSync } from 'node:fs'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { API_KEY, type Answer, batch, call, startGateway } from '../helper.ts'
import { ended, store, withCallers } from './jobs-of.ts'
import { form, look, signIn } from './ops-session.ts'
import { LONG_RETRY, SHORT_RETRY, toldVicidial } from './told-vicidial.ts'

const PAGES = ['/ops', '/ops/jobs', '/ops/jobs/job_1', '/ops/dead-letters']
const FORMS = ['/ops/jobs/job_1/cancel', '/ops/dead-letters/replay']

/** Where an answer leads to. */
function led({ status, headers }: Answer): [status: number, path: string | null] {
  return [status, headers.get('location')]
}

/** The text of a page, without its markup. */
function textOf({ body }: Answer): string {
  return String(body)
    .replace(/^.*<main/s, '<main')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}

test('without a session every page leads to the form that asks for a key, and nothing is done', async (t) => {
  const gateway = await startGateway(t)
  for (const path of PAGES) t.same(led(await look(gateway, path)), [303, '/ops/sign-in'], path)
  for (const path of FORMS) t.same(led(await form(gateway, path, {})), [303, '/ops/sign-in'], path)
  t.same(led(await look(gateway, '/ops', { authorization: `Bearer ${API_KEY}` })), [303, '/ops/sign-in'])
  t.same(led(await look(gateway, '/ops', { cookie: 'vicidial_gateway_ops=guessed' })), [303, '/ops/sign-in'])
  const { status, body } = await look(gateway, '/ops/sign-in')
  t.equal(status, 200)
  t.match(body, '<form class="card" method="post" action="/ops/sign-in">')
})

test('an operator key opens a session, whose cookie is not the key, and for these pages only', async (t) => {
  const gateway = await startGateway(t)
  const { status, headers } = await form(gateway, '/ops/sign-in', { key: ` ${API_KEY}\n` })
  t.same([status, headers.get('location')], [303, '/ops'])
  const cookie = headers.get('set-cookie') ?? ''
  t.match(cookie, /^vicidial_gateway_ops=[\w-]{43}; Max-Age=28800; Path=\/ops; HttpOnly; SameSite=Strict$/)
  const session = { cookie: cookie.split(';')[0] ?? '' }
  t.equal((await look(gateway, '/ops', session)).status, 200)
  t.same(led(await look(gateway, '/ops/sign-in', session)), [303, '/ops'])
  t.equal((await look(gateway, '/v1/jobs', session)).status, 401)
  t.match(textOf(await look(gateway, '/ops', session)), /In the minute that is running/)
})

test('the cookie is for HTTPS only if the request came by it', async (t) => {
  const gateway = await startGateway(t, { TRUST_PROXY: '127.0.0.1' })
  const { headers } = await form(gateway, '/ops/sign-in', { key: API_KEY }, { 'x-forwarded-proto': 'https' })
  t.match(headers.get('set-cookie'), /; HttpOnly; Secure; SameSite=Strict$/)
})

test('other keys open none, and the page says why', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  for (const [key, status, why] of [
    ['wrong', 401, /The API key is not known, or it has expired/],
    [' ', 401, /The request has no API key/],
    ['crm-key', 403, /The caller crm lacks &#34;operator&#34; \(permissions\.routes\)/]
  ] as const) {
    const answer = await form(gateway, '/ops/sign-in', { key })
    t.same([answer.status, answer.headers.get('set-cookie')], [status, null])
    t.match(answer.body, why)
    t.match(answer.body, 'aria-invalid="true" aria-describedby="problem"')
    t.notMatch(answer.body, 'value=')
  }
  for (const fields of [{}, { key: 'a', user: 'b' }])
    t.equal((await form(gateway, '/ops/sign-in', fields as Record<string, string>)).status, 400)
})

test('guessing keys on the form is throttled as everywhere, and a session is served all the same', async (t) => {
  const gateway = await startGateway(t, { ANONYMOUS_POINTS_PER_MINUTE: '30' })
  const session = await signIn(gateway)
  const statuses = []
  for (let n = 0; n < 4; n++)
    statuses.push((await form(gateway, '/ops/sign-in', { key: `guess-${n}` })).status)
  t.same(statuses, [401, 401, 401, 429])
  const refused = await look(gateway, '/ops')
  t.equal(refused.status, 429)
  t.match(refused.headers.get('content-type'), 'text/html')
  t.equal((await look(gateway, '/ops/sign-in')).status, 429)
  t.equal((await look(gateway, '/ops/ops.css')).status, 429)
  for (const path of ['/ops', '/ops/ops.css', '/ops/jobs'])
    t.equal((await look(gateway, path, session)).status, 200)
})

test('a session ends by signing out', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  const out = await form(gateway, '/ops/sign-out', {}, session)
  t.same(led(out), [303, '/ops/sign-in'])
  t.match(out.headers.get('set-cookie'), /^vicidial_gateway_ops=; .*Path=\/ops; Expires=Thu, 01 Jan 1970/)
  t.same(led(await look(gateway, '/ops', session)), [303, '/ops/sign-in'])
})

test('signing in anew ends the session before', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  t.equal((await form(gateway, '/ops/sign-in', { key: API_KEY }, session)).status, 303)
  t.same(led(await look(gateway, '/ops', session)), [303, '/ops/sign-in'])
})

test('a session ends at once when its key is taken away, expires or loses operator, and with its network', async (t) => {
  const caller = (permissions: string, more = '', key = 'ops-key') => `
callers:
  - name: ops
    key_hashes: [${key.startsWith('{') ? key : `"sha256:${hashKey(key)}"`}]
    permissions: ${permissions}
${more}`
  const expired = `{ hash: "sha256:${hashKey('ops-key')}", expires_at: 2020-01-01T00:00:00Z }`
  for (const [change, status] of [
    [caller('"*"', '', 'other-key'), 303],
    [caller('"*"', '', expired), 303],
    [caller('{ routes: [jobs] }'), 303],
    [caller('"*"', '    networks: [192.0.2.0/24]'), 403]
  ] as const) {
    const path = `${t.testdir({ 'gateway.yaml': caller('"*"') })}/gateway.yaml`
    const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
    const session = await signIn(gateway, 'ops-key')
    writeFileSync(path, change)
    gateway.app.reload()
    t.equal((await look(gateway, '/ops', session)).status, status, change)
    writeFileSync(path, caller('"*"'))
    gateway.app.reload()
    t.equal((await look(gateway, '/ops', session)).status, status === 403 ? 200 : 303, change)
  }
})

test('a form that a page of another site sends is refused, whoever is signed in', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  const paths = [...FORMS, '/ops/sign-in', '/ops/sign-out']
  for (const path of paths) {
    for (const from of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: gateway.origin },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {}
    ] as Record<string, string>[]) {
      const answer = await call(gateway, 'POST', path, 'key=a', {
        ...session,
        authorization: '',
        'content-type': 'application/x-www-form-urlencoded',
        ...from
      })
      t.equal(answer.status, 403, `${path} ${JSON.stringify(from)}`)
      t.match(textOf(answer), 'This form was not sent by a page of this gateway.')
    }
  }
  t.equal((await look(gateway, '/ops', session)).status, 200)
  const own = {
    authorization: '',
    'content-type': 'application/x-www-form-urlencoded',
    origin: gateway.origin
  }
  t.equal((await call(gateway, 'POST', '/ops/sign-out', '', { ...session, ...own })).status, 303)
})

test('the pages run no script within them, send forms to the gateway only, and are kept nowhere', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  for (const path of ['/ops/sign-in', ...PAGES]) {
    const { headers, body } = await look(gateway, path, path === '/ops/sign-in' ? {} : session)
    const policy = headers.get('content-security-policy')
    t.match(policy, /default-src 'none';.*script-src 'self';.*form-action 'self';.*frame-ancestors 'none'/)
    t.notMatch(policy, /unsafe|http/)
    t.equal(headers.get('cache-control'), 'no-store')
    t.equal(headers.get('referrer-policy'), 'same-origin')
    t.notMatch(body, /<style|<script[^>]*>[^<]|\son[a-z]+=|\sstyle=/)
    for (const [, address = ''] of body.matchAll(/(?:src|href|action)="([^"]+)"/g))
      t.match(address, /^(\/|#|data:,$)/, path)
  }
  t.match((await look(gateway, '/ops/ops.css')).headers.get('content-type'), 'text/css')
  t.match((await look(gateway, '/ops/ops.js')).headers.get('content-type'), 'text/javascript')
  t.match((await call(gateway, 'GET', '/livez')).headers.get('content-security-policy'), "form-action 'none'")
})

test('the overview tells what ended, why not, what waits and how VICIdial is', async (t) => {
  const vicidial = await toldVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...LONG_RETRY })
  const session = await signIn(gateway)
  const before = textOf(await look(gateway, '/ops', session))
  for (const words of [
    'No update has ended in the last hour.',
    'Every update that ended was made.',
    'nothing waits',
    'default not called yet the start 0 0 Nothing to do: the first update'
  ])
    t.match(before, words)

  await batch(gateway, { lead_ids: [1, 2, 3], fields: { status: 'SALE' } })
  await batch(gateway, { lead_ids: [1], fields: { status: 'toolong' } })
  vicidial.denies()
  await batch(gateway, { lead_ids: [1], fields: { status: 'A' } })
  vicidial.holds()
  await store(gateway, { lead_ids: [4, 5], fields: { status: 'B' } })
  const { body } = await look(gateway, '/ops', session)
  const after = textOf({ body } as Answer)
  t.match(
    body,
    /aria-label="Updates that ended in each of the last 60 minutes: 3 updated, 1 refused, 1 failed\./
  )
  t.match(after, /In hand 2 updates are .* Stored 2 updates to be delivered Oldest stored \d seconds? since/)
  t.match(
    after,
    /default answers, login accepted \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \d seconds? ago 2 2 Nothing/
  )
  t.match(after, /field_too_long The value is too long refused 1/)
  t.match(after, /upstream_permission_denied .* failed 1/)
  vicidial.makes()
})

test('jobs are searched by id, status, caller and source, and shown 50 at a time', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  const session = await signIn(gateway, 'ops-key')
  const idsAt = async (path: string) =>
    [...(await look(gateway, path, session)).body.matchAll(/href="\/ops\/jobs\/(job_\w+)"/g)].map(
      ([, id]) => id
    )
  t.match(textOf(await look(gateway, '/ops/jobs', session)), 'No job was accepted yet, or all are deleted.')
  const of = { authorization: 'Bearer crm-key' }
  const first = await store(gateway, { lead_ids: [1], fields: { status: 'A' } }, of)
  const ids = [first]
  for (let n = 0; n < 51; n++) ids.unshift(await store(gateway, { lead_ids: [2], fields: { status: 'A' } }))
  await ended(gateway, ids[0] ?? '')

  t.same(await idsAt('/ops/jobs'), ids.slice(0, 50))
  const [, older = ''] =
    /rel="next" href="([^"]+)"/.exec((await look(gateway, '/ops/jobs', session)).body) ?? []
  t.same(await idsAt(older.replaceAll('&#38;', '&').replaceAll('&#61;', '=')), ids.slice(50))
  t.same(await idsAt('/ops/jobs?id=&status=&caller=crm&source='), [first])
  t.same(await idsAt('/ops/jobs?source=crm2&status=completed'), [first])
  t.same(await idsAt('/ops/jobs?caller=web'), [])
  t.match(textOf(await look(gateway, '/ops/jobs?caller=web', session)), 'No job matches.')
  t.same(led(await look(gateway, `/ops/jobs?id=${first}`, session)), [303, `/ops/jobs/${first}`])
  t.same(led(await look(gateway, '/ops/jobs?id=../x', session)), [303, '/ops/jobs/..%2Fx'])
  for (const query of ['status=new', 'limit=1', 'caller=a&caller=b', 'replayed=a'])
    t.equal((await look(gateway, `/ops/jobs?${query}`, session)).status, 400, query)
})

test("a job's page has its facts and its results, 100 at a time", async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  const updates = [{ vendor_lead_code: "'><img src=x onload>", fields: { status: 'A' } }]
  const lead_ids = Array.from({ length: 104 }, (_, n) => ({ lead_id: n + 1, fields: { status: 'A' } }))
  const id = await store(gateway, { updates: [...updates, ...lead_ids] })
  await ended(gateway, id)
  const first = await look(gateway, `/ops/jobs/${id}`, session)
  t.match(textOf(first), /Status partial Caller api_key Source gateway Came as batch/)
  t.match(textOf(first), 'Results 1 to 100 of 105')
  t.notMatch(first.body, '<img')
  t.match(first.body, '&#39;&#62;&#60;img src&#61;x onload&#62;')
  t.notMatch(textOf(first), /Cancel|Replay/)
  const second = await look(gateway, `/ops/jobs/${id}?from=100`, session)
  t.match(textOf(second), /Results 101 to 105 of 105 .* 105 lead 104 updated/)
  t.match(textOf(await look(gateway, `/ops/jobs/${id}?from=1000`, session)), 'There are no results here.')
  const missing = await look(gateway, '/ops/jobs/job_%3Cb%3E', session)
  t.equal(missing.status, 404)
  t.match(missing.body, 'There is no job job_&#60;b&#62;, or it is deleted.')
})

test('what waits of a job is cancelled, once', async (t) => {
  const vicidial = await toldVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...LONG_RETRY })
  const session = await signIn(gateway)
  vicidial.denies()
  const id = await store(gateway, { lead_ids: [1, 2], fields: { status: 'A' } })
  const cancel = () => form(gateway, `/ops/jobs/${id}/cancel`, {}, session)
  let answer = await cancel()
  while (answer.headers.get('location')?.endsWith('cancelled=0')) answer = await cancel()
  t.same(led(answer), [303, `/ops/jobs/${id}?cancelled=2`])
  t.match(
    textOf(await look(gateway, `/ops/jobs/${id}?cancelled=2`, session)),
    /2 updates cancelled\. .* 2 cancelled/
  )
  const again = await cancel()
  t.equal(again.status, 409)
  t.match(textOf(again), 'This job has ended: it is failed.')
  t.equal((await form(gateway, '/ops/jobs/job_1/cancel', {}, session)).status, 404)
})

test('dead letters are searched, and replayed one by one, by what they match, and all', async (t) => {
  const vicidial = await toldVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, ...withCallers(t) })
  const session = await signIn(gateway, 'ops-key')
  const empty = textOf(await look(gateway, '/ops/dead-letters', session))
  t.match(empty, 'No update was given up. Nothing to do.')
  vicidial.denies()
  const give = async (lead: number, key: string) => {
    const of = { authorization: `Bearer ${key}` }
    const id = await store(gateway, { lead_ids: [lead], fields: { status: 'A' } }, of)
    await ended(gateway, id)
    return id
  }
  const jobs = [await give(1, 'crm-key'), await give(2, 'crm-key'), await give(3, 'web-key')]
  const leadsAt = async (query: string) => {
    const { body } = await look(gateway, `/ops/dead-letters${query}`, session)
    return [...body.matchAll(/<summary>\s*lead (\d+)/g)].map(([, lead]) => Number(lead))
  }
  t.same(await leadsAt(''), [3, 2, 1])
  t.same(await leadsAt('?caller=crm'), [2, 1])
  t.same(await leadsAt(`?job_id=${jobs[0]}&caller=`), [1])
  t.same(await leadsAt('?caller=nobody'), [])
  const shown = await look(gateway, `/ops/dead-letters?job_id=${jobs[0]}`, session)
  t.match(
    textOf(shown),
    /There are 3 in all\..* Tried \d times? Would have changed status What was said last upstream_permission_denied ?:/
  )

  vicidial.makes()
  const [, id = ''] = /name="id" value="(dl_\d+)"/.exec(shown.body) ?? []
  const one = await form(gateway, '/ops/dead-letters/replay', { id }, session)
  t.match(one.headers.get('location'), /^\/ops\/jobs\/job_\w+\?replayed=1$/)
  t.match(
    textOf(await look(gateway, one.headers.get('location') ?? '', session)),
    'Replayed: 1 update, now on the way again.'
  )
  t.same(await leadsAt(''), [3, 2])
  const gone = await form(gateway, '/ops/dead-letters/replay', { id }, session)
  t.equal(gone.status, 409)
  t.match(textOf(gone), 'they may have been replayed already')

  const ofJob = await look(gateway, `/ops/jobs/${jobs[1]}`, session)
  t.match(textOf(ofJob), 'This job has dead letters')
  t.equal((await form(gateway, '/ops/dead-letters/replay', { job_id: jobs[1] ?? '' }, session)).status, 303)
  t.same(await leadsAt(''), [3])
  t.equal((await form(gateway, '/ops/dead-letters/replay', { caller: 'crm' }, session)).status, 409)
  t.equal((await form(gateway, '/ops/dead-letters/replay', { force: '1' }, session)).status, 303)
  t.same(await leadsAt(''), [])
  for (const fields of [{ force: 'yes' }, { ids: id }])
    t.equal((await form(gateway, '/ops/dead-letters/replay', fields as any, session)).status, 400)
})

test('replaying those of several callers makes several jobs, and leads to the list', async (t) => {
  const vicidial = await toldVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, ...withCallers(t) })
  const session = await signIn(gateway, 'ops-key')
  vicidial.denies()
  for (const key of ['crm-key', 'web-key']) {
    const of = { authorization: `Bearer ${key}` }
    await ended(gateway, await store(gateway, { lead_ids: [1], fields: { status: 'A' } }, of))
  }
  vicidial.makes()
  t.same(led(await form(gateway, '/ops/dead-letters/replay', {}, session)), [303, '/ops/jobs?replayed=2'])
  const told = textOf(await look(gateway, '/ops/jobs?replayed=2&remaining=3&refused=4', session))
  t.match(told, /Replayed: 2 updates, .* Left, for want of room: 3\. .* not configured any more: 4\./)
})

test('OPS=off: there is no such page', async (t) => {
  const gateway = await startGateway(t, { OPS: 'off' })
  for (const path of ['/ops', '/ops/sign-in', '/ops/ops.css'])
    t.equal((await look(gateway, path)).status, 404)
  t.equal((await form(gateway, '/ops/sign-in', { key: API_KEY })).status, 404)
})
