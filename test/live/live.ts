import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { test } from 'tap'
import { loadConfig } from '../../src/config/config.ts'
import { createGateway } from '../../src/gateway.ts'
import { fieldsOf } from '../../src/leads/cleaning/clean.ts'
import { FIELDS } from '../../src/leads/fields.ts'
import { check } from '../../src/tools/check/check.ts'
import { lineOf } from '../../src/tools/check/line.ts'
import { rulesOf } from '../../src/vicidial/builds.ts'
import { checkAdding } from './adding.ts'
import { findCustomFields } from './custom-types.ts'
import { checkQueueing } from './queueing.ts'
import { checkRandomUpdates } from './random.ts'
import { type Ask, misread } from './reading.ts'
import { NO_LIST, tellingValues } from './random-updates.ts'
import { rowsByApi, rowsBySql } from './rows.ts'
import { addLead, buildOf, type Server, setCustomValue, storedCustomValue, storedValue } from './server.ts'

/**
 * `npm run test:live` checks the gateway against a VICIdial server of yours. It adds test leads of its own by
 * `add_lead` to the list that VICIDIAL_TEST_LIST_ID names, changes those and no others, and leaves them there.
 * It deletes the leads that it adds through the gateway.
 * If VICIDIAL_TEST_CAMPAIGN_ID names that list's campaign, it also puts two of them into the hopper, books callbacks, adds
 * do-not-call numbers, and removes all of these again.
 * `npm run test:live -- --random 30000` does so with that many random updates; `--seed` repeats a run.
 */
const required = ['VICIDIAL_URL', 'VICIDIAL_USER', 'VICIDIAL_PASS', 'VICIDIAL_TEST_LIST_ID']
const missing = required.filter((name) => !process.env[name])
if (missing.length > 0) {
  process.stderr.write(`test:live needs ${missing.join(', ')}: a VICIdial server, an account with add_lead, `)
  process.stderr.write(
    'lead_field_info, lead_all_info, list_custom_fields and the functions of the gateway, and a list that it may add test leads to.\n'
  )
  process.exit(1)
}
const { values: flags } = parseArgs({ options: { random: { type: 'string' }, seed: { type: 'string' } } })
const randomCount = Number(flags.random ?? 0)
const seed = Number(flags.seed ?? Date.now() % 1_000_000)

const KEY = 'live-test'
const data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
const environment = {
  REQUEST_DEADLINE_MS: '28000',
  ...process.env,
  API_KEY: KEY,
  GATEWAY_CONFIG: undefined,
  PORT: '0',
  DATA_DIR: data.path
}
const {
  vicidial: { url },
  accounts: [{ user, pass }]
} = loadConfig(environment)
const server: Server = { url, user, pass }
const listId = Number(process.env['VICIDIAL_TEST_LIST_ID'])
const mark = Date.now().toString(36).toUpperCase()
const codeOf = (n: number | string) => `GW${mark}-${n}`
const phoneStart = `99${String(Date.now() % 10_000_000).padStart(7, '0')}`
const phoneOf = (n: number) => `${phoneStart}${String(n).padStart(4, '0')}`
const MANY = 25
/** Leads of a random run, half of which updates name by any key. */
const RANDOM_LEADS = 100
const UNKNOWN_LEAD = 999_999_999
const ALL_COLUMNS: ReadonlySet<string> = new Set(FIELDS.map(({ name }) => name))

/** Some leads of a random run share a code, some have codes that are the same number, and some a single such code. */
function randomCode(n: number): string {
  const pair = n - (n % 2)
  const digits = `${phoneStart}7`
  return (
    [codeOf(`R${pair}`), codeOf(`R${pair}`), `${digits}e${pair}`, `${digits}E${pair}`, `${digits}e${n}`][
      n % 10
    ] ?? codeOf(`R${n}`)
  )
}

const first = await addLead(server, listId, codeOf('DUP'), phoneOf(0))
const steps = await check({
  readConfig: () => loadConfig(environment),
  onStep: () => undefined,
  testLead: { lead: first, consent: async () => true, untilDone: (work) => work() }
})
/** What the server was found to be; a setting of the environment wins, and must agree. */
const settings = Object.assign({}, ...steps.map((step) => step.settings ?? {}))
const customFields = await findCustomFields(server, listId, first)
const gatewayFile = join(data.path, 'gateway.yaml')
writeFileSync(gatewayFile, JSON.stringify({ custom_fields: customFields }))
const config = loadConfig({ ...settings, ...environment, GATEWAY_CONFIG: gatewayFile })
const app = await createGateway(config, pino({ level: 'silent' }))
const origin = await app.listen({ host: '127.0.0.1', port: 0 })
const rules = new Set(rulesOf(await buildOf(server), config.vicidial.nonLatin).map(({ id }) => id))
const hasSearch = !rules.has('no_lead_search')
const labels = customFields.map(({ label }) => label)
const sql = process.env['LIVE_SQL']
const readRows = sql ? rowsBySql(sql, listId, labels) : rowsByApi(server, labels)

