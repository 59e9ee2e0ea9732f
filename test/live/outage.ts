import { execFileSync } from 'node:child_process'
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { loadConfig } from '../../src/config/config.ts'
import { createGateway } from '../../src/gateway.ts'
import { API_KEY, memoryLog } from '../helper.ts'

/**
 * Breaks the database of your own VICIdial under load, for real, and counts results that are false. Only for a server on
 * which nobody works: it sets `rank` and `city` of the leads 1 to 100.
 *
 *   VICIDIAL_URL=… VICIDIAL_USER=… VICIDIAL_PASS=… BREAK='…' REPAIR='…' OUTAGE_MS=60000 npm run test:outage
 *
 * BREAK and REPAIR are shell commands, such as `mariadb asterisk -e 'RENAME TABLE vicidial_list TO gone'` and the reverse.
 */
const { BREAK = '', REPAIR = '', OUTAGE_MS = '3000', BESIDE_MS = '3000', ...settings } = process.env
if (BREAK === '' || REPAIR === '') throw new Error('BREAK and REPAIR are missing')
const LEADS = 100
const MISSING = 987_654_321

using directory = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
const env = {
  VICIDIAL_MAX_CALLS_PER_SECOND: '0',
  ...settings,
  API_KEY,
  PORT: '0',
  DATA_DIR: directory.path,
  LOAD_SHEDDING: 'off'
}
const app = await createGateway(loadConfig(env), memoryLog('error').log)
const origin = await app.listen({ host: '127.0.0.1', port: 0 })

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${origin}/v1/leads/batch-update`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body)
  })
  return (await response.json()) as {
    id: string
    results?: { status: string; error?: { code: string; retryable: boolean } }[]
  }
}

/** Results of the callers who waited, by lead that exists or not, status, code. */
const waited = new Map<string, number>()
const jobs: string[] = []
const ending = new AbortController()

async function waiter(n: number): Promise<void> {
  for (let turn = 0; !ending.signal.aborted; turn++) {
    const isMissing = turn % 5 === 4
    const lead = isMissing ? MISSING : 1 + ((turn * 7 + n) % LEADS)
    const named =
      turn % 3 === 2 ? { vendor_lead_code: isMissing ? 'NOPE' : `CRM-${lead}` } : { lead_id: lead }
    const { results = [] } = await post({ updates: [{ ...named, fields: { rank: 1 + (turn % 9) } }] })
    for (const { status, error } of results) {
      const key = `${isMissing ? 'missing' : 'existing'} ${status} ${error?.code ?? ''}`
      waited.set(key, (waited.get(key) ?? 0) + 1)
    }
    await pause(5)
  }
}

let round = 0
async function storer(): Promise<void> {
  while (!ending.signal.aborted) {
    const city = `Round ${++round}`
    const updates = Array.from({ length: 20 }, (_, n) => ({
      lead_id: 1 + ((round * 20 + n) % LEADS),
      fields: { city }
    }))
    jobs.push((await post({ updates }, { prefer: 'respond-async' })).id)
    await pause(50)
  }
}

const running = Promise.all([waiter(0), waiter(31), waiter(62), storer()])
await pause(Number(BESIDE_MS))
execFileSync('sh', ['-c', BREAK])
await pause(Number(OUTAGE_MS))
execFileSync('sh', ['-c', REPAIR])
const repaired = performance.now()
await pause(Number(BESIDE_MS))
ending.abort()
await running

const stored = new Map<string, number>()
for (const job of jobs) {
  for (;;) {
    const response = await fetch(`${origin}/v1/jobs/${job}`, {
      headers: { authorization: `Bearer ${API_KEY}` }
    })
    const body = (await response.json()) as { finished_at?: string; results: { status: string }[] }
    if (body.finished_at !== undefined) {
      for (const { status } of body.results) stored.set(status, (stored.get(status) ?? 0) + 1)
      break
    }
    await pause(100)
  }
}
const report = {
  waited: Object.fromEntries([...waited].toSorted()),
  stored: Object.fromEntries(stored),
  secondsUntilAllArrived: Math.round((performance.now() - repaired) / 100) / 10
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
await app.close()
const isFalse = [...waited.keys()].filter(
  (key) => /^existing (?:not_found|ambiguous|rejected)/.test(key) || key.startsWith('missing updated')
)
const isLost = [...stored.keys()].filter((status) => status !== 'updated' && status !== 'superseded')
if (isFalse.length + isLost.length > 0) throw new Error(`false: ${[...isFalse, ...isLost].join(', ')}`)
