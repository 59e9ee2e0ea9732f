import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { test } from 'tap'
import { KeyLines } from '../../src/delivery/adding/key-lines.ts'
import { Dispatcher } from '../../src/delivery/dispatcher.ts'
import type { Outcome } from '../../src/delivery/outcome.ts'
import type { Update } from '../../src/leads/update.ts'
import type { Fixture } from '../../src/tools/sandbox/database/fixture.ts'
import { type Sandbox, startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { Client } from '../../src/vicidial/client.ts'
import type { Tester } from '../helper.ts'
import { LONG_MS, upstreamWith, type UpstreamSettings } from '../vicidial/upstream.ts'
import { NO_WRITES, statuses, UPDATED, updatedByKey, updates } from './updates.ts'

interface Settings extends UpstreamSettings {
  readonly maxLeadsPerCall?: number
}

const NO_SUCH_LEAD = "VICIdial knows no lead with this id, or the gateway's account may not touch its list."
const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))

function dispatcherFor(t: Tester, url: string, settings: Settings = {}) {
  const { dialect = 'lead_ids', maxLeadsPerCall = 1_000 } = settings
  const client = new Client({ url: new URL(url), connections: 2 })
  const { exchange, guard, log, close } = upstreamWith(client, { checkEveryMs: 1, ...settings })
  t.teardown(close)
  const rules = { maxLeadsPerCall, dialect }
  const dispatcher = new Dispatcher({
    lines: new KeyLines({ doubtMs: 1_000, isInDoubt: false }),
    exchange,
    guard,
    rules,
    maxWaiting: 100_000,
    lingerMs: 0,
    writes: NO_WRITES,
    log
  })
  return async (elements: Update[], deadlineMs = LONG_MS): Promise<readonly Outcome[]> => {
    const deadline = Date.now() + deadlineMs
    const context = { caller: 'crm', source: 'crm', deadline, requestId: 'req' }
    return (await dispatcher.deliver(elements, context)).outcomes
  }
}

async function sandboxed(t: Tester, settings: Settings = {}) {
  const sandbox = await startSandbox({ fixture })
  t.teardown(() => sandbox.close())
  return { sandbox, deliver: dispatcherFor(t, sandbox.url, settings) }
}

/** The calls that a sandbox received, in short: the function, its leads or keys, and the status. */
function calls(sandbox: Sandbox): string[] {
  return sandbox.calls().map(({ function: called, params }) => {
    const { lead_ids, lead_id, vendor_lead_code, phone_number, status } = params
    return [called, lead_ids ?? lead_id ?? vendor_lead_code ?? phone_number, status].filter(Boolean).join(' ')
  })
}

/** The outcomes for a lead id that does not exist, and for a key without leads. */
const MISSING = missing(NO_SUCH_LEAD)
/** A fork's word, which cannot be checked. */
const UNCHECKED: Outcome = { ...MISSING, isProvisional: true }
const NO_LEAD = missing('No lead has this key.')

function missing(detail: string): Outcome {
  return { status: 'not_found', warnings: [], error: { code: 'lead_not_found', detail, retryable: false } }
}

test('each update has one outcome, in order, and the same changes are one call', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  const outcomes = await deliver(
    updates([
      { lead_id: 103, fields: { status: 'SALE' } },
      { lead_id: 999, fields: { status: 'SALE' } },
      { lead_id: 101, fields: { status: 'SALE' } },
      { lead_id: 102, fields: { city: 'New York, NY' } }
    ])
  )
  t.strictSame(outcomes, [
    UPDATED,
    MISSING,
    UPDATED,
    {
      status: 'updated',
      warnings: [{ field: 'city', code: 'characters_dropped', sent: 'New York, NY', stored: 'New York NY' }]
    }
  ])
  t.strictSame(calls(sandbox), ['batch_update_lead 103,999,101 SALE', 'batch_update_lead 102'])
  const { 101: a, 102: b, 103: c } = sandbox.leads()
  t.strictSame([a?.status, b?.city, c?.status], ['SALE', 'New York NY', 'SALE'])
})

