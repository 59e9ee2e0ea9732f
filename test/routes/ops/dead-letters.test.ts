import { parse } from 'csv-parse/sync'
import { test } from 'tap'
import { gatewayFile } from '../../gateway-file.ts'
import { type Answer, type Gateway, startGateway, type Tester } from '../../helper.ts'
import { as, ended, store, withCallers } from '../jobs-of.ts'
import { SHORT_RETRY, scriptedVicidial } from '../scripted-vicidial.ts'
import { hiddenFields } from './hidden-fields.ts'
import { form, look, signIn, textOf } from './session.ts'

const REPLAY = '/ops/dead-letters/replay'

/** A gateway whose VICIdial makes or denies updates, and an operator's session. */
async function startWith(t: Tester & { testdir(files: Record<string, string>): string }) {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, ...withCallers(t) })
  return { vicidial, gateway, session: await signIn(gateway, 'ops-key') }
}

/** Stores updates that VICIdial denies. Returns their job once they are dead letters. */
async function giveUp(gateway: Gateway, body: unknown, key = 'crm-key'): Promise<string> {
  const id = await store(gateway, body, as(key))
  await ended(gateway, id)
  return id
}

function rowsOf({ body }: Answer): Record<string, string>[] {
  return parse<Record<string, string>>(String(body), { columns: true })
}

test('a preview says what a replay would send and leave out, and the replay takes what was previewed', async (t) => {
  const { vicidial, gateway, session } = await startWith(t)
  vicidial.denies()
  const both = { status: 'OLD', city: 'Old' }
  await giveUp(gateway, { updates: [1, 2, 3].map((lead_id) => ({ lead_id, fields: both })) })
  await giveUp(gateway, { lead_ids: [1], fields: { status: 'OLD' } }, 'web-key')
  vicidial.makes()
  await ended(gateway, await store(gateway, { lead_ids: [1], fields: { status: 'NEW' } }))
  const preview = await look(gateway, REPLAY, session)
  const text = textOf(preview)
  t.match(text, 'This sends 4 updates of 2 jobs again, as new jobs.')
  t.match(text, /First failed for good \d{4}-.* Last failed for good \d{4}-/)
  t.match(text, /Wholly set by newer updates since 1 update Partly set by newer updates since 1 update/)
  t.match(text, 'newer updates of the lead have set these fields since: status in 2.')
  t.match(text, /Replay 4 updates .* Caller Updates Jobs crm 3 1 web 1 1/)
  t.match(
    textOf(await look(gateway, `${REPLAY}?caller=crm`, session)),
    /sends 3 updates of 1 job .* since none Partly/
  )
  t.match((await look(gateway, '/ops/dead-letters?caller=crm', session)).body, `${REPLAY}?caller&#61;crm`)
  const code = 'upstream_permission_denied'
  const coded = await look(gateway, `/ops/dead-letters?code=${code}&caller=web`, session)
  t.match(coded.body, `${REPLAY}?caller&#61;web&#38;code&#61;${code}`)
  t.match(textOf(coded), /lead 1 · upstream_permission_denied · web .* All with upstream_permission_denied/)
  t.match(
    textOf(await look(gateway, `${REPLAY}?code=${code}&caller=web`, session)),
    'sends 1 update of 1 job'
  )
  const others = await look(gateway, '/ops/dead-letters?code=upstream_error', session)
  t.match(textOf(others), 'No dead letter matches.')
  t.match(textOf(await look(gateway, `${REPLAY}?code=upstream_error`, session)), 'No dead letter matches')

  // One that fails for good after the preview is not replayed with the others.
  vicidial.denies()
  await giveUp(gateway, { lead_ids: [9], fields: { status: 'LATE' } })
  vicidial.makes()
  const made = vicidial.made.length
  const answer = await form(gateway, REPLAY, hiddenFields(preview), session)
  t.equal(answer.headers.get('location'), '/ops/jobs?replayed=4')
  const left = await look(gateway, '/ops/dead-letters', session)
  t.match(textOf(left), /There are 1 in all\..* lead 9/)
  const jobs = textOf(await look(gateway, '/ops/jobs', session))
  t.match(jobs, 'replay')
  for (const job of (await look(gateway, '/ops/jobs', session)).body.match(/job_\w{26}/g) ?? [])
    await ended(gateway, job)
  t.same(vicidial.made.slice(made).toSorted(), ['1 city=Old', '2,3 status=OLD city=Old'])
})

