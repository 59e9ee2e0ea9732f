import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { batch, call, dataDir, type Gateway, requestCalls, sharedGateway, startGateway } from '../helper.ts'
import { gatewayFile } from '../gateway-file.ts'
import { until } from '../until.ts'
import { as, ended } from './jobs-of.ts'
import { SHORT_RETRY } from './scripted-vicidial.ts'

const ANN = '2125550901'
const BOB = '2125550902'
const SYSTEM = { campaign_id: 'SYSTEM_INTERNAL' }

function add(gateway: { origin: string }, body: unknown, headers: Record<string, string> = {}) {
  return call(gateway, 'POST', '/v1/dnc', body, headers)
}

function remove(gateway: { origin: string }, number: string, headers: Record<string, string> = {}) {
  return call(gateway, 'DELETE', `/v1/dnc/${number}`, undefined, headers)
}

/** The numbers that nobody may call, and those that campaigns may not. */
function numbers({ sandbox }: Pick<Gateway, 'sandbox'>) {
  const { vicidial_dnc: system, vicidial_campaign_dnc: campaigns } = sandbox.tables()
  return { system, campaigns }
}

test('a number that loses something has a warning, or is refused if its caller accepts no loss', async (t) => {
  const callers = ['accept', 'reject'].map((on_lossy) => ({ name: on_lossy, permissions: '*', on_lossy }))
  const env = { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': gatewayFile(callers) })}/gateway.yaml` }
  const gateway = await startGateway(t, env)
  const sent = '+44 (0)20 7946 0000'
  const refused = { code: 'characters_lost', pointer: '/phone_numbers/0' }
  const rejected = await add(gateway, { phone_numbers: [sent] }, as('reject-key'))
  t.match(rejected, { status: 422, body: { errors: [refused] } })
  const added = await add(gateway, { phone_numbers: [sent] }, as('accept-key'))
  const warning = { field: 'phone_number', code: 'characters_dropped', stored: '442079460000' }
  t.match(added.body.results, [{ status: 'updated', dnc: 'added', warnings: [warning] }])
  t.match(await remove(gateway, encodeURIComponent(sent), as('reject-key')), { status: 422 })
  t.match(numbers(gateway), { system: [{ phone_number: '442079460000' }] })
  t.match(await remove(gateway, encodeURIComponent(sent), as('accept-key')), { status: 200 })
  t.strictSame(numbers(gateway).system, [])
})

test('numbers are added to those that nobody may call, each with its result, and a repeat is harmless', async (t) => {
  const gateway = await sharedGateway(t)
  const first = await add(gateway, { phone_numbers: [ANN, '(212) 555-0902'] })
  t.equal(first.status, 200)
  t.strictSame(first.body.results, [
    { index: 0, phone_number: ANN, status: 'updated', dnc: 'added' },
    { index: 1, phone_number: BOB, status: 'updated', dnc: 'added' }
  ])
  t.match(first.body, { status: 'completed', summary: { received: 2, updated: 2, upstream_calls: 2 } })
  t.strictSame(numbers(gateway), { system: [{ phone_number: ANN }, { phone_number: BOB }], campaigns: [] })

  const again = await add(gateway, { phone_numbers: [BOB, ANN] })
  t.match(again.body.results, [
    { phone_number: BOB, dnc: 'already_there' },
    { phone_number: ANN, dnc: 'already_there' }
  ])
})

test('a number is removed, from the whole system or from one campaign', async (t) => {
  const gateway = await sharedGateway(t)
  await add(gateway, { phone_numbers: [ANN] })
  await add(gateway, { phone_numbers: [ANN], campaign_id: 'CAMPA' })
  t.strictSame(numbers(gateway).campaigns, [{ phone_number: ANN, campaign_id: 'CAMPA' }])

  const removed = await remove(gateway, ANN)
  t.equal(removed.status, 200)
  t.strictSame(removed.body, { index: 0, phone_number: ANN, status: 'updated', dnc: 'removed' })
  t.match((await remove(gateway, ANN)).body, { dnc: 'not_there' })
  t.match(numbers(gateway), { system: { length: 0 }, campaigns: [{ phone_number: ANN }] })
  t.match((await remove(gateway, `${ANN}?campaign_id=CAMPA`)).body, { dnc: 'removed' })
  t.match(numbers(gateway), { campaigns: { length: 0 } })
})

test('a number that VICIdial would cut or lose is refused, and stops no other', async (t) => {
  const gateway = await sharedGateway(t)
  const wrong = ['12345', '1234567890123456789', `${ANN},${BOB}`, 'phone', '', 2125550903, null]
  const { status, body } = await add(gateway, { phone_numbers: [...wrong, ANN] })
  t.equal(status, 207)
  t.strictSame(
    body.results.map((result: { status: string }) => result.status),
    [...wrong.map(() => 'rejected'), 'updated']
  )
  t.strictSame(numbers(gateway).system, [{ phone_number: ANN }])

  const all = await add(gateway, { phone_numbers: wrong })
  t.match(all, { status: 422, body: { code: 'all_updates_rejected', errors_count: wrong.length } })
  t.match(all.body.errors, [{ pointer: '/phone_numbers/0', code: 'field_invalid' }])
  t.match(await remove(gateway, '12345'), { status: 422, body: { errors: [{ pointer: '/phone_number' }] } })
})

test('a request that cannot be read is refused with the place that is wrong', async (t) => {
  const gateway = await sharedGateway(t)
  const phone_numbers = [ANN]
  const cases: [body: unknown, pointer: string, code: string][] = [
    [[ANN], '', 'invalid_request'],
    [{}, '/phone_numbers', 'invalid_request'],
    [{ phone_numbers: ANN }, '/phone_numbers', 'invalid_request'],
    [{ phone_numbers: [] }, '/phone_numbers', 'invalid_request'],
    [{ phone_number: ANN }, '/phone_number', 'field_unknown'],
    [{ phone_numbers, ...SYSTEM }, '/campaign_id', 'field_invalid'],
    [{ phone_numbers, campaign_id: '' }, '/campaign_id', 'field_invalid'],
    [{ phone_numbers, campaign_id: 'A&B' }, '/campaign_id', 'field_invalid'],
    [{ phone_numbers, campaign_id: 7 }, '/campaign_id', 'field_invalid'],
    [{ phone_numbers, source: 'a b' }, '/source', 'field_invalid'],
    [{ phone_numbers, dry_run: 'yes' }, '/dry_run', 'field_invalid']
  ]
  for (const [body, pointer, code] of cases) {
    const answer = await add(gateway, body)
    t.match(answer, { status: 400, body: { code: 'invalid_request', errors: [{ pointer, code }] } }, pointer)
  }
  for (const query of ['campaign_id=SYSTEM_INTERNAL', 'campaign=CAMPA'])
    t.equal((await remove(gateway, `${ANN}?${query}`)).status, 400, query)
  t.strictSame(requestCalls(gateway), [])
})

test('a dry run shows the calls, and makes none', async (t) => {
  const gateway = await sharedGateway(t)
  const { body } = await add(gateway, { phone_numbers: [ANN, '1'], campaign_id: 'CAMPA', dry_run: true })
  t.match(body, { status: 'planned', results: [{ status: 'planned' }, { status: 'rejected' }] })
  t.strictSame(body.calls, [
    {
      function: 'add_dnc_phone',
      params: {
        source: 'gateway',
        function: 'add_dnc_phone',
        phone_number: ANN,
        campaign_id: 'CAMPA',
        records: '1'
      }
    }
  ])
  const refused = await add(gateway, { phone_numbers: ['1', 'x'], dry_run: true })
  t.match(refused, { status: 422, body: { code: 'all_updates_rejected', summary: { rejected: 2 } } })
  t.strictSame(requestCalls(gateway), [])
})

test('after every fault the result is true: a lost call is repeated, and one that stays lost is unknown', async (t) => {
  const gateway = await sharedGateway(t)
  const { sandbox } = gateway
  const faults = ['reset_before', 'reset_after', '500', '500_after_success', 'truncate', 'html'] as const
  for (const fault of faults) {
    sandbox.reset()
    sandbox.fail(fault, { calls: 1, function: 'add_dnc_phone' })
    const { status, body } = await add(gateway, { phone_numbers: [ANN] })
    t.equal(status, 200, fault)
    t.match(body.results, [{ dnc: /^(?:added|already_there)$/ }], fault)
    t.strictSame(numbers(gateway).system, [{ phone_number: ANN }], fault)
  }
  sandbox.reset()
  sandbox.fail('html', { calls: 4, function: 'delete_dnc_phone' })
  const { status, body } = await remove(gateway, ANN)
  t.equal(status, 502)
  t.match(body.results, [{ status: 'unknown', error: { code: 'upstream_error', retryable: true } }])
  t.equal(body.results[0].dnc, undefined)
})

test('VICIdial that does not permit it is named', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_USER: 'api' }, { leads: 1 })
  gateway.sandbox.fail('wrong_login', { calls: 1, function: 'add_dnc_phone' })
  t.match(await add(gateway, { phone_numbers: [ANN] }), {
    status: 502,
    body: { code: 'upstream_login_failed' }
  })
})