test('no updates make no calls', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  t.strictSame(await deliver([]), [])
  t.strictSame(calls(sandbox), [])
})

test('keys are searched together, and each finds its own leads', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  const outcomes = await deliver(
    updates([
      { vendor_lead_code: 'CRM-7', fields: { status: 'SALE' } },
      { vendor_lead_code: 'NOPE', fields: { status: 'SALE' } },
      { vendor_lead_code: 'crm-8', fields: { status: 'SALE' } },
      { phone_number: '(212) 555-0004', fields: { status: 'SALE' } },
      { vendor_lead_code: 'CRM-7', fields: { rank: 7 } },
      { lead_id: 101, fields: { status: 'SALE' } }
    ])
  )
  t.strictSame(outcomes, [updatedByKey(107), NO_LEAD, NO_LEAD, updatedByKey(104), updatedByKey(107), UPDATED])
  t.strictSame(calls(sandbox), [
    'lead_search CRM-7,NOPE,crm-8',
    'lead_search 2125550004',
    'batch_update_lead 107,104,101 SALE',
    'batch_update_lead 107'
  ])
})

test('an update whose key matches several leads changes none, the newest, or all', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  const element = { vendor_lead_code: 'CRM-DUP', fields: { status: 'SALE' } }
  t.strictSame(await deliver(updates([element])), [
    {
      status: 'ambiguous',
      warnings: [],
      error: {
        code: 'lead_ambiguous',
        detail: 'The key matches 2 leads; name one by lead_id, or send on_multiple.',
        retryable: false,
        leadIds: [112, 111]
      }
    }
  ])
  t.strictSame([sandbox.leads()['111']?.status, sandbox.leads()['112']?.status], ['NEW', 'NEW'])
  t.strictSame(await deliver(updates([{ ...element, on_multiple: 'newest' }])), [updatedByKey(112)])
  t.strictSame([sandbox.leads()['111']?.status, sandbox.leads()['112']?.status], ['NEW', 'SALE'])
  t.strictSame(await deliver(updates([element], { on_multiple: 'all' })), [updatedByKey(112, 111)])
  t.strictSame([sandbox.leads()['111']?.status, sandbox.leads()['112']?.status], ['SALE', 'SALE'])
})

test('keys that are equal as numbers each find their own lead', async (t) => {
  const [template] = fixture.leads
  if (template === undefined) throw new Error('no leads')
  const leads = ['123', '0123', '1e3', '1000'].map((vendor_lead_code, n) => ({
    ...template,
    lead_id: n + 1,
    vendor_lead_code
  }))
  const sandbox = await startSandbox({ fixture: { ...fixture, leads } })
  t.teardown(() => sandbox.close())
  const deliver = dispatcherFor(t, sandbox.url)
  const elements = leads.map(({ vendor_lead_code }, n) => ({ vendor_lead_code, fields: { rank: n + 10 } }))
  t.strictSame(
    await deliver(updates(elements)),
    [1, 2, 3, 4].map((lead) => updatedByKey(lead))
  )
  t.strictSame(
    Object.values(sandbox.leads()).map(({ rank }) => rank),
    [10, 11, 12, 13]
  )
})

test('several updates of a lead take effect in the order given', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  const outcomes = await deliver(
    updates([
      { lead_id: 101, fields: { status: 'A', city: 'Reno' } },
      { lead_id: 102, fields: { status: 'B' } },
      { vendor_lead_code: 'CRM-1', fields: { status: 'B' } },
      { lead_id: 101, fields: { phone_number: '2125559999' } },
      { phone_number: '2125550001', fields: { status: 'C' } }
    ])
  )
  t.strictSame(outcomes, [UPDATED, UPDATED, updatedByKey(101), UPDATED, updatedByKey(101)])
  t.match(sandbox.leads()['101'], { status: 'C', city: 'Reno', phone_number: '2125559999' })
  t.match(sandbox.leads()['102'], { status: 'B' })
})

