import { test } from 'tap'
import type { Php } from '../../../../src/tools/sandbox/api/php.ts'
import { startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'
import type { FaultName } from '../../../../src/tools/sandbox/server/faults.ts'
import { CALLS, REPLIES } from './database-replies.ts'

/** What lead 1 holds after the calls, with `use_non_latin`. PHP 7 without settings takes it for 0. */
const stored = (fault: string, php: Php): string => {
  if (fault === 'api_log_unwritable') return 'Łódź'
  return fault === 'settings_gone' && php === 7 ? 'd' : 'New York'
}

for (const [fault, byPhp] of Object.entries(REPLIES)) {
  for (const php of [7, 8] as const) {
    test(`${fault} with PHP ${php} lasts until it is cleared`, async (t) => {
      const sandbox = await startSandbox({ leads: 2, php, useNonLatin: 1 })
      t.teardown(() => sandbox.close())
      const ask = async (params: Record<string, string>) => {
        const response = await fetch(sandbox.url, { method: 'POST', body: new URLSearchParams(params) })
        return `${response.status} ${await response.text()}`.replace(/VERSION[^]*/, 'VERSION')
      }
      sandbox.fail(fault as FaultName, { calls: Number.POSITIVE_INFINITY })
      for (const [name, params] of Object.entries(CALLS)) {
        t.equal(await ask(params), byPhp[php][name as keyof typeof CALLS], name)
      }
      t.equal(sandbox.leads()['1']?.city, stored(fault, php))
      sandbox.fail(fault as FaultName, { calls: 0 })
      t.equal(await ask({ ...CALLS.batch, city: 'x' }), REPLIES.settings_gone?.[7].batch)
    })
  }
}

test('a database that is lost counts no failed login', async (t) => {
  const sandbox = await startSandbox({ leads: 2, php: 7 })
  t.teardown(() => sandbox.close())
  const ask = async () =>
    (await fetch(sandbox.url, { method: 'POST', body: new URLSearchParams(CALLS.code) })).text()
  sandbox.fail('database_lost', { calls: 20 })
  for (let call = 0; call < 20; call++) t.match(await ask(), 'Login incorrect')
  t.equal(await ask(), 'CRM-1|1|1\n')
})
