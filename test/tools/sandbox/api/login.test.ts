import { type Test, test } from 'tap'
import type { User } from '../../../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

const MINUTE_MS = 60_000
const LOGIN = { source: 'crm', user: 'api', pass: 's3cret' }
const NO_LEADS = 'ERROR: batch_update_lead NO LEADS DEFINED - api|\n'
const LOCKED = 'ERROR: Too many login attempts, try again in 15 minutes: |api|LOCK|\n'
const WRONG = 'ERROR: Login incorrect, please try again: |api|bad|BAD|\n'

async function start(t: Test, user: Partial<User> = {}) {
  const generated = generateFixture(1)
  const fixture = { ...generated, users: generated.users.map((api) => ({ ...api, ...user })) }
  const clock = { now: Date.UTC(2026, 0, 1) }
  const sandbox = await startSandbox({ fixture, now: () => clock.now })
  t.teardown(() => sandbox.close())
  const login = async (params: Record<string, string> = {}): Promise<string> => {
    const body = new URLSearchParams({ ...LOGIN, function: 'batch_update_lead', ...params })
    return (await fetch(sandbox.url, { method: 'POST', body })).text()
  }
  return { clock, login }
}

test('ten failures lock the user until 15 minutes after the last good login, right password or not', async (t) => {
  const { clock, login } = await start(t)
  await login()
  for (let failure = 0; failure < 10; failure++) t.equal(await login({ pass: 'bad' }), WRONG)
  t.equal(await login({ pass: 'bad' }), LOCKED)
  t.equal(await login(), LOCKED)
  clock.now += 15 * MINUTE_MS
  t.equal(await login(), LOCKED)
  clock.now += 1
  t.equal(await login(), NO_LEADS)
})

test('after the lock ten failures lock again', async (t) => {
  const { clock, login } = await start(t)
  for (let failure = 0; failure < 10; failure++) await login({ pass: 'bad' })
  clock.now += 15 * MINUTE_MS + 1
  for (let failure = 0; failure < 10; failure++) t.equal(await login({ pass: 'bad' }), WRONG)
  t.equal(await login(), LOCKED)
})

test('failures do not lock a user whose last login is over 15 minutes old; counting starts again', async (t) => {
  const { clock, login } = await start(t)
  await login()
  clock.now += 15 * MINUTE_MS + 1
  for (let failure = 0; failure < 11; failure++) t.equal(await login({ pass: 'bad' }), WRONG)
  for (let failure = 1; failure < 10; failure++) t.equal(await login({ pass: 'bad' }), WRONG)
  t.equal(await login({ pass: 'bad' }), LOCKED)
})

test('a good login resets the failures', async (t) => {
  const { login } = await start(t)
  for (let failure = 0; failure < 9; failure++) await login({ pass: 'bad' })
  t.equal(await login(), NO_LEADS)
  for (let failure = 0; failure < 9; failure++) await login({ pass: 'bad' })
  t.equal(await login(), NO_LEADS)
})

test('an inactive user is locked too, an unknown user never', async (t) => {
  const { login } = await start(t, { active: 'N' })
  for (let failure = 0; failure < 10; failure++) await login()
  t.equal(await login(), LOCKED)
  for (let failure = 0; failure < 12; failure++) {
    t.match(await login({ user: 'ghost' }), /^ERROR: Login incorrect/)
  }
})

test('a refused login is not logged, so an apostrophe in the last field breaks nothing', async (t) => {
  const { login } = await start(t)
  t.equal(await login({ pass: 'bad', last_name: "O'Brien" }), WRONG)
})

test('version needs no login', async (t) => {
  const { login } = await start(t)
  const version =
    'VERSION: 2.14-202|BUILD: 250720-1841|DATE: 2026-01-01 00:00:00|EPOCH: 1767225600|DST: 0|TZ: |TZNOW: 0|\n'
  t.equal(await login({ user: '', pass: '', function: 'version' }), version)
})

test('a user with restricted lists needs an existing group', async (t) => {
  const { login } = await start(t, { api_list_restrict: '1', user_group: 'GONE' })
  t.equal(await login(), 'ERROR: user_group DOES NOT EXIST: |api|GONE|\n')
})