const ask: Ask = async (method, path, body, headers = {}) => {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${KEY}`,
      ...(body && { 'content-type': 'application/json' }),
      ...headers
    },
    ...(body && { body: JSON.stringify(body) })
  })
  return { status: response.status, body: (await response.json()) as any, headers: response.headers }
}

function batch(body: object) {
  return ask('POST', '/v1/leads/batch-update', body)
}

test(`works with a VICIdial server, on test leads added to list ${listId} only`, async (t) => {
  t.teardown(() => app.close())
  const leads: number[] = [first]
  for (let n = 1; n < MANY; n++)
    leads.push(await addLead(server, listId, codeOf(n < 2 ? 'DUP' : n), phoneOf(n)))
  t.comment(`added ${leads.length} test leads to list ${listId}: ${leads.join(', ')}`)
  const [, second = 0, third = 0] = leads
  const last = leads.at(-1) ?? 0

  await t.test("the server's settings are detected", async (t) => {
    for (const step of steps) t.comment(lineOf(step, false))
    for (const field of customFields) t.comment(`custom field ${JSON.stringify(field)}`)
    t.same(
      steps.filter(
        ({ id, status, settings: found }) =>
          status === 'fault' && found === undefined && !(id === 'lead_search' && !hasSearch)
      ),
      []
    )
    t.match(settings, { VICIDIAL_NON_LATIN: /^[01]$/, VICIDIAL_DB_CHARSET: /^(utf8|latin1)$/ })
    for (const [name, found] of Object.entries(settings)) t.equal(process.env[name] ?? found, found, name)
    t.ok(steps.some(({ id, status }) => id === 'failed_queries' && status !== 'skipped'))
  })

  await t.test('one change for many leads is one call; an unknown lead is not found', async (t) => {
    const { status, body } = await batch({ lead_ids: [...leads, UNKNOWN_LEAD], fields: { status: 'GWTEST' } })
    t.equal(status, 207)
    t.match(body.summary, { received: MANY + 1, updated: MANY, not_found: 1, upstream_calls: 1 })
    t.equal(body.results.at(-1).status, 'not_found')
    for (const lead of leads) t.equal(await storedValue(server, lead, 'status'), 'GWTEST')
  })

  await t.test('VICIdial stores what a dry run says', async (t) => {
    const fields = fieldsOf({ capitalsInCountryCode: rules.has('country_code_capitals') })
    for (const field of fields.filter(({ name }) => name !== 'list_id')) {
      for (const value of tellingValues(field)) {
        const updates = [{ lead_id: last, fields: { [field.name]: value } }]
        const [planned] = (await batch({ updates, dry_run: true })).body.results
        const [result] = (await batch({ updates, verify: true })).body.results
        const made = { status: 'updated', verified: true }
        t.match([planned, result], [{ status: 'planned' }, made], `${field.name} ${value}`)
        t.equal(
          await storedValue(server, last, field.name),
          planned.stored[field.name],
          `${field.name} ${value}`
        )
      }
    }
    const updates = [{ lead_id: last, fields: { comments: "line one\r\nit's line two" } }]
    t.equal((await batch({ updates })).body.results[0].status, 'updated')
    t.equal(await storedValue(server, last, 'comments'), "line one!Nit's line two")
  })

  await t.test('leads can be found by vendor code and phone number', { skip: !hasSearch }, async (t) => {
    const { body } = await batch({
      updates: [
        { vendor_lead_code: codeOf(2), fields: { rank: 3 } },
        { phone_number: phoneOf(3), fields: { rank: 4 } },
        { vendor_lead_code: codeOf('DUP'), fields: { rank: 5 } },
        { vendor_lead_code: codeOf('DUP'), fields: { rank: 6 }, on_multiple: 'newest' },
        { vendor_lead_code: codeOf('NONE'), fields: { rank: 7 } }
      ]
    })
    t.match(body.results, [
      { lead_id: third, status: 'updated' },
      { lead_id: leads[3], status: 'updated' },
      { status: 'ambiguous', error: { lead_ids: [second, first] } },
      { lead_id: second, status: 'updated' },
      { status: 'not_found' }
    ])
    t.equal(await storedValue(server, third, 'rank'), '3')
    t.equal(await storedValue(server, second, 'rank'), '6')
  })

  await t.test('a phone number changes together with other fields', async (t) => {
    const { status } = await batch({
      updates: [{ lead_id: third, fields: { phone_number: '(990) 123-4567', city: 'Reno' } }]
    })
    t.equal(status, 200)
    t.equal(await storedValue(server, third, 'phone_number'), '9901234567')
    t.equal(await storedValue(server, third, 'city'), 'Reno')
  })

  await t.test("a list that doesn't exist is refused", async (t) => {
    const { body } = await batch({ updates: [{ lead_id: third, fields: { list_id: NO_LIST } }] })
    t.match(body.results, [{ status: 'failed', error: { code: 'list_not_found', retryable: false } }])
    t.equal(await storedValue(server, third, 'list_id'), String(listId))
  })

  await t.test('updates of one lead take effect in the order given', async (t) => {
    const statuses = ['A', 'B', 'A', 'C']
    const { status } = await batch({
      updates: statuses.map((status) => ({ lead_id: first, fields: { status } }))
    })
    t.equal(status, 200)
    t.equal(await storedValue(server, first, 'status'), 'C')
  })

  await t.test('custom fields are checked by their type', { skip: customFields.length === 0 }, async (t) => {
    for (const { label, type, options = [], max_length: length = 0 } of customFields) {
      const sound =
        { DATE: '1980-12-31', TIME: '09:30' }[type ?? ''] ?? options[0] ?? 'x'.repeat(length || 300)
      const wrong = { AREA: '"', TEXT: 'x'.repeat(length + 1) }[type ?? ''] ?? 'none of these'
      const updates = [sound, wrong].map((value) => ({ lead_id: last, custom_fields: { [label]: value } }))
      const { body } = await batch({ updates, verify: true })
      t.match(body.results, [{ status: 'updated', verified: true }, { status: 'rejected' }], label)
      t.equal(await storedCustomValue(server, last, label), type === 'TIME' ? '09:30:00' : sound, label)
    }
  })

  await t.test('leads are read as VICIdial holds them, those with an apostrophe too', async (t) => {
    const fields = { last_name: "O'Brien", comments: "it's one\ntwo", vendor_lead_code: codeOf('IRISH') }
    const updates = [{ lead_id: last, fields, reset_called: true }]
    t.match((await batch({ updates, verify: true })).body.results, [{ status: 'updated', verified: true }])
    const { body } = await ask('POST', '/v1/leads/read', { lead_ids: leads, custom_fields: true })
    t.equal(body.summary.read, MANY)
    const rows = await readRows(new Map(leads.map((lead) => [lead, ALL_COLUMNS])))
    for (const [index, result] of body.results.entries())
      t.same(misread(result, rows.get(leads[index] ?? 0) ?? {}), [], `lead ${result.lead_id}`)
    t.match(body.results.at(-1).fields, fields)
    const one = await ask('GET', `/v1/leads/${last}?fields=comments,called_since_last_reset,entry_date`)
    t.match(one.body.fields, {
      comments: fields.comments,
      called_since_last_reset: 'N',
      entry_date: /^\d{4}-/
    })
    if (hasSearch) {
      const byCode = await ask('GET', `/v1/leads?vendor_lead_code=${codeOf('DUP')}&fields=status`)
      t.match(byCode.body, { leads: [{ lead_id: second }, { lead_id: first }] })
      t.same((await ask('GET', `/v1/leads?vendor_lead_code=${codeOf('NONE')}`)).body, { leads: [] })
    }
    t.equal((await ask('GET', `/v1/leads/${UNKNOWN_LEAD}`)).status, 404)
  })

  await t.test('a lead is changed only if it is as it was read', async (t) => {
    const read = await ask('GET', `/v1/leads/${last}?fields=status,last_name`)
    const patch = (status: string) =>
      ask('PATCH', `/v1/leads/${last}`, { status }, { 'if-match': String(read.headers.get('etag')) })
    t.equal((await patch('ETAG')).status, 200)
    t.match(await patch('LATE'), { status: 412, body: { code: 'precondition_failed' } })
    t.equal(await storedValue(server, last, 'status'), 'ETAG')
  })

  await t.test('leads are added', { skip: !hasSearch }, (t) =>
    checkAdding(t, {
      server,
      listId,
      existing: { lead: third, code: codeOf(2) },
      codeOf,
      phoneOf,
      mark: codeOf('ADDED'),
      customFields,
      ask
    })
  )

  const campaign = process.env['VICIDIAL_TEST_CAMPAIGN_ID']
  await t.test('leads are queued', { skip: !campaign && 'VICIDIAL_TEST_CAMPAIGN_ID is not set' }, (t) =>
    checkQueueing(t, {
      server,
      listId,
      campaign: campaign ?? '',
      leads: [4, 5].map((n) => [leads[n] ?? 0, phoneOf(n)] as const),
      unknownLead: UNKNOWN_LEAD,
      unknownName: mark,
      timeZone: config.vicidial.timeZone,
      ask
    })
  )

  if (randomCount === 0) return
  await t.test(`${randomCount} random updates, seed ${seed}`, async (t) => {
    t.comment(`--random ${randomCount} --seed ${seed}`)
    const random = []
    for (let n = 0; n < RANDOM_LEADS; n++) {
      const phone = phoneOf(1_000 + (n % 10 < 4 ? n : n - (n % 2)))
      const code = randomCode(n)
      const lead = await addLead(server, listId, code, phone)
      for (const { label } of customFields.slice(0, 1)) await setCustomValue(server, lead, label, '--BLANK--')
      random.push({ lead, code, phone })
    }
    const half = RANDOM_LEADS / 2
    const keyed = hasSearch ? random.slice(half) : []
    const free = random.slice(0, hasSearch ? half : RANDOM_LEADS).map(({ lead }) => lead)
    await checkRandomUpdates(t, {
      count: randomCount,
      seed,
      leads: { listId, free, keyed },
      customFields,
      readRows,
      ask
    })
  })
})