test('many numbers can be stored, and are added as a job; the history has each of them', async (t) => {
  const gateway = await startGateway(t)
  const prefer = { prefer: 'respond-async' }
  const accepted = await add(gateway, { phone_numbers: [ANN, '1', BOB], campaign_id: 'CAMPA' }, prefer)
  t.equal(accepted.status, 202)
  const job = await ended(gateway, accepted.body.id)
  t.match(job, { origin: 'dnc', status: 'partial', summary: { received: 3, updated: 2, rejected: 1 } })
  t.match(job.results, [
    { index: 0, phone_number: ANN, status: 'updated', dnc: 'added' },
    { index: 1, status: 'rejected' },
    { index: 2, phone_number: BOB, dnc: 'added' }
  ])
  const { entries } = await until('the history', async () => {
    const { body } = await call(gateway, 'GET', '/v1/history')
    return body.entries.length === 3 && body
  })
  const changed = entries.filter(({ status }: { status: string }) => status === 'updated')
  t.strictSame(
    changed
      .map(({ phone_number, fields }: { phone_number: string; fields: string[] }) => [phone_number, fields])
      .toSorted(),
    [ANN, BOB].map((number) => [number, ['dnc.CAMPA']])
  )
})

test('a number that was removed is not added by an older stored request', async (t) => {
  const gateway = await startGateway(t, SHORT_RETRY)
  gateway.sandbox.fail('500', { calls: 1_000, function: 'add_dnc_phone' })
  const { body } = await add(gateway, { phone_numbers: [ANN] }, { prefer: 'respond-async' })
  t.match(await ended(gateway, body.id), { status: 'failed' })
  gateway.sandbox.fail('500', { calls: 0, function: 'add_dnc_phone' })
  await until('VICIdial is back', async () => (await remove(gateway, ANN)).body.dnc === 'not_there')
  const replayed = await call(gateway, 'POST', `/v1/jobs/${body.id}/replay`)
  t.match(await ended(gateway, replayed.body.id), {
    results: [{ phone_number: ANN, status: 'superseded', superseded: ['dnc'] }]
  })
  t.match(numbers(gateway).system, { length: 0 })
})

