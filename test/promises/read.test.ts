import fc from 'fast-check'
import { test } from 'tap'
import { COLUMN_BY_NAME, columnValue } from '../../src/leads/reading/lead-columns.ts'
import type { Fixture } from '../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { batch, call, requestCalls, startGateway, startStandIn } from '../helper.ts'
import { until } from '../until.ts'

const LEADS = 60
/** A list with custom fields, and its values. */
const CUSTOM_LIST = 103
const LABELS = ['color', 'note', 'since'] as const

/** Texts as they get into VICIdial by list loads and screens, too: nothing keeps tabs and apostrophes out there. */
const TEXT = fc.string({
  unit: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...'abcXYZ019 ') },
    {
      weight: 1,
      arbitrary: fc.constantFrom("'", '\t', '\n', '|', ',', '!N', '\\', '"', '<b>', 'é', 'ł', '日', 'ERROR: ')
    }
  ),
  maxLength: 20
})
const TEXT_COLUMNS = [...COLUMN_BY_NAME.values()].filter(({ type, isInRow }) => type === 'text' && isInRow)
const lead = fc.record({
  texts: fc.dictionary(fc.constantFrom(...TEXT_COLUMNS.map(({ name }) => name)), TEXT, { maxKeys: 6 }),
  date_of_birth: fc.constantFrom('0000-00-00', '1980-12-31'),
  gmt_offset_now: fc.constantFrom('-5.00', '5.75', '0.00'),
  rank: fc.integer({ min: -32_768, max: 32_767 }),
  called_count: fc.nat(65_535),
  // Without values of its own, a lead of a list with custom fields has none of them.
  isListed: fc.boolean(),
  custom: fc.option(
    fc.record({ color: TEXT, note: TEXT, since: fc.constantFrom('0000-00-00', '2026-01-31') }),
    { nil: undefined }
  )
})
type Made = typeof lead extends fc.Arbitrary<infer One> ? One : never

function fixtureOf(made: readonly Made[]): Fixture {
  const plain = generateFixture(made.length)
  const values = Object.fromEntries(
    made.flatMap(({ custom }, index) => (custom === undefined ? [] : [[String(index + 1), custom]]))
  )
  return {
    ...plain,
    leads: plain.leads.map((one, index) => {
      const { texts, custom, isListed, ...columns } = made[index] as Made
      const entry = custom === undefined && !isListed ? {} : { entry_list_id: CUSTOM_LIST }
      return { ...one, ...columns, ...texts, ...entry }
    }),
    custom_fields: {
      [CUSTOM_LIST]: LABELS.map((label) => ({ label, type: label === 'since' ? 'DATE' : 'TEXT' }))
    },
    custom_values: { [CUSTOM_LIST]: values }
  }
}

const FILE = {
  'gateway.yaml': `custom_fields: [{ label: color, max_length: 20 }, { label: note, max_length: 20 }, { label: since, type: DATE }, { label: elsewhere, max_length: 20 }]`
}

/** Fails unless a result is what the tables hold, field by field, or says which field could not be read. */
function check(result: any, held: Record<string, unknown>, custom: Record<string, string> | undefined): void {
  const unread = new Set((result.unread ?? []).map(({ field }: { field: string }) => field))
  const told = JSON.stringify(result)
  if (result.status !== (unread.size === 0 ? 'read' : 'incomplete')) throw new Error(`status of ${told}`)
  for (const [name, column] of COLUMN_BY_NAME) {
    if (!column.isInRow || !(name in held) || unread.has(name)) continue
    const value = columnValue(column, String(held[name]))
    if (result.fields[name] !== value) throw new Error(`${name} is ${JSON.stringify(value)}: ${told}`)
  }
  if (custom === undefined && told.includes('custom_fields.')) throw new Error(`custom fields of ${told}`)
  if (custom === undefined && Object.keys(result.custom_fields ?? {}).length > 0) throw new Error(told)
  for (const label of LABELS) {
    if (custom === undefined || unread.has(`custom_fields.${label}`)) continue
    const value = custom[label] === '' || custom[label] === '0000-00-00' ? null : custom[label]
    if (result.custom_fields?.[label] !== value) throw new Error(`${label} is ${value}: ${told}`)
  }
  // The operator has listed it, and no list of these leads has it.
  if (result.custom_fields !== undefined && 'elsewhere' in result.custom_fields) throw new Error(told)
  if (unread.has('custom_fields.elsewhere')) throw new Error(told)
  if ((result.etag === undefined) !== unread.size > 0) throw new Error(`tag of ${told}`)
}

/**
 * PHP 7 prints leads with an apostrophe, PHP 8 fails. What VICIdial prints depends on its mode, its database and its build,
 * too.
 */
const SERVERS = [
  { php: 7, useNonLatin: 0, dbCharset: 'utf8', build: '211027-0845' },
  { php: 8, useNonLatin: 0, dbCharset: 'utf8' },
  { php: 8, useNonLatin: 1, dbCharset: 'utf8' },
  { php: 7, useNonLatin: 1, dbCharset: 'latin1' },
  { php: 8, useNonLatin: 0, dbCharset: 'latin1' }
] as const

