import { type Test, test } from 'tap'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { type SandboxOptions, startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

const LOGIN = { source: 'crm', user: 'api', pass: 's3cret' }
const BATCH = { ...LOGIN, function: 'batch_update_lead', lead_ids: '1' }
const UPDATE = { ...LOGIN, function: 'update_lead', lead_id: '1' }
const SEARCH = { ...LOGIN, function: 'lead_search', search_method: 'VENDOR_LEAD_CODE' }
const NO_MATCHES = /^ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM/

async function start(t: Test, options: SandboxOptions) {
  const sandbox = await startSandbox({ leads: 3, ...options })
  t.teardown(() => sandbox.close())
  const call = async (params: Record<string, string>): Promise<string> => {
    const body = new URLSearchParams({ ...params, last: '1' })
    const response = await fetch(sandbox.url, { method: 'POST', body })
    return `${response.status === 200 ? '' : `${response.status} `}${await response.text()}`
  }
  const stored = async (values: Record<string, string>) => {
    await call({ ...BATCH, ...values })
    const lead = sandbox.leads()['1'] as unknown as Record<string, unknown>
    return Object.fromEntries(Object.keys(values).map((name) => [name, lead[name]]))
  }
  return { sandbox, call, stored }
}

test('a date is enough for a build that was measured', async (t) => {
  const { call } = await start(t, { build: '220126' })
  t.match(await call({ function: 'version' }), /^VERSION: 2\.14-167\|BUILD: 220126-2116\|/)
})

test('a build before 211217-0733 runs on PHP 7, and never on PHP 8', async (t) => {
  const { call } = await start(t, { build: '211027' })
  t.match(await call({ ...SEARCH, vendor_lead_code: 'CRM-1,' }), 'CRM-1|1|1')
  await t.rejects(startSandbox({ build: '211027', php: 8 }), /build 211027-0845 does not run on PHP 8/)
})

test('before 220223-0838, an apostrophe in one key fails the search for all', async (t) => {
  const keys = { ...SEARCH, vendor_lead_code: "CRM-1,O'Brien" }
  t.match(await (await start(t, { build: '220126', php: 7 })).call(keys), NO_MATCHES)
  t.equal(await (await start(t, { build: '220126', php: 8 })).call(keys), '500 ')
  t.equal(await (await start(t, { build: '220223-0838' })).call(keys), "CRM-1|1|1\nO'Brien|0|\n")
})

test('a double quote in a value breaks the statement before 220223-0838, and is dropped from then on', async (t) => {
  const old = await start(t, { build: '220126' })
  t.equal(await old.call({ ...BATCH, comments: 'a"b' }), '500 ')
  t.equal(await old.call({ ...SEARCH, vendor_lead_code: 'CRM-1,a"b' }), 'CRM-1|1|1\na"b|0|\n')
  const php7 = await start(t, { build: '220126', php: 7 })
  t.match(await php7.call({ ...BATCH, comments: 'a"b' }), 'api|-1|1|1')
  t.match(await php7.call({ ...UPDATE, comments: 'a"b' }), 'api|1|-1|||')
  t.equal(php7.sandbox.leads()['1']?.comments, '')
  t.strictSame(await (await start(t, {})).stored({ comments: 'a"b' }), { comments: 'ab' })
})

test('before 220223-0838, country_code keeps capitals only, and status everything', async (t) => {
  const { stored } = await start(t, { build: '220126' })
  t.strictSame(await stored({ country_code: '--BLANK--' }), { country_code: 'BLA' })
  t.strictSame(await stored({ country_code: 'Us1' }), { country_code: 'U' })
  t.strictSame(await stored({ status: 'a+é b' }), { status: 'a+é b' })
})

test('before 220223-0838, use_non_latin keeps values as they were sent', async (t) => {
  const { stored, call } = await start(t, { build: '220126', useNonLatin: 1 })
  const values = { first_name: 'a+b;#&\uA7CB', country_code: 'u1', phone_code: '+44', gender: 'f' }
  t.strictSame(await stored(values), { ...values, country_code: 'u1', gender: 'F' })
  t.strictSame(await stored({ rank: '-5', called_count: 'x7', date_of_birth: '1980/1/2' } as const), {
    rank: -5,
    called_count: 0,
    date_of_birth: '1980-01-02'
  })
  t.strictSame(await stored({ country_code: '--BLANK--' }), { country_code: '' })
  t.equal(await call({ ...BATCH, first_name: 'a"b' }), '500 ')
  t.equal(await call({ ...BATCH, records: 'x', status: 'A' }), '500 ')
})

test('before 211118-1946, the reply of update_lead has three values', async (t) => {
  const update = { ...UPDATE, status: 'A' }
  const old = await start(t, { build: '211027' })
  t.equal(await old.call(update), 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|1\n')
  const newer = await start(t, { build: '211118-1946' })
  t.equal(await newer.call(update), 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|1|||\n')
})

test('before 230308-1758, update_lead does not say where a list was refused', async (t) => {
  const { users, ...fixture } = generateFixture(3)
  const restricted = {
    ...fixture,
    users: users.map((user) => ({ ...user, api_list_restrict: '1', user_group: 'NONE' })),
    user_groups: [{ user_group: 'NONE', allowed_campaigns: ' OTHER ' }]
  }
  for (const [build, results, search] of [
    ['220126', '', ''],
    ['230308-1758', ', RESULTS', ', SEARCH']
  ] as const) {
    const { call } = await start(t, { fixture: restricted, build })
    t.equal(
      await call({ ...UPDATE, status: 'A' }),
      `ERROR: update_lead NOT AN ALLOWED LIST ID${results} - 101\n`
    )
    t.equal(
      await call({ ...UPDATE, list_id: '102' }),
      `ERROR: update_lead NOT AN ALLOWED LIST ID${search} - |102\n`
    )
  }
})

test('PHP drops the letters that its PCRE does not know', async (t) => {
  const mode1 = { useNonLatin: 1 } as const
  const php8 = await start(t, { ...mode1, php: 8 })
  t.strictSame(await php8.stored({ city: 'a\uA7CB\u0870' }), { city: 'a\u0870' })
  const php7 = await start(t, { ...mode1, php: 7 })
  t.strictSame(await php7.stored({ city: 'a\uA7CB\u0870' }), { city: 'a' })
})

test('a number with a space after it is a number for PHP 8 only', async (t) => {
  const { users, leads, ...rest } = generateFixture(2)
  const codes = ['123 ', 'CRM-2']
  const fixture = {
    ...rest,
    users,
    leads: leads.map((lead, n) => ({ ...lead, vendor_lead_code: codes[n] ?? '' }))
  }
  const keys = { ...SEARCH, vendor_lead_code: '123,CRM-2' }
  t.equal(await (await start(t, { fixture, php: 8 })).call(keys), '123|1|1\nCRM-2|1|2\n')
  t.equal(await (await start(t, { fixture, php: 7 })).call(keys), '123|0|\nCRM-2|1|2\n')
})

test('a latin1 connection counts bytes, unless use_non_latin makes it UTF-8', async (t) => {
  const comments = 'Ж'.repeat(203)
  const latin = await start(t, { dbCharset: 'latin1' })
  t.strictSame(await latin.stored({ comments }), { comments: `${'Ж'.repeat(127)}\uFFFD` })
  const nonLatin = await start(t, { dbCharset: 'latin1', useNonLatin: 1 })
  t.strictSame(await nonLatin.stored({ comments, city: 'Łódź' }), { comments, city: 'Łódź' })
  const tables = await start(t, { dbCharset: 'latin1-tables', useNonLatin: 1 })
  t.strictSame(await tables.stored({ comments: 'Ж€é😀' }), { comments: '?€é????' })
})

test('keys beyond what the database can compare fail the search for all', async (t) => {
  const emoji = { ...SEARCH, vendor_lead_code: 'CRM-1,😀' }
  t.equal(await (await start(t, { php: 8 })).call(emoji), '500 ')
  t.match(await (await start(t, { php: 7 })).call(emoji), NO_MATCHES)
  t.equal(await (await start(t, { useNonLatin: 1 })).call(emoji), 'CRM-1|1|1\n😀|0|\n')
  t.equal(await (await start(t, { dbCharset: 'latin1' })).call(emoji), 'CRM-1|1|1\n😀|0|\n')
  const tables = await start(t, { dbCharset: 'latin1-tables', useNonLatin: 1 })
  t.equal(await tables.call({ ...SEARCH, vendor_lead_code: 'CRM-1,Ж' }), '500 ')
})

test('PHP 7 goes on after a custom field that cannot be stored', async (t) => {
  const values = { ...UPDATE, custom_fields: 'Y', favorite_color: 'a\\\\', status: 'A' }
  const updated = 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|1|||\n'
  t.equal(await (await start(t, { php: 8 })).call(values), `500 ${updated}`)
  t.equal(await (await start(t, { php: 7 })).call(values), `${updated}Could not execute: `)
})