test('any batch leaves the leads as if its updates had been made one after the other', async (t) => {
  const sandbox = await startSandbox({ fixture })
  t.teardown(() => sandbox.close())
  const deliver = dispatcherFor(t, sandbox.url, { maxLeadsPerCall: 3 })
  const element = fc.record({
    lead_id: fc.constantFrom(101, 102, 103, 104, 998),
    fields: fc.oneof(
      fc.record({ status: fc.constantFrom('A', 'B') }),
      fc.record({ rank: fc.constantFrom(1, 2) }),
      fc.record({ status: fc.constantFrom('A', 'C'), rank: fc.constantFrom(1, 3) }),
      fc.record({ phone_number: fc.constantFrom('2125551111', '2125552222') })
    )
  })
  const inOrder = fc.asyncProperty(fc.array(element, { minLength: 1, maxLength: 12 }), async (elements) => {
    sandbox.reset()
    const expected = sandbox.leads() as Record<string, object>
    for (const { lead_id, fields } of elements) {
      if (lead_id !== 998) expected[lead_id] = { ...expected[lead_id], ...fields }
    }
    const outcomes = await deliver(updates(elements))
    const wanted = elements.map(({ lead_id }) => (lead_id === 998 ? MISSING : UPDATED))
    if (JSON.stringify(outcomes) !== JSON.stringify(wanted)) throw new Error(JSON.stringify(outcomes))
    if (JSON.stringify(sandbox.leads()) !== JSON.stringify(expected)) throw new Error('different leads')
  })
  await fc.assert(inOrder, { numRuns: 80 })
  t.pass('80 batches')
})

test('after any single fault every update is made and has its outcome', async (t) => {
  const elements = [
    { lead_id: 101, fields: { status: 'SALE' } },
    { vendor_lead_code: 'CRM-2', fields: { status: 'SALE' } },
    { lead_id: 103, fields: { phone_number: '2125559999' } },
    { lead_id: 999, fields: { status: 'SALE' } }
  ]
  const faults = [
    'refuse',
    'reset_before',
    'reset_after',
    '500',
    '500_after_success',
    'html',
    'truncate'
  ] as const
  await Promise.all(
    [...faults, 'truncate_clean' as const].map(async (fault) => {
      for (const called of ['batch_update_lead', 'update_lead', 'lead_search']) {
        if (fault === '500_after_success' && called === 'lead_search') continue
        const { sandbox, deliver } = await sandboxed(t)
        sandbox.fail(fault, { calls: 1, function: called })
        const outcomes = await deliver(updates(elements))
        t.strictSame(outcomes, [UPDATED, updatedByKey(102), UPDATED, MISSING], `${called}: ${fault}`)
        const { 101: a, 102: b, 103: c } = sandbox.leads()
        t.strictSame([a?.status, b?.status, c?.phone_number], ['SALE', 'SALE', '2125559999'], fault)
      }
    })
  )
})

test('an update that was sent and never answered is unknown; one that was not made has failed', async (t) => {
  const elements = [
    { lead_id: 101, fields: { status: 'SALE' } },
    { lead_id: 102, fields: { rank: 7 } }
  ]
  const faults = ['hang', 'hang_after', 'html', '500', 'wrong_login'] as const
  const outcomes = async (fault: (typeof faults)[number]) => {
    const timeoutMs = fault.startsWith('hang') ? 60 : LONG_MS
    const alone = elements.map(async (element) => {
      const { sandbox, deliver } = await sandboxed(t, { timeoutMs })
      sandbox.fail(fault, { calls: 99 })
      return deliver(updates([element]))
    })
    return statuses((await Promise.all(alone)).flat())
  }
  t.strictSame(await Promise.all(faults.map(outcomes)), [
    ['unknown upstream_timeout', 'unknown upstream_timeout'],
    ['unknown upstream_timeout', 'unknown upstream_timeout'],
    ['unknown upstream_error', 'unknown upstream_error'],
    ['failed upstream_error', 'failed upstream_error'],
    ['failed upstream_login_failed', 'failed upstream_login_failed']
  ])
})

