import { test } from 'tap'
import type { EndedActions, EndedCall, EndedUpdates, Observer } from '../../src/telemetry/observer.ts'
import { hashKey } from '../../src/callers/key.ts'
import { batch, call, startGateway, startStandIn, type Tester, type FileTester } from '../helper.ts'
import { as, ended, store } from '../routes/jobs-of.ts'
import { LONG_RETRY, SHORT_RETRY, scriptedVicidial } from '../routes/scripted-vicidial.ts'
import { until } from '../until.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'x-secret': 'of-the-form' }
const FILE = `
accounts: [{ name: sales, user: salesapi, pass: of-sales }]
callers:
  - name: sales
    account: sales
    key_hashes: ["sha256:${hashKey('sales-key')}"]
    permissions: { routes: [batch], fields: "*", statuses: "*" }
webhooks:
  - { name: form, auth: { header: { header: X-Secret, secrets: [of-the-form] } }, mapping: { lead: { lead_id: lead }, fields: { status: stage } } }
`

/** Records what it observes. */
function recording() {
  const updates: EndedUpdates[] = []
  const calls: EndedCall[] = []
  const observer: Observer = {
    updatesEnded: (ended) => void updates.push(ended),
    callEnded: (ended) => void calls.push(ended)
  }
  return { updates, calls, observer }
}

function fileOf(t: FileTester) {
  return { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml` }
}

function sets(...leads: number[]) {
  return { lead_ids: leads, fields: { status: 'SALE' } }
}

test('updates of a request with the same result are reported together, rejected ones too', async (t) => {
  const { updates, calls, observer } = recording()
  const gateway = await startGateway(t, {}, {}, { observers: [observer] })
  await batch(gateway, {
    updates: [
      { lead_id: 1, fields: { status: 'SALE' } },
      { lead_id: 99_999, fields: { status: 'SALE' } },
      { lead_id: 2, fields: { status: 'SALE' } },
      { lead_id: 3, fields: { status: 'FAR-TOO-LONG' } }
    ]
  })
  const common = { caller: 'api_key', account: 'default' }
  t.same(updates, [
    { ...common, status: 'updated', count: 2 },
    { ...common, status: 'not_found', code: 'lead_not_found', count: 1 },
    { ...common, status: 'rejected', code: 'field_too_long', count: 1 }
  ])
  t.match(calls, [{ account: 'default', function: 'batch_update_lead', outcome: 'updated', leads: 3 }])
  t.ok((calls[0]?.ms ?? -1) > 0)
  t.ok((calls[0]?.queuedMs ?? -1) >= 0)
})

test('a dry run reports nothing', async (t) => {
  const { updates, calls, observer } = recording()
  const gateway = await startGateway(t, {}, {}, { observers: [observer] })
  await batch(gateway, { ...sets(1, 2), dry_run: true })
  t.same([updates, calls], [[], []])
})

test('stored updates are reported for their caller, with the time since they were accepted', async (t) => {
  const { updates, observer } = recording()
  const gateway = await startGateway(t, fileOf(t), {}, { observers: [observer] })
  const id = await store(gateway, {
    updates: [
      { lead_id: 1, fields: { status: 'SALE' } },
      { lead_id: 3, fields: { status: 'FAR-TOO-LONG' } }
    ]
  })
  await ended(gateway, id)
  await call(gateway, 'POST', '/v1/webhooks/form?wait=10', 'lead=4&stage=SALE', FORM)
  await until('all are reported', () => updates.length >= 3)
  t.match(updates, [
    { caller: 'api_key', status: 'rejected', code: 'field_too_long', count: 1 },
    { caller: 'api_key', status: 'updated', count: 1, storedMs: Number },
    { caller: 'webhook:form', account: 'default', status: 'updated', count: 1, storedMs: Number }
  ])
  t.equal(updates[0]?.storedMs, undefined)
  t.ok((updates[1]?.storedMs ?? 0) < 600_000)
})

test('a webhook whose updates are all rejected is reported', async (t) => {
  const { updates, observer } = recording()
  const gateway = await startGateway(t, fileOf(t), {}, { observers: [observer] })
  await call(gateway, 'POST', '/v1/webhooks/form', 'lead=4&stage=FAR-TOO-LONG', FORM)
  t.same(updates, [
    { caller: 'webhook:form', account: 'default', status: 'rejected', code: 'field_too_long', count: 1 }
  ])
})

test("an update that becomes a dead letter is reported once, with VICIdial's reply", async (t) => {
  const { updates, observer } = recording()
  const vicidial = await scriptedVicidial(t)
  vicidial.denies()
  const env = { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY }
  const gateway = await startGateway(t, env, {}, { observers: [observer] })
  await ended(gateway, await store(gateway, sets(1)))
  await until('it is reported', () => updates.length > 0)
  t.match(updates, [{ status: 'dead_lettered', code: 'upstream_permission_denied', count: 1 }])
  t.equal(updates.length, 1)
})

test('cancelled updates are reported', async (t) => {
  const { updates, observer } = recording()
  const vicidial = await scriptedVicidial(t)
  vicidial.denies()
  const env = { VICIDIAL_URL: vicidial.url, ...LONG_RETRY }
  const gateway = await startGateway(t, env, {}, { observers: [observer] })
  const id = await store(gateway, sets(1, 2))
  await until('both are cancelled', async () => {
    await call(gateway, 'POST', `/v1/jobs/${id}/cancel`)
    return updates.length > 0 && updates
  })
  t.match(updates, [{ caller: 'api_key', status: 'cancelled', count: 2, storedMs: Number }])
})

test('each call is reported with its account and outcome, a repeat without a time in the queue', async (t) => {
  const { calls, observer } = recording()
  let answered = 0
  const url = await startAnswering(t, () =>
    answered++ === 0 ? 'ERROR: NO FUNCTION SPECIFIED' : 'ERROR: Login incorrect, please try again: |1|BAD|\n'
  )
  const gateway = await startGateway(t, { VICIDIAL_URL: url, ...fileOf(t) }, {}, { observers: [observer] })
  await batch(gateway, sets(1), as('sales-key'))
  const outcomes = calls.map(({ account, outcome, queuedMs }) => [account, outcome, queuedMs !== undefined])
  t.same(outcomes, [
    ['sales', 'unclear', true],
    ['sales', 'refused: upstream_login_failed', false]
  ])
})

/** Starts a VICIdial that answers every call as it likes. */
function startAnswering(t: Tester, answer: () => string): Promise<string> {
  return startStandIn(t, (_params, response) => response.end(answer()))
}

test('what was done with leads is reported by how it ended, also that of stored updates', async (t) => {
  const actions: EndedActions[] = []
  const observer: Observer = { actionsEnded: (ended) => void actions.push(ended) }
  const gateway = await startGateway(t, {}, {}, { observers: [observer] })
  await batch(gateway, {
    hopper: {},
    updates: [{ lead_id: 1 }, { lead_id: 2, dnc: true }, { lead_id: 1, hopper: { priority: 9 } }]
  })
  await ended(gateway, await store(gateway, { lead_ids: [3], callback: 'remove' }))
  await until('all are reported', () => actions.length >= 4)
  const caller = 'api_key'
  t.strictSame(actions, [
    { caller, action: 'hopper', result: 'added', count: 2 },
    { caller, action: 'dnc', result: 'added', count: 1 },
    { caller, action: 'hopper', result: 'already_there', count: 1 },
    { caller, action: 'callback', result: 'not_there', count: 1 }
  ])
})