for (const server of SERVERS) {
  const { php, useNonLatin, dbCharset, ...rest } = server
  const { build = '250720-1841' } = rest as { build?: string }
  test(`PHP ${php}, build ${build}, use_non_latin ${useNonLatin}, ${dbCharset}: whatever leads hold, they are read as they are, or the result says what could not be read`, async (t) => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    const made = fc.sample(lead, { numRuns: LEADS, seed })
    t.comment(`seed ${seed}`)
    const fixture = fixtureOf(made)
    const env = {
      GATEWAY_CONFIG: `${t.testdir(FILE)}/gateway.yaml`,
      VICIDIAL_NON_LATIN: String(useNonLatin),
      VICIDIAL_DB_CHARSET: dbCharset,
      VICIDIAL_BUILD: build
    }
    const gateway = await startGateway(t, env, { fixture, ...server })
    const lead_ids = made.map((_, index) => index + 1)
    const { body } = await call(gateway, 'POST', '/v1/leads/read', { lead_ids, custom_fields: true })
    t.equal(body.results.length, LEADS)
    for (const [index, result] of body.results.entries())
      check(result, gateway.sandbox.leads()[index + 1] as never, made[index]?.custom)
    const { read = 0, incomplete = 0 } = body.summary
    t.equal(read + incomplete, LEADS)
    // Only a text that looks like an error or a page is doubted.
    t.ok(read > LEADS * 0.7, `${read} of ${LEADS} read whole`)
  })
}

for (const nonLatin of [0, 1] as const) {
  test(`use_non_latin ${nonLatin}: what an update sets is what is read, with newlines and apostrophes`, async (t) => {
    const gateway = await startGateway(t, { VICIDIAL_NON_LATIN: String(nonLatin) }, { useNonLatin: nonLatin })
    const fields = {
      last_name: "O'Brien",
      comments: 'first\nsecond',
      city: nonLatin === 1 ? 'Łódź' : 'Lodz',
      vendor_lead_code: 'a|b, c',
      date_of_birth: null,
      rank: '7',
      gmt_offset_now: 5.75
    }
    await batch(gateway, { lead_ids: [7], fields })
    const { status, body } = await call(gateway, 'GET', '/v1/leads/7')
    t.equal(status, 200)
    t.match(body.fields, { ...fields, rank: 7 })
  })
}

test('a thousand leads are read in one request, a call each', async (t) => {
  const gateway = await startGateway(t)
  const lead_ids = Array.from({ length: 1_000 }, (_, index) => index + 1)
  const { status, body } = await call(gateway, 'POST', '/v1/leads/read', {
    lead_ids,
    fields: ['status', 'email']
  })
  t.equal(status, 200)
  t.match(body.summary, { received: 1_000, read: 1_000, upstream_calls: 1_000 })
  t.match(body.results[999], {
    index: 999,
    lead_id: 1_000,
    status: 'read',
    fields: { status: 'NEW', email: 'lead1000@example.com' }
  })
  t.equal(requestCalls(gateway).length, 1_000)
  const more = await call(gateway, 'POST', '/v1/leads/read', { lead_ids: [...lead_ids, 1] })
  t.match(more, { status: 413, body: { code: 'payload_too_large' } })
})

test('as many leads are read at a time as calls are permitted, and no more', async (t) => {
  const COLUMNS = [...COLUMN_BY_NAME.values()].filter(({ isInRow }) => isInRow).map(({ name }) => name)
  let started = 0
  let most = 0
  let waiting: (() => void)[] = []
  const answered = (id: string) => {
    const values = COLUMNS.map((name) => (name === 'status' ? `S${id}` : ''))
    return `${[...COLUMNS, 'lead_id'].join('\t')}\n${[...values, id].join('\t')}\n`
  }
  const url = await startStandIn(t, async ({ lead_id: id = '' }, response) => {
    if (id === '101') return response.end(answered(id))
    const { promise, resolve } = Promise.withResolvers<undefined>()
    waiting.push(() => {
      resolve(undefined)
    })
    most = Math.max(most, waiting.length)
    // VICIdial answers none of them before three are there, or the last.
    if (++started === 100 || waiting.length === 3) {
      await new Promise((tick) => setTimeout(tick, 1))
      const all = waiting
      waiting = []
      for (const release of all) release()
    }
    await promise
    return response.end(answered(id))
  })
  const gateway = await startGateway(t, { VICIDIAL_URL: url, VICIDIAL_MAX_CONCURRENCY: '3' })
  // Until a login was accepted calls go one by one.
  t.equal((await call(gateway, 'GET', '/v1/leads/101')).status, 200)
  const lead_ids = Array.from({ length: 100 }, (_, index) => index + 1)
  const { body } = await call(gateway, 'POST', '/v1/leads/read', { lead_ids, fields: ['status'] })
  t.equal(body.summary.read, 100)
  t.equal(most, 3)
})

test('more leads are read as a job, whose progress shows and which may be cancelled', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_MAX_CALLS_PER_SECOND: '50' }, { leads: 10 })
  const lead_ids = Array.from({ length: 1_200 }, (_, index) => (index % 10) + 1)
  const { status, body, headers } = await call(
    gateway,
    'POST',
    '/v1/leads/read',
    { lead_ids, fields: ['status'] },
    { prefer: 'respond-async' }
  )
  t.equal(status, 202)
  t.equal(headers.get('preference-applied'), 'respond-async')
  t.match(body, { status: 'queued', updates: 1_200 })
  const job = async () => (await call(gateway, 'GET', body.links.self)).body
  await until('progress', async () => (await job()).summary.read > 0)
  const running = await job()
  t.match(running, { status: 'running', origin: 'read', summary: { received: 1_200 } })
  t.ok(running.summary.read < 1_200)
  t.match(running.results[0], { index: 0, lead_id: 1, status: 'read', fields: { status: 'NEW' } })
  const cancelled = await call(gateway, 'POST', `${body.links.self}/cancel`)
  t.ok(cancelled.body.cancelled > 0)
  await until('the end', async () => (await job()).finished_at !== undefined)
  const { summary } = await job()
  t.equal(summary.read + summary.cancelled, 1_200)
})