test('a failed search fails its own updates and no others', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  sandbox.fail('html', { calls: 99, function: 'lead_search' })
  const outcomes = await deliver(
    updates([
      { vendor_lead_code: 'CRM-1', fields: { status: 'SALE' } },
      { lead_id: 102, fields: { status: 'SALE' } }
    ])
  )
  t.strictSame(statuses(outcomes), ['failed upstream_error', 'updated'])
  t.equal(sandbox.leads()['101']?.status, 'NEW')
})

test('an update is not sent after one of its lead that may still take effect', async (t) => {
  const timeout = { ms: 40 }
  const { sandbox, deliver } = await sandboxed(t, {
    get timeoutMs() {
      return timeout.ms
    }
  })
  sandbox.fail('hang_after', { calls: 4 })
  const outcomes = await deliver(
    updates([
      { lead_id: 101, fields: { status: 'A' } },
      { lead_id: 101, fields: { status: 'B' } },
      { lead_id: 101, fields: { status: 'C' } }
    ])
  )
  t.match(outcomes, [
    { status: 'unknown', error: { code: 'upstream_timeout' } },
    ...Array<object>(2).fill({
      status: 'failed',
      error: {
        code: 'upstream_timeout',
        detail: 'Not sent: an earlier update of this lead has no known outcome and could still take effect.',
        retryable: true
      }
    })
  ])
  t.equal(sandbox.leads()['101']?.status, 'A')
  t.strictSame(calls(sandbox), Array(4).fill('batch_update_lead 101 A'))

  timeout.ms = LONG_MS
  t.strictSame(await deliver(updates([{ lead_id: 101, fields: { status: 'D' } }])), [UPDATED])
  t.equal(sandbox.leads()['101']?.status, 'D', 'a later one is sent')
})

test('an update that has certainly failed does not block the next of its lead', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  const outcomes = await deliver(
    updates([
      { lead_id: 101, fields: { list_id: 777 } },
      { lead_id: 101, fields: { status: 'B' } }
    ])
  )
  t.strictSame(statuses(outcomes), ['failed list_not_found', 'updated'])
  t.match(sandbox.leads()['101'], { list_id: 101, status: 'B' })
})

test('each update that the account may not make fails with the reason', async (t) => {
  const restricted = await sandboxed(t, { user: 'restricted', pass: 's3cretR' })
  t.strictSame(
    statuses(
      await restricted.deliver(
        updates([
          { lead_id: 101, fields: { status: 'SALE' } },
          { lead_id: 109, fields: { status: 'SALE' } },
          { lead_id: 102, fields: { list_id: 102 } },
          { lead_id: 110, fields: { phone_number: '2125559999' } }
        ])
      )
    ),
    ['updated', 'not_found lead_not_found', 'failed list_not_allowed', 'not_found lead_not_found']
  )
  const onlyBatch = await sandboxed(t, { user: 'onlybatch', pass: 's3cretB' })
  t.strictSame(
    statuses(
      await onlyBatch.deliver(
        updates([
          { lead_id: 101, fields: { status: 'SALE' } },
          { lead_id: 102, fields: { phone_number: '2125559999' } },
          { vendor_lead_code: 'CRM-3', fields: { status: 'SALE' } }
        ])
      )
    ),
    ['updated', 'failed upstream_permission_denied', 'failed upstream_permission_denied']
  )
})

