import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { test } from 'tap'
import { loadConfig } from '../../src/config/config.ts'
import { createGateway } from '../../src/gateway.ts'
import { FIELDS, type Field } from '../../src/leads/fields.ts'
import { addLead, type Server, storedValue } from './server.ts'

/**
 * `npm run test:live` checks the gateway against a VICIdial server of yours. It adds test leads of its own by
 * `add_lead` to the list that VICIDIAL_TEST_LIST_ID names, changes those and no others, and leaves them there.
 */
const required = ['VICIDIAL_URL', 'VICIDIAL_USER', 'VICIDIAL_PASS', 'VICIDIAL_TEST_LIST_ID']
const missing = required.filter((name) => !process.env[name])
if (missing.length > 0) {
  process.stderr.write(`test:live needs ${missing.join(', ')}: a VICIdial server, an account with add_lead, `)
  process.stderr.write(
    'lead_field_info and the functions of the gateway, and a list that it may add test leads to.\n'
  )
  process.exit(1)
}

const KEY = 'live-test'
const data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
const config = loadConfig({
  ...process.env,
  API_KEY: KEY,
  GATEWAY_CONFIG: undefined,
  PORT: '0',
  DATA_DIR: data.path
})
const [{ user, pass }] = config.accounts
const server: Server = { url: config.vicidial.url, user, pass }
const listId = Number(process.env['VICIDIAL_TEST_LIST_ID'])
const mark = Date.now().toString(36).toUpperCase()
const MANY = 25
const UNKNOWN_LEAD = 999_999_999
const UNKNOWN_LIST = 99_999_999_999_998

const app = await createGateway(config, pino({ level: 'silent' }))
const origin = await app.listen({ host: '127.0.0.1', port: 0 })

async function batch(body: object) {
  const response = await fetch(`${origin}/v1/leads/batch-update`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return { status: response.status, body: (await response.json()) as any }
}

/** Values that use everything a field keeps, and for prose some that it loses. */
function tellingValues(field: Field): (string | number | null)[] {
  const { type, kind, letters, characters, choices, maxLength, maximum, minimum, clearable } = field
  const empty = clearable ? [null] : []
  if (type === 'integer') return [minimum ?? 0, Math.min(maximum ?? 0, 999)]
  if (type === 'number') return [-5, 5.5, 0]
  if (type === 'date') return ['1985-12-31', '2000-02-29', ...empty]
  if (type === 'phone') return ['1 (2) 3.4-5'.slice(0, maxLength), ...empty]
  if (choices) return [...choices]
  const kept = letters === 'any' ? "it's a <b>%41</b> & ä|é=ñ" : `aZ09${characters}z`
  const lossy =
    kind === 'prose' && maxLength > 20 ? ['José, Ünal & Sons; #4 "x" (y)', '李 Łódź Ångström'] : []
  return ['A', '0', kept.slice(0, maxLength).trim(), ...lossy, ...empty]
}

test(`works with a VICIdial server, on test leads added to list ${listId} only`, async (t) => {
  t.teardown(() => app.close())
  const codes = Array.from({ length: MANY }, (_, n) => `GW${mark}-${n < 2 ? 'DUP' : n}`)
  const phoneStart = `99${String(Date.now() % 1_000_000).padStart(6, '0')}`
  const phone = (n: number) => `${phoneStart}${String(n).padStart(2, '0')}`
  const leads: number[] = []
  for (const [n, code] of codes.entries()) leads.push(await addLead(server, listId, code, phone(n)))
  t.comment(`added ${leads.length} test leads to list ${listId}: ${leads.join(', ')}`)
  const [first = 0, second = 0, third = 0] = leads
  const last = leads.at(-1) ?? 0

  await t.test('one change for many leads is one call; an unknown lead is not found', async (t) => {
    const { status, body } = await batch({ lead_ids: [...leads, UNKNOWN_LEAD], fields: { status: 'GWTEST' } })
    t.equal(status, 207)
    t.match(body.summary, { received: MANY + 1, updated: MANY, not_found: 1, upstream_calls: 1 })
    t.equal(body.results.at(-1).status, 'not_found')
    for (const lead of leads) t.equal(await storedValue(server, lead, 'status'), 'GWTEST')
  })

  await t.test('VICIdial stores what a dry run says', async (t) => {
    for (const field of FIELDS.filter(({ name }) => name !== 'list_id')) {
      for (const value of tellingValues(field)) {
        const updates = [{ lead_id: last, fields: { [field.name]: value } }]
        const [planned] = (await batch({ updates, dry_run: true })).body.results
        const [result] = (await batch({ updates })).body.results
        t.match([planned, result], [{ status: 'planned' }, { status: 'updated' }], `${field.name} ${value}`)
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

  await t.test('leads can be found by vendor code and phone number', async (t) => {
    const { body } = await batch({
      updates: [
        { vendor_lead_code: codes[2], fields: { rank: 3 } },
        { phone_number: phone(3), fields: { rank: 4 } },
        { vendor_lead_code: codes[0], fields: { rank: 5 } },
        { vendor_lead_code: codes[0], fields: { rank: 6 }, on_multiple: 'newest' },
        { vendor_lead_code: `GW${mark}-NONE`, fields: { rank: 7 } }
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
    const { body } = await batch({ updates: [{ lead_id: third, fields: { list_id: UNKNOWN_LIST } }] })
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
})