test('a replay takes no older dead letters that had no room when it was previewed', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const callers = [
    { name: 'ops', permissions: '*' },
    { name: 'main', permissions: '*' },
    { name: 'sales', permissions: '*', account: 'sales' }
  ]
  const accounts = [{ name: 'sales', user: 'salesapi', pass: 'pass' }]
  const file = `${t.testdir({ 'gateway.yaml': gatewayFile(callers, { accounts }) })}/gateway.yaml`
  const env = { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY, GATEWAY_CONFIG: file, OUTBOX_MAX_WAITING: '1' }
  const gateway = await startGateway(t, env)
  const session = await signIn(gateway, 'ops-key')
  const change = (lead: number) => ({ lead_ids: [lead], fields: { status: 'A' } })
  vicidial.denies()
  await giveUp(gateway, change(1), 'sales-key')
  await giveUp(gateway, change(2), 'main-key')
  vicidial.holds()
  const waiting = await store(gateway, change(3), as('sales-key'))
  const preview = await look(gateway, REPLAY, session)
  t.match(textOf(preview), /This sends 1 update of 1 job .* Not among them: 1 dead letter more than/)
  vicidial.makes()
  await ended(gateway, waiting)
  await form(gateway, REPLAY, hiddenFields(preview), session)
  t.match(textOf(await look(gateway, '/ops/dead-letters', session)), /There are 1 in all\..* lead 1/)
})

test('dead letters are downloaded as CSV: those of the search, without values, in a spreadsheet no formulas', async (t) => {
  const { vicidial, gateway, session } = await startWith(t)
  const empty = await look(gateway, '/ops/dead-letters.csv', session)
  t.match(empty.headers.get('content-type'), 'text/csv')
  t.match(empty.headers.get('content-disposition'), 'attachment; filename="dead-letters.csv"')
  t.equal(
    empty.body,
    'id,job_id,caller,account,source,lead_id,vendor_lead_code,phone_number,attempts,died_at,status,code,detail,fields,superseded\r\n'
  )
  vicidial.denies()
  const codes = ['=A1', '-1', '@SUM(A1)', '<b>']
  const updates = codes.map((vendor_lead_code) => ({
    vendor_lead_code,
    fields: { comments: 'secret value', city: 'Berlin' }
  }))
  const job = await giveUp(gateway, { updates })
  await giveUp(gateway, { lead_ids: [3], fields: { status: 'A' } }, 'web-key')
  const csv = await look(gateway, '/ops/dead-letters.csv', session)
  const rows = rowsOf(csv)
  t.same(
    rows.map(({ vendor_lead_code }) => vendor_lead_code),
    ['', '<b>', "'@SUM(A1)", "'-1", "'=A1"]
  )
  t.match(rows[0], { caller: 'web', lead_id: '3', fields: 'status', superseded: '', account: 'default' })
  t.match(rows[1], {
    id: /^dl_\d+$/,
    job_id: job,
    caller: 'crm',
    source: 'crm2',
    attempts: /^\d$/,
    died_at: /^\d{4}-.*Z$/,
    status: 'failed',
    code: 'upstream_permission_denied',
    fields: 'city comments'
  })
  t.notMatch(csv.body, /secret|Berlin/)
  const ofCaller = rowsOf(await look(gateway, '/ops/dead-letters.csv?caller=web&job_id=', session))
  t.same(
    ofCaller.map(({ caller }) => caller),
    ['web']
  )
  t.equal(rowsOf(await look(gateway, `/ops/dead-letters.csv?job_id=${job}`, session)).length, codes.length)
  t.equal(rowsOf(await look(gateway, '/ops/dead-letters.csv?code=upstream_error', session)).length, 0)
  t.equal((await look(gateway, '/ops/dead-letters.csv?limit=1', session)).status, 400)
})

test('a CSV of more dead letters than are read at once has each of them once', async (t) => {
  const { vicidial, gateway, session } = await startWith(t)
  vicidial.denies()
  const count = 1_001
  await giveUp(gateway, { lead_ids: Array.from({ length: count }, (_, n) => n + 1), fields: { status: 'A' } })
  const rows = rowsOf(await look(gateway, '/ops/dead-letters.csv', session))
  t.same(
    rows.map(({ lead_id }) => Number(lead_id)),
    Array.from({ length: count }, (_, n) => count - n)
  )
  const preview = await look(gateway, REPLAY, session)
  vicidial.makes()
  const answer = await form(gateway, REPLAY, hiddenFields(preview), session)
  t.match(answer.headers.get('location'), `replayed=${count}`, 'all of them are replayed from the page')
})