test('a key that latin1 tables cannot hold hurts no other key', async (t) => {
  const sandbox = await startSandbox({ fixture, php: 7, useNonLatin: 1, dbCharset: 'latin1-tables' })
  t.teardown(() => sandbox.close())
  const deliver = dispatcherFor(t, sandbox.url)
  const [update] = updates([{ vendor_lead_code: 'CRM-1', fields: { status: 'SALE' } }])
  if (update === undefined) throw new Error('no update')
  const outcomes = await deliver(
    ['CRM-1', 'Ж-1', 'CRM-2', 'É-1'].map((value) => ({ ...update, key: { by: 'vendor_lead_code', value } }))
  )
  t.strictSame(outcomes, [updatedByKey(101), NO_LEAD, updatedByKey(102), NO_LEAD])
})

test('with key_match exact, a lead whose code ends in spaces is not meant', async (t) => {
  const [first] = fixture.leads
  if (first === undefined) throw new Error('no leads')
  const codes = ['123 ', '123', ...Array.from({ length: 11 }, () => '77')]
  const leads = codes.map((vendor_lead_code, n) => ({ ...first, lead_id: 101 + n, vendor_lead_code }))
  const sandbox = await startSandbox({ fixture: { ...fixture, leads }, php: 8 })
  t.teardown(() => sandbox.close())
  const deliver = dispatcherFor(t, sandbox.url)
  const update = (vendor_lead_code: string, options: object) =>
    updates([{ vendor_lead_code, fields: { status: 'SALE' }, ...options }])
  t.match(await deliver(update('123', {})), [{ status: 'ambiguous', error: { leadIds: [102, 101] } }])
  t.match(await deliver(update('123', { key_match: 'exact' })), [updatedByKey(102)])
  t.match(await deliver(update('77', { key_match: 'exact', on_multiple: 'all' })), [
    { status: 'ambiguous', error: { code: 'lead_ambiguous', detail: /too many to compare exactly/ } }
  ])
})

test('a request whose updates cannot be queued sends none of them', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  const [first, broken] = updates([
    { lead_id: 101, fields: { status: 'SALE' } },
    { vendor_lead_code: 'CRM-2', fields: { status: 'SALE' } }
  ])
  if (first === undefined || broken === undefined) throw new Error('no updates')
  Object.defineProperty(broken, 'onMultiple', {
    get: () => {
      throw new Error('a fault of the gateway')
    }
  })
  await t.rejects(deliver([first, broken]), { message: 'a fault of the gateway' })
  t.strictSame(await deliver([first]), [UPDATED])
  t.strictSame(calls(sandbox), ['lead_search CRM-2', 'batch_update_lead 101 SALE'])
})

test('custom fields are stored if the list has them, otherwise there is a warning', async (t) => {
  const { deliver } = await sandboxed(t)
  const custom_fields = { favorite_color: 'blue' }
  const outcomes = await deliver(
    updates([
      { lead_id: 101, custom_fields },
      { lead_id: 102, custom_fields, fields: { status: 'SALE' } },
      { lead_id: 109, custom_fields, fields: { status: 'SALE' } },
      { lead_id: 110, custom_fields },
      { lead_id: 999, custom_fields }
    ])
  )
  const notStored = [
    { field: 'custom_fields.favorite_color', code: 'custom_fields_not_stored', sent: 'blue', stored: '' }
  ]
  t.strictSame(outcomes.slice(0, 3), [
    UPDATED,
    UPDATED,
    { status: 'updated', warnings: notStored, isProvisional: true }
  ])
  t.strictSame(statuses(outcomes.slice(3)), ['failed field_unknown', 'not_found lead_not_found'])
})

test('a call is repeated if its reply was cut off before the notice on custom fields', async (t) => {
  const { sandbox, deliver } = await sandboxed(t)
  sandbox.fail('truncate_clean', { calls: 1 })
  const element = { lead_id: 101, custom_fields: { favorite_color: 'blue' }, fields: { status: 'SALE' } }
  t.strictSame(await deliver(updates([element])), [UPDATED])
})

