import { test } from 'tap'
import { Client } from '../../src/vicidial/client.ts'
import type { Probes } from '../../src/vicidial/guard.ts'
import { createProbes } from '../../src/vicidial/probe.ts'
import { startStandIn, type Tester } from '../helper.ts'

const REFUSED = 'ERROR: Login incorrect, please try again: |gateway|pass|BAD|\n'
const LOCKED = 'ERROR: Too many login attempts, try again in 15 minutes: |gateway|LOCK|\n'

/** Probes of a server that replies the same to everything. */
async function probing(t: Tester, httpStatus: number, text: string): Promise<Probes> {
  const url = new URL(await startStandIn(t, (_params, response) => response.writeHead(httpStatus).end(text)))
  const client = new Client({ url, connections: 1 })
  t.teardown(() => client.close())
  const account = { name: 'default', user: 'gateway', pass: 'pass' }
  return createProbes({ client, account, source: 'gateway', timeoutMs: 1_000, log: { info: () => {} } })
}

test('a login probe shows a good login only if VICIdial itself got past it', async (t) => {
  const cases: [httpStatus: number, text: string, health: string | undefined][] = [
    [200, 'ERROR: batch_update_lead NO LEADS DEFINED - gateway|\n', 'good'],
    [200, 'ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |gateway|x|\n', 'good'],
    [
      200,
      'ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS IN THE SYSTEM: |gateway|0|\n',
      'good'
    ],
    [200, 'ERROR: INVALID JSON FORMAT\n', 'good'],
    [200, 'ERROR: Your IP Address is not allowed: IP: ||IPBLOCK|\n', 'good'],
    [200, 'ERROR: user_group DOES NOT EXIST: |gateway|GONE|\n', 'good'],
    [200, REFUSED, 'login_refused'],
    [200, LOCKED, 'locked_out'],
    [200, 'MySQL connect ERROR:  Connection refused', undefined],
    [200, '', 'failed'],
    [200, '<html>maintenance</html>', 'failed'],
    [302, '', 'failed'],
    [401, 'Unauthorized', 'failed'],
    [404, 'Not Found', 'failed'],
    [500, '', 'failed'],
    [200, 'ERROR: Invalid Source\n', 'failed'],
    [200, 'ERROR: NO FUNCTION SPECIFIED\n', 'failed']
  ]
  for (const [httpStatus, text, health] of cases) {
    const probes = await probing(t, httpStatus, text)
    t.equal(await probes.login(), health, `${httpStatus} ${text}`)
  }
})

test('a version probe shows whether VICIdial replies as it does to any call', async (t) => {
  const cases: [httpStatus: number, text: string, health: string][] = [
    [200, 'VERSION: 2.14-202|BUILD: 250720-1841|DATE: 2026-01-01 00:00:00|EPOCH: 1767225600|\n', 'alive'],
    [200, 'ERROR: NO FUNCTION SPECIFIED\n', 'alive'],
    [404, 'Not Found', 'alive'],
    [200, '', 'failed'],
    [200, '<html>maintenance</html>', 'failed'],
    [500, '', 'failed'],
    [502, '<html>Bad Gateway</html>', 'failed']
  ]
  for (const [httpStatus, text, health] of cases) {
    const probes = await probing(t, httpStatus, text)
    t.equal(await probes.version(), health, `${httpStatus} ${text}`)
  }
})