test('an update of a lead and a number that is its phone number do not mix', async (t) => {
  const gateway = await startGateway(t)
  const prefer = { prefer: 'respond-async' }
  const phone = '2125550001'
  const first = await add(gateway, { phone_numbers: [phone] }, prefer)
  await batch(gateway, { updates: [{ phone_number: phone, fields: { status: 'DNC' } }] })
  t.match((await ended(gateway, first.body.id)).results, [{ status: 'updated', dnc: 'added' }])
  t.strictSame(numbers(gateway).system, [{ phone_number: phone }])
  t.equal(gateway.sandbox.leads()[1]?.status, 'DNC')
})

test('only a caller with the permission may, also when it replays', async (t) => {
  const path = join(dataDir(t), 'gateway.yaml')
  const write = (routes: string[]) =>
    writeFileSync(path, gatewayFile([{ name: 'crm', permissions: { routes } }]))
  write(['dnc', 'jobs', 'dead_letters'])
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path, ...SHORT_RETRY })
  gateway.sandbox.fail('500', { calls: 1_000, function: 'add_dnc_phone' })
  const key = as('crm-key')
  const { body } = await add(gateway, { phone_numbers: [ANN] }, { ...key, prefer: 'respond-async' })
  await until('the end of the job', async () => {
    const job = await call(gateway, 'GET', `/v1/jobs/${body.id}`, undefined, key)
    return job.body.finished_at !== undefined
  })
  gateway.sandbox.fail('500', { calls: 0, function: 'add_dnc_phone' })
  write(['jobs', 'dead_letters'])
  gateway.app.reload()

  t.match(await add(gateway, { phone_numbers: [BOB] }, key), { status: 403 })
  const replayed = await call(gateway, 'POST', `/v1/jobs/${body.id}/replay`, undefined, key)
  t.equal(replayed.status, 403)
  t.match(replayed.body.detail, /"dnc" \(permissions\.routes\)/)
  t.match(numbers(gateway).system, { length: 0 })
})

test('a repeat with the same Idempotency-Key gets the same answer', async (t) => {
  const gateway = await sharedGateway(t)
  const headers = { 'idempotency-key': 'dnc-1' }
  const first = await add(gateway, { phone_numbers: [ANN] }, headers)
  t.strictSame((await add(gateway, { phone_numbers: [ANN] }, headers)).body, first.body)
})
