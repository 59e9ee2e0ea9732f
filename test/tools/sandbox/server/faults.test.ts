import { once } from 'node:events'
import { request } from 'node:http'
import { type Test, test } from 'tap'
import { FAULT_NAMES, type FaultName } from '../../../../src/tools/sandbox/server/faults.ts'
import { type Sandbox, startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'
import { REPLIES } from './database-replies.ts'

const SALE = {
  source: 'crm',
  user: 'api',
  pass: 's3cret',
  function: 'batch_update_lead',
  lead_ids: '1,2',
  status: 'SALE'
}
const SUCCESS = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|2|2|2,1\n'

interface Seen {
  readonly status?: number
  readonly body?: string
  /** `read ECONNRESET` is a RST, `socket hang up` an end without an answer, `aborted` one within it. */
  readonly error?: string
}

async function send(url: string, params: Record<string, string>): Promise<Seen> {
  const call = request(url, { method: 'POST', agent: false })
  call.setHeader('content-type', 'application/x-www-form-urlencoded')
  call.end(new URLSearchParams(params).toString())
  try {
    const [response] = await once(call, 'response')
    let body = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    const error = await once(response, 'end').then(
      () => undefined,
      (aborted: Error) => aborted.message
    )
    return { status: response.statusCode, body, ...(error !== undefined && { error }) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

async function start(t: Test): Promise<Sandbox> {
  const sandbox = await startSandbox({ leads: 3 })
  t.teardown(() => sandbox.close())
  return sandbox
}

async function arrivals(sandbox: Sandbox, count: number): Promise<void> {
  while (sandbox.calls().length < count) await new Promise((resolve) => setImmediate(resolve))
}

const answered: Record<string, { seen: Seen; made: boolean; http_status: number }> = {
  refuse: { seen: { error: 'socket hang up' }, made: false, http_status: 0 },
  reset_before: { seen: { error: 'read ECONNRESET' }, made: false, http_status: 0 },
  reset_after: { seen: { error: 'read ECONNRESET' }, made: true, http_status: 0 },
  '500': { seen: { status: 500, body: '' }, made: false, http_status: 500 },
  '500_after_success': { seen: { status: 500, body: SUCCESS }, made: true, http_status: 500 },
  truncate: {
    seen: { status: 200, body: SUCCESS.slice(0, SUCCESS.length / 2), error: 'aborted' },
    made: true,
    http_status: 200
  },
  truncate_clean: {
    seen: { status: 200, body: SUCCESS.slice(0, SUCCESS.length / 2) },
    made: true,
    http_status: 200
  },
  wrong_login: {
    seen: { status: 200, body: 'ERROR: Login incorrect, please try again: |api|s3cret|BAD|\n' },
    made: false,
    http_status: 200
  },
  locked_out: {
    seen: { status: 200, body: 'ERROR: Too many login attempts, try again in 15 minutes: |api|LOCK|\n' },
    made: false,
    http_status: 200
  }
}

for (const [fault, { seen, made, http_status }] of Object.entries(answered)) {
  for (const functionName of [undefined, 'batch_update_lead']) {
    test(`${fault} fails one call to ${functionName ?? 'any function'}, and not the next`, async (t) => {
      const sandbox = await start(t)
      sandbox.fail(fault as FaultName, { calls: 1, ...(functionName && { function: functionName }) })

      t.strictSame(await send(sandbox.url, SALE), seen)
      t.equal(sandbox.leads()['1']?.status, made ? 'SALE' : 'NEW')
      const [call] = sandbox.calls()
      t.match(call, { fault, http_status, method: 'POST' })

      t.match(await send(sandbox.url, SALE), { status: 200, body: /^SUCCESS/ })
    })
  }
}

test("html is a proxy's page, and the call is not made", async (t) => {
  const sandbox = await start(t)
  sandbox.fail('html', { calls: 1 })
  t.match(await send(sandbox.url, SALE), { status: 200, body: /^<!DOCTYPE html>/ })
  t.equal(sandbox.leads()['1']?.status, 'NEW')
})

for (const [fault, status] of [
  ['hang', 'NEW'],
  ['hang_after', 'SALE']
] as const) {
  test(`${fault} sends nothing until the sandbox closes, and blocks no other call`, async (t) => {
    const sandbox = await startSandbox({ leads: 3 })
    sandbox.fail(fault, { calls: 1 })
    const hanging = send(sandbox.url, SALE)
    await arrivals(sandbox, 1)
    t.equal(sandbox.leads()['1']?.status, status)

    const version = await send(sandbox.url, { function: 'version' })
    t.match(version, { status: 200, body: /^VERSION: 2\.14-202\|BUILD: 250720-1841\|/ })
    t.match(sandbox.calls()[0], { http_status: 0, fault })

    await sandbox.close()
    t.strictSame(await hanging, { error: 'socket hang up' })
  })

  test(`${fault} ends when the client disconnects`, async (t) => {
    const sandbox = await start(t)
    sandbox.fail(fault, { calls: 1 })
    const call = request(sandbox.url, { method: 'POST', agent: false })
    call.on('error', () => undefined)
    call.end()
    await arrivals(sandbox, 1)
    call.destroy()
    await new Promise((resolve) => call.once('close', resolve))
    t.match(await send(sandbox.url, SALE), { status: 200, body: SUCCESS })
  })
}

test('a fault for one function affects no other, and takes precedence over one for any', async (t) => {
  const sandbox = await start(t)
  sandbox.fail('500', { calls: 1, function: 'lead_search' })
  t.match(await send(sandbox.url, SALE), { status: 200 })
  sandbox.fail('html', { calls: 1 })
  const search = { ...SALE, function: 'lead_search', phone_number: '2125550001' }
  t.match(await send(sandbox.url, search), { status: 500 })
  t.match(await send(sandbox.url, search), { status: 200, body: /^<!DOCTYPE/ })
  t.strictSame(await send(sandbox.url, search), { status: 200, body: '2125550001|1|1\n' })
})

test('a later fault replaces an earlier one; 0 calls or a reset clear it', async (t) => {
  const sandbox = await start(t)
  sandbox.fail('html', { calls: 5 })
  sandbox.fail('500', { calls: 5 })
  t.match(await send(sandbox.url, SALE), { status: 500 })
  sandbox.fail('500', { calls: 0 })
  t.match(await send(sandbox.url, SALE), { status: 200, body: /^SUCCESS/ })
  sandbox.fail('500', { calls: 1, function: 'version' })
  sandbox.fail('500', { calls: 0, function: 'version' })
  t.match(await send(sandbox.url, { function: 'version' }), { status: 200 })
  sandbox.fail('500', { calls: 5 })
  sandbox.reset()
  t.match(await send(sandbox.url, SALE), { status: 200, body: SUCCESS })
})

test('a fault for a parameter takes precedence over one for the function, and leaves other calls alone', async (t) => {
  const sandbox = await start(t)
  const update = { ...SALE, function: 'update_lead', lead_id: '1' }
  const upsert = { ...update, insert_if_not_found: 'Y' }
  sandbox.fail('500', { calls: 1, function: 'update_lead' })
  sandbox.fail('html', { calls: 1, function: 'update_lead', parameter: 'insert_if_not_found' })
  t.match(await send(sandbox.url, upsert), { status: 200, body: /^<!DOCTYPE/ })
  t.match(await send(sandbox.url, update), { status: 500 })
  t.match(await send(sandbox.url, upsert), { status: 200, body: /^SUCCESS/ })
  sandbox.fail('500', { calls: 2, parameter: 'insert_if_not_found' })
  t.match(await send(sandbox.url, update), { status: 200 })
  t.match(await send(sandbox.url, upsert), { status: 500 })
  sandbox.fail('500', { calls: 0, parameter: 'insert_if_not_found' })
  t.match(await send(sandbox.url, upsert), { status: 200 })
})

test('faults can be planned over HTTP', async (t) => {
  const sandbox = await start(t)
  const plan = (body: string) => fetch(`${sandbox.origin}/sandbox/faults`, { method: 'POST', body })

  t.equal((await plan('{ "fault": "500", "calls": 1, "function": "batch_update_lead" }')).status, 200)
  t.match(await send(sandbox.url, SALE), { status: 500, body: '' })

  const unknown = await plan('{ "fault": "flood", "calls": 1 }')
  t.equal(unknown.status, 400)
  t.strictSame(await unknown.json(), { error: 'unknown fault: flood', faults: FAULT_NAMES })
  for (const body of [
    '{ "fault": "html" }',
    '{ "fault": "html", "calls": -1 }',
    '{ "fault": "html", "calls": 1.5 }',
    '{ "fault": "html", "calls": 1, "function": 7 }',
    '{ "fault": "html", "calls": 1, "parameter": null }',
    '{ "fault": "html", "calls": 1, "field": "city" }',
    '{ "fault": "values_cut", "calls": 1, "field": ["city"] }',
    '{ "fault": "html", "calls": 1, "times": 2 }',
    '["html"]',
    'html'
  ]) {
    t.equal((await plan(body)).status, 400, body)
  }
  t.match(await send(sandbox.url, SALE), { status: 200, body: SUCCESS })
})

test('every fault has a test', async (t) => {
  const others = ['hang', 'hang_after', 'html', 'insert_late', 'values_changed', 'values_cut']
  const tested = [...Object.keys(answered), ...others, ...Object.keys(REPLIES)]
  t.strictSame([...FAULT_NAMES].sort(), tested.sort())
})
