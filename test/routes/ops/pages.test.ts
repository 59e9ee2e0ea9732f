import { test } from 'tap'
import { type Answer, batch, startGateway } from '../../helper.ts'
import { ended, store, withCallers } from '../jobs-of.ts'
import { form, led, look, signIn, textOf } from './session.ts'
import { hiddenFields } from './hidden-fields.ts'
import { until } from '../../until.ts'
import { LONG_RETRY, SHORT_RETRY, scriptedVicidial } from '../scripted-vicidial.ts'

test("the overview shows results, failures, the backlog and VICIdial's state", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...LONG_RETRY })
  const session = await signIn(gateway)
  const before = textOf(await look(gateway, '/ops', session))
  for (const words of [
    'No update has ended in the last hour.',
    'Every update was made.',
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
  await until('the call of the stored updates', () => vicidial.held.length === 1)
  const { body } = await look(gateway, '/ops', session)
  const after = textOf({ body } as Answer)
  t.match(
    body,
    /aria-label="Updates that ended in the last hour, by the minute: 3 updated, 0 read, 1 refused, 1 failed\./
  )
  t.match(
    after,
    /In progress 2 updates are .* Stored 2 updates to be delivered Oldest stored \d seconds? since/
  )
  t.match(
    after,
    /default answers, login accepted \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \d seconds? ago 2 2 Nothing/
  )
  t.match(after, /field_too_long The value is too long refused 1/)
  t.match(after, /upstream_permission_denied .* failed 1/)
  vicidial.makes()
})

test('the overview shows how long the oldest unsent request has waited', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, VICIDIAL_MAX_CONCURRENCY: '1' })
  const session = await signIn(gateway)
  const overview = async () => textOf(await look(gateway, '/ops', session))
  t.match(await overview(), 'Oldest waiting none of those in progress waits for its call')
  vicidial.holds()
  const requests = [batch(gateway, { lead_ids: [1], fields: { status: 'A' } })]
  await until('its call', () => vicidial.held.length === 1)
  t.match(
    await overview(),
    'In progress 1 updates are being sent, or wait for their call Oldest waiting none'
  )
  requests.push(batch(gateway, { lead_ids: [2], fields: { status: 'B' } }))
  await until('the age of the second', async () =>
    /In progress 2 .* Oldest waiting [1-9] seconds? without a call/.test(await overview())
  )
  vicidial.makes()
  await Promise.all(requests)
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

test("a job's page has its details and its results, 100 at a time", async (t) => {
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

test("a job's pending updates are cancelled once", async (t) => {
  const vicidial = await scriptedVicidial(t)
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

test('dead letters are searched, and replayed one by one, by search, or all at once', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, ...withCallers(t) })
  const session = await signIn(gateway, 'ops-key')
  const empty = textOf(await look(gateway, '/ops/dead-letters', session))
  t.match(empty, 'No update failed for good. Nothing to do.')
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
    /There are 3 in all\..* Attempts \d+ Fields status Last error upstream_permission_denied ?:/
  )

  vicidial.makes()
  const [, id = ''] = /name="id" value="(dl_\d+)"/.exec(shown.body) ?? []
  const one = await form(gateway, '/ops/dead-letters/replay', { id }, session)
  t.match(one.headers.get('location'), /^\/ops\/jobs\/job_\w+\?replayed=1$/)
  t.match(textOf(await look(gateway, one.headers.get('location') ?? '', session)), 'Replayed 1 update.')
  t.same(await leadsAt(''), [3, 2])
  const gone = await form(gateway, '/ops/dead-letters/replay', { id }, session)
  t.equal(gone.status, 409)
  t.match(textOf(gone), 'they may have been replayed already')

  const ofJob = await look(gateway, `/ops/jobs/${jobs[1]}`, session)
  t.match(textOf(ofJob), 'This job has dead letters')
  t.match(ofJob.body, `href="/ops/dead-letters/replay?job_id&#61;${jobs[1]}"`)
  const replay = async (query: string, more: Record<string, string> = {}) => {
    const preview = await look(gateway, `/ops/dead-letters/replay${query}`, session)
    const fields = { ...hiddenFields(preview), ...more }
    return (await form(gateway, '/ops/dead-letters/replay', fields, session)).status
  }
  t.equal(await replay(`?job_id=${jobs[1]}`), 303)
  t.same(await leadsAt(''), [3])
  const nothing = await look(gateway, '/ops/dead-letters/replay?caller=crm', session)
  t.match(textOf(nothing), 'No dead letter matches: they may have been replayed already.')
  t.equal(await replay('', { force: '1' }), 303)
  t.same(await leadsAt(''), [])
  for (const fields of [{ force: 'yes' }, { ids: id }, {}, { id: '' }, { id: ' ' }])
    t.equal((await form(gateway, '/ops/dead-letters/replay', fields as any, session)).status, 400)
})

test("replaying several callers' dead letters makes several jobs, and redirects to the list", async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, ...withCallers(t) })
  const session = await signIn(gateway, 'ops-key')
  vicidial.denies()
  for (const key of ['crm-key', 'web-key']) {
    const of = { authorization: `Bearer ${key}` }
    await ended(gateway, await store(gateway, { lead_ids: [1], fields: { status: 'A' } }, of))
  }
  vicidial.makes()
  const preview = await look(gateway, '/ops/dead-letters/replay', session)
  const fields = hiddenFields(preview)
  t.same(led(await form(gateway, '/ops/dead-letters/replay', fields, session)), [303, '/ops/jobs?replayed=2'])
  const told = textOf(await look(gateway, '/ops/jobs?replayed=2&remaining=3&refused=4', session))
  t.match(told, /Replayed 2 updates\. No room for 3 more: .* no longer configured: 4\./)
})