interface Fork {
  readonly url: string
  /** The lead_ids of each call. */
  readonly asked: string[][]
  readonly statuses: Map<string, string>
}

/** A fork of VICIdial that reads leads_data; `answer` makes its reply, `absent` are the leads that do not exist. */
async function fork(
  t: Tester,
  answer: (ids: string[], absent: string[]) => string,
  existing = ['101', '103', '104']
): Promise<Fork> {
  const asked: string[][] = []
  const statuses = new Map<string, string>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const form = new URLSearchParams(body)
    const leads: Record<string, string>[] = JSON.parse(form.get('leads_data') ?? '[]')
    const ids = leads.map(({ lead_id = '' }) => lead_id)
    const absent = ids.filter((id) => !existing.includes(id))
    asked.push(ids)
    const reply = answer(ids, absent)
    if (reply.startsWith('SUCCESS')) {
      for (const { lead_id = '', status = '' } of leads)
        if (!absent.includes(lead_id)) statuses.set(lead_id, status)
    }
    response.end(reply)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked, statuses }
}

const THREE = [
  { lead_id: 101, fields: { status: 'A' } },
  { lead_id: 102, fields: { status: 'B' } },
  { lead_id: 103, fields: { status: 'C' } }
]
const SUCCESS = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - 6666|'
const leads_data = { dialect: 'leads_data' as const }

test('in leads_data, leads with different changes share a call, and the ids in the reply count', async (t) => {
  const server = await fork(t, (ids, absent) => {
    const found = ids.filter((id) => !absent.includes(id))
    return `${SUCCESS}${found.length}|${found.join(',')}\n`
  })
  const deliver = dispatcherFor(t, server.url, leads_data)
  t.strictSame(await deliver(updates(THREE)), [UPDATED, MISSING, UPDATED])
  t.strictSame(server.asked, [['101', '102', '103']])
  t.strictSame(
    server.statuses,
    new Map([
      ['101', 'A'],
      ['103', 'C']
    ])
  )
})

test('in leads_data, changes that the build would lose are refused for their own lead only', async (t) => {
  const server = await fork(t, (ids) => `${SUCCESS}${ids.length}|${ids.join(',')}\n`)
  const deliver = dispatcherFor(t, server.url, { ...leads_data, build: '220126-2116' })
  const elements = ['USA', 'usa', 'CAN'].map((country_code, n) => ({
    lead_id: 101 + n,
    fields: { country_code }
  }))
  const outcomes = await deliver(updates(elements))
  t.strictSame(statuses(outcomes), ['updated', 'failed characters_lost', 'updated'])
  t.strictSame(server.asked, [['101', '103']])
})

test('a fork that does nothing because one lead is missing is called again for the others', async (t) => {
  const server = await fork(t, (ids, absent) =>
    absent.length > 0
      ? `ERROR: LEAD NOT FOUND: |6666|${absent[0]}\n`
      : `${SUCCESS}${ids.length}|${ids.join(',')}\n`
  )
  const deliver = dispatcherFor(t, server.url, leads_data)
  const elements = [
    ...THREE,
    { lead_id: 105, fields: { status: 'D' } },
    { lead_id: 104, fields: { status: 'E' } }
  ]
  t.strictSame(await deliver(updates(elements)), [UPDATED, UNCHECKED, UPDATED, UNCHECKED, UPDATED])
  t.strictSame(server.asked, [
    ['101', '102', '103', '105', '104'],
    ['101', '103', '105', '104'],
    ['101', '103', '104']
  ])
})

test('a fork that names all missing leads at once is called once more', async (t) => {
  const server = await fork(t, (ids, absent) =>
    absent.length > 0
      ? `ERROR: LEAD NOT FOUND: |6666|${absent.join(',')}\n`
      : `${SUCCESS}${ids.length}|${ids.join(',')}\n`
  )
  const deliver = dispatcherFor(t, server.url, leads_data)
  const elements = [...THREE, { lead_id: 105, fields: { status: 'D' } }]
  t.strictSame(await deliver(updates(elements)), [UPDATED, UNCHECKED, UPDATED, UNCHECKED])
  t.equal(server.asked.length, 2)
})

