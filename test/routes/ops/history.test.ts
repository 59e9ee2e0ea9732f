import { test } from 'tap'
import { hashKey } from '../../../src/callers/key.ts'
import { API_KEY, batch, call, type Gateway, startGateway } from '../../helper.ts'
import { until } from '../../until.ts'
import { as, ended, store, withCallers } from '../jobs-of.ts'
import { scriptedVicidial, SHORT_RETRY } from '../scripted-vicidial.ts'
import { look, signIn, textOf } from './session.ts'

const HOSTILE = "'><img src=x onload>"

/** Resolves when the history has `count` entries. */
async function recorded(gateway: Gateway, count: number, key: string): Promise<any[]> {
  return until(`${count} entries`, async () => {
    const { body } = await call(gateway, 'GET', '/v1/history?limit=100', undefined, as(key))
    return body.entries.length >= count && body.entries
  })
}

test('the history is searched by lead, job, caller, error code and time, in the API too', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  const session = await signIn(gateway, 'ops-key')
  t.match(textOf(await look(gateway, '/ops/history', session)), 'No update has ended yet')
  const job = await store(gateway, { lead_ids: [1, 2], fields: { status: 'A' } }, as('crm-key'))
  await ended(gateway, job)
  const updates = [
    { lead_id: 1, fields: { status: 'B' } },
    { vendor_lead_code: HOSTILE, fields: { status: 'B' } },
    { lead_id: 3, fields: { status: 'TOOLONG' } }
  ]
  await batch(gateway, { updates }, as('web-key'))
  const entries = await recorded(gateway, 5, 'ops-key')
  const leadsAt = async (query: string) => {
    const page = await look(gateway, `/ops/history?${query}`, session)
    if (page.status !== 200) return page.status
    return [...page.body.matchAll(/>lead (\d+)</g)].map(([, lead]) => Number(lead))
  }
  const leadsOf = async (query: string) => {
    const { status, body } = await call(gateway, 'GET', `/v1/history?${query}`, undefined, as('ops-key'))
    return status === 200 ? body.entries.map(({ lead_id }: any) => lead_id) : body.errors[0].pointer
  }
  t.same(await leadsAt(''), [3, 1, 2, 1])
  t.same(await leadsAt('lead_id=1'), [1, 1])
  t.same(await leadsAt('lead_id=+1+&caller=crm&job_id=&code=&since=&until='), [1])
  t.same(await leadsAt(`job_id=${job}`), [2, 1])
  t.same(await leadsOf(`job_id=${job}`), [2, 1])
  t.same(await leadsAt('code=field_too_long'), [3])
  t.same(await leadsOf('code=field_too_long&caller=web'), [3])
  t.same(await leadsOf('code=field_too_long&caller=crm'), [])
  const first = entries.at(-1).at
  t.same(await leadsOf(`until=${first}`), [])
  t.same(await leadsOf(`since=${first}&job_id=${job}`), [2, 1])
  t.same(await leadsAt(`until=${first.slice(0, 16)}`), [])
  t.same(await leadsAt('since=2020-01-01T00:00&until=2020-01-01T00:00:30'), [])
  t.same(await leadsAt('since=2020-01-01T00:00&caller=crm'), [2, 1])
  for (const query of ['since=2020-02-30T00:00', 'until=yesterday', 'lead_id=x', 'limit=1', 'before=-1'])
    t.equal(await leadsAt(query), 400, query)
  t.equal(await leadsOf('until=2020-02-30T00:00:00Z'), '/until')

  const page = await look(gateway, '/ops/history', session)
  t.notMatch(page.body, '<img')
  const text = textOf(page)
  t.match(text, /UTC \d+ seconds? ago not found vendor code '&#62;|vendor code &#39;&#62;&#60;img/)
  t.match(text, /rejected lead 3 web status field_too_long ?: The value is too long/)
  t.match(page.body, `href="/ops/jobs/${job}"`)
  t.match(text, entries[0].request_id)
  t.match(textOf(await look(gateway, '/ops/history?caller=nobody', session)), 'No entry matches.')
  t.match((await look(gateway, `/ops/jobs/${job}`, session)).body, `href="/ops/history?job_id&#61;${job}"`)
})

test('the history is shown 50 entries at a time', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  await batch(gateway, { lead_ids: Array.from({ length: 51 }, (_, n) => n + 1), fields: { status: 'A' } })
  await recorded(gateway, 51, API_KEY)
  const first = await look(gateway, '/ops/history?caller=api_key', session)
  const count = (body: string) => body.match(/>lead \d+</g)?.length
  t.equal(count(first.body), 50)
  const [, older = ''] = /rel="next" href="([^"]+)"/.exec(first.body) ?? []
  t.match(older, /caller&#61;api_key.*before&#61;\d+/)
  const second = await look(gateway, older.replaceAll('&#38;', '&').replaceAll('&#61;', '='), session)
  t.equal(count(second.body), 1)
  t.notMatch(second.body, 'rel="next"')
})

