import { type Test, test } from 'tap'
import { AccountCalls } from '../../../src/tools/account/account-calls.ts'
import type { FaultName } from '../../../src/tools/sandbox/server/faults.ts'
import { Client } from '../../../src/vicidial/client.ts'
import { PROBES } from '../../../src/vicidial/wire.ts'
import { checkUrl, logins, PASS, startVicidial } from './set-up.ts'

async function start(t: Test, timeoutMs = 60_000) {
  const sandbox = await startVicidial(t)
  const client = new Client({ url: new URL(sandbox.url), connections: 1 })
  t.teardown(() => client.close())
  const account = { name: 'default', user: 'api', pass: PASS, maxConcurrency: 1, maxCallsPerSecond: 0 }
  const calls = new AccountCalls(client, account, 'gateway', timeoutMs)
  const failOnce = (fault: FaultName) => sandbox.fail(fault, { calls: 1 })
  return { sandbox, calls, failOnce }
}

for (const refusal of ['wrong_login', 'locked_out'] as const) {
  test(`after ${refusal} no further call is made`, async (t) => {
    const { sandbox, calls, failOnce } = await start(t)
    t.equal((await calls.ask(PROBES.login)).kind, 'nothing_asked')
    failOnce(refusal)
    const { kind } = await calls.ask(PROBES.login)
    t.equal((await calls.ask(PROBES.login)).kind, kind)
    t.equal((await calls.insist(PROBES.login)).kind, kind)
    t.equal(logins(sandbox), 2)
  })
}

for (const silence of ['hang', 'reset_before', 'html', '500'] as const) {
  test(`a first call that ends in ${silence} is the last: it may have been a refused login`, async (t) => {
    const { sandbox, calls, failOnce } = await start(t, silence === 'hang' ? 100 : undefined)
    failOnce(silence)
    t.equal((await calls.ask(PROBES.login)).kind, 'no_reply')
    t.equal((await calls.ask(PROBES.login)).kind, 'no_reply')
    t.equal(logins(sandbox), 1)
  })
}

test('after a missing reply only insist() calls; once that gets a reply, ask() does too', async (t) => {
  const { sandbox, calls, failOnce } = await start(t)
  await calls.ask(PROBES.login)
  failOnce('reset_before')
  t.equal((await calls.ask(PROBES.login)).kind, 'no_reply')
  t.equal((await calls.ask(PROBES.login)).kind, 'no_reply')
  t.equal(logins(sandbox), 2)
  t.equal((await calls.insist(PROBES.login)).kind, 'nothing_asked')
  t.equal((await calls.ask(PROBES.login)).kind, 'nothing_asked')
  t.equal(logins(sandbox), 4)
})

test('a page instead of one reply does not end calls with an accepted login', async (t) => {
  const { calls, failOnce } = await start(t)
  await calls.ask(PROBES.login)
  failOnce('html')
  t.equal((await calls.ask(PROBES.login)).kind, 'no_reply')
  t.equal((await calls.ask(PROBES.login)).kind, 'nothing_asked')
})

test('a login refused in the middle of a check is not tried again', async (t) => {
  const sandbox = await startVicidial(t)
  sandbox.fail('wrong_login', { calls: 100, function: 'update_lead' })
  const { step } = await checkUrl(sandbox.url)
  t.match(step('login'), { status: 'ok' })
  t.match(step('update_lead'), { status: 'fault', detail: /accepted the login before and refuses it now/ })
  t.match(step('non_latin'), { status: 'skipped' })
  t.equal(logins(sandbox), 2)
})