test('a key that a fork does not find is provisional, too', async (t) => {
  const server = await fork(t, () => 'ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |6666||CRM-1|\n')
  const deliver = dispatcherFor(t, server.url, leads_data)
  const update = updates([{ vendor_lead_code: 'CRM-1', fields: { status: 'A' } }])
  t.strictSame(await deliver(update), [{ ...NO_LEAD, isProvisional: true }])
})

test('a fork that finds none of the leads is not called again', async (t) => {
  const server = await fork(t, (_ids, absent) => `ERROR: LEAD NOT FOUND: |6666|${absent.join(',')}\n`, [])
  const deliver = dispatcherFor(t, server.url, leads_data)
  t.strictSame(await deliver(updates(THREE)), [UNCHECKED, UNCHECKED, UNCHECKED])
  t.equal(server.asked.length, 1)
})

test('a call that a fork refuses fails for each lead, and is not repeated', async (t) => {
  for (const [text, code] of [
    ['ERROR: INVALID JSON FORMAT', 'upstream_error'],
    ['ERROR: USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION', 'upstream_permission_denied'],
    ['ERROR: batch_update_lead NO LEADS DEFINED - 6666|', 'upstream_error']
  ] as const) {
    const server = await fork(t, () => `${text}\n`)
    const deliver = dispatcherFor(t, server.url, leads_data)
    const outcomes = await deliver(updates(THREE))
    t.strictSame(statuses(outcomes), [`failed ${code}`, `failed ${code}`, `failed ${code}`], text)
    t.ok(outcomes.every(({ error }) => error?.retryable === false))
    t.equal(server.asked.length, 1)
  }
})

test('an official VICIdial does not know leads_data, which is an error for each lead', async (t) => {
  const { deliver } = await sandboxed(t, leads_data)
  const [outcome] = await deliver(updates(THREE))
  t.strictSame(outcome, {
    status: 'failed',
    warnings: [],
    error: {
      code: 'upstream_error',
      detail: 'VICIdial read no leads: it may not know the configured VICIDIAL_DIALECT.',
      retryable: false,
      said: 'batch_update_lead NO LEADS DEFINED'
    }
  })
})

test('for any reply, every update has exactly one outcome', async (t) => {
  let reply = { status: 200, text: '' }
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(reply.status).end(reply.text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const PARTS = [
    'SUCCESS: ',
    'ERROR: ',
    'NOTICE: ',
    'update_lead ',
    ' - ',
    'LEAD NOT FOUND: ',
    'NO MATCHES FOUND'
  ]
  const text = fc
    .array(
      fc.constantFrom(
        ...PARTS,
        'api',
        '|',
        '101',
        '102,101',
        ',',
        '\n',
        '\0',
        '<p>',
        'CRM-1|0|\n',
        'CRM-1|1|7\n'
      )
    )
    .map((parts) => parts.join(''))
  const elements = [
    ...THREE,
    { vendor_lead_code: 'CRM-1', fields: { status: 'A' } },
    { lead_id: 101, fields: { rank: 1 } }
  ]
  const answered = fc.asyncProperty(fc.constantFrom(200, 500, 403, 502), text, async (status, text) => {
    reply = { status, text }
    const outcomes = await dispatcherFor(t, url)(updates(elements), 30)
    if (outcomes.length !== elements.length) throw new Error(`${outcomes.length} outcomes`)
    for (const { status, error } of outcomes)
      if ((status === 'updated') !== (error === undefined)) throw new Error(`${status} ${error?.code}`)
  })
  await fc.assert(answered, { numRuns: 60 })
  t.pass('60 answers')
})