test('values are shown if they are kept; without history the page says so', async (t) => {
  const gateway = await startGateway(t, { HISTORY_VALUES: '1' })
  const session = await signIn(gateway)
  await batch(gateway, { lead_ids: [1], fields: { status: 'A', comments: null } })
  await recorded(gateway, 1, API_KEY)
  t.match(textOf(await look(gateway, '/ops/history', session)), 'status: A, comments: empty')
  const without = await startGateway(t, { HISTORY_RETENTION_DAYS: '0' })
  const other = await signIn(without)
  t.match(
    textOf(await look(without, '/ops/history', other)),
    'No new entries are kept, as HISTORY_RETENTION_DAYS is 0.'
  )
  await batch(without, { lead_ids: [1], fields: { status: 'TOOLONG' } })
  t.notMatch((await look(without, '/ops', other)).body, '/ops/history?code')
})

test('an operator needs the permissions of each page', async (t) => {
  const file = `
callers:
  - name: ops
    key_hashes: ["sha256:${hashKey('ops-key')}"]
    permissions: { routes: [operator, jobs, batch], fields: "*", statuses: "*" }
`
  const path = `${t.testdir({ 'gateway.yaml': file })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const session = await signIn(gateway, 'ops-key')
  for (const page of ['/ops/history', '/ops/dead-letters.csv', '/ops/dead-letters/replay'])
    t.equal((await look(gateway, page, session)).status, 403, page)
  await batch(gateway, { lead_ids: [1], fields: { status: 'TOOLONG' } }, as('ops-key'))
  const overview = await look(gateway, '/ops', session)
  t.match(textOf(overview), 'field_too_long The value is too long refused 1')
  t.notMatch(overview.body, 'href="/ops/history')
})

test('a reason leads to its updates, for each range; the longer ranges are stored', async (t) => {
  const gateway = await startGateway(t)
  const session = await signIn(gateway)
  await batch(gateway, { lead_ids: [1], fields: { status: 'TOOLONG' } })
  await recorded(gateway, 1, API_KEY)
  for (const [query, words] of [
    ['', 'The last hour'],
    ['?range=1h', 'The last hour'],
    ['?range=24h', 'The last 24 hours'],
    ['?range=7d', 'The last 7 days']
  ] as const) {
    const page = await look(gateway, `/ops${query}`, session)
    t.match(textOf(page), `${words} 1 hour 24 hours 7 days`)
    t.match(
      page.body,
      /aria-label="Updates that ended in the last [^"]*: 0 updated, 0 read, 1 refused, 0 failed\./
    )
    const [, link = ''] = /href="(\/ops\/history\?code[^"]*)"/.exec(page.body) ?? []
    t.match(link, /code&#61;field_too_long&#38;since&#61;\d{4}-\d\d-\d\dT\d\d%3A\d\d$/)
    const found = await look(gateway, link.replaceAll('&#38;', '&').replaceAll('&#61;', '='), session)
    t.match(textOf(found), 'rejected lead 1 api_key status')
  }
  t.equal((await look(gateway, '/ops?range=1y', session)).status, 400)
})

test('the longer ranges survive a restart, the last hour does not', async (t) => {
  const env = { DATA_DIR: `${t.testdir({})}/data` }
  const gateway = await startGateway(t, env)
  await batch(gateway, { lead_ids: [1, 2], fields: { status: 'A' } })
  await gateway.app.close()
  const again = await startGateway(t, env)
  const session = await signIn(again)
  await batch(again, { lead_ids: [3], fields: { status: 'A' } })
  for (const [range, updated] of [
    ['1h', 1],
    ['24h', 3],
    ['7d', 3]
  ] as const)
    t.match((await look(again, `/ops?range=${range}`, session)).body, `: ${updated} updated, 0 read`, range)
})

test("a job's page has the attempts of its updates with VICIdial's words, and the next attempt", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const settings = { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY }
  const gateway = await startGateway(t, settings)
  const session = await signIn(gateway)
  const made = await store(gateway, { lead_ids: [1], fields: { status: 'A' } })
  await ended(gateway, made)
  t.notMatch(textOf(await look(gateway, `/ops/jobs/${made}`, session)), 'attempt')
  vicidial.denies()
  const job = await store(gateway, { lead_ids: [2], fields: { status: 'A' } })
  await ended(gateway, job)
  const words = 'batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS IN THE SYSTEM'
  const text = textOf(await look(gateway, `/ops/jobs/${job}`, session))
  t.match(
    text,
    /\d attempts? \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC : failed, upstream_permission_denied ?: VICIdial does not permit/
  )
  t.match(text, `VICIdial's words: ${words}`)

  const waiting = await startGateway(t, {
    ...settings,
    RETRY_FIRST_PAUSE_MS: '3600000',
    RETRY_LONGEST_PAUSE_MS: '3600000'
  })
  const other = await signIn(waiting)
  const later = await store(waiting, { lead_ids: [3], fields: { status: 'A' } })
  const page = await until('its first attempt', async () => {
    const shown = textOf(await look(waiting, `/ops/jobs/${later}`, other))
    return shown.includes('1 attempt') && shown
  })
  t.match(page, /queued upstream_permission_denied.* 1 attempt, the next/)
})
