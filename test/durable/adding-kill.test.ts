import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import type { FaultName } from '../../src/tools/sandbox/server/faults.ts'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { dataDir } from '../helper.ts'
import { DURABLE, emptied, HEADERS, kill, post, settings, start } from './gateway.ts'

const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 2)
const KEYS = 30
/** In this time all leads of a round are added; the process is killed somewhere in it. */
const DURING_MS = 250
const FAULTS: readonly FaultName[] = ['insert_late', 'reset_after', 'hang_after', '500_after_success']

test(`kill -9 while leads are added, ${ROUNDS} times: never two leads of one key, and none is missing`, async (t) => {
  const sandbox = await startSandbox({ callMs: 3 })
  t.teardown(() => sandbox.close())
  const env = {
    ...settings(sandbox.url, dataDir(t)),
    VICIDIAL_TIMEOUT_MS: '300',
    RETRY_FIRST_PAUSE_MS: '20',
    RETRY_LONGEST_PAUSE_MS: '100'
  }
  let server = await start(t, env)
  for (let round = 1; round <= ROUNDS; round++) {
    const batch = {
      updates: Array.from({ length: KEYS }, (_, n) => ({
        vendor_lead_code: `R${round}-${n}`,
        fields: { rank: round },
        add: { phone_number: `31255${String(round).padStart(3, '0')}${String(n).padStart(2, '0')}` }
      })),
      on_missing: 'add',
      add: { list_id: 101, phone_code: '1' }
    }
    for (const fault of FAULTS) sandbox.fail(fault, { calls: 3, parameter: 'insert_if_not_found' })
    const stored = await post(server.origin, batch, DURABLE)
    const waiting = post(server.origin, batch, HEADERS).catch(() => undefined)
    await pause(Math.random() * DURING_MS)
    await kill(server)
    await waiting
    server = await start(t, env)
    t.equal(stored.status, 202)
    // Whoever got no answer sends the same again.
    const again = await post(server.origin, batch, HEADERS)
    const { results } = JSON.parse(again.text) as { results: { status: string }[] }
    t.strictSame(
      results.filter(({ status }) => status !== 'updated' && status !== 'added'),
      [],
      'every lead is there'
    )
    await emptied(server.origin)
  }
  const codes = Object.values(sandbox.leads()).map(({ vendor_lead_code: code }) => code)
  const ofRounds = codes.filter((code) => code.startsWith('R'))
  t.equal(new Set(ofRounds).size, ofRounds.length, 'no key has two leads')
  t.equal(ofRounds.length, ROUNDS * KEYS, 'no lead is missing')
  await kill(server)
})
