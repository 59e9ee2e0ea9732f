import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { Pool } from 'undici'
import { hashKey } from '../../src/callers/key.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { originOf, run } from '../gateway-process.ts'
import { checkAnswer, dataDir, openApi } from '../helper.ts'
import { requests, type Sent } from './requests.ts'

/** `npm run test:fuzz` sends 20,000. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2_000)
/** No answer takes so long, but for a webhook that waits for its result. */
const HANG_MS = 20_000
/** What a process may grow by after it has warmed up, in MiB. */
const MAX_GROWTH_MIB = 64

const FILE = `
callers:
  - { name: all, key_hashes: ["sha256:${hashKey('key-of-all')}"], permissions: "*" }
  - name: some
    key_hashes: ["sha256:${hashKey('key-of-some')}"]
    permissions: { routes: [batch, jobs, history], fields: [status, email], statuses: [SALE], look_ups: [phone_number] }
custom_fields: [{ label: favorite_color, max_length: 20 }]
webhooks:
  - { name: open, auth: { api_key: { key_hashes: ["sha256:${hashKey('key-of-all')}"] } }, mapping: { lead: { lead_id: lead }, fields: { status: stage, comments: note } } }
  - { name: callers, auth: { callers: true }, event_id: { expression: id }, mapping: { each: items, lead: { phone_number: phone }, fields: { status: stage } } }
  - { name: signed, auth: { hmac: { header: X-Signature, secrets: [fuzz-secret] } }, mapping: { lead: { lead_id: lead }, fields: { status: stage } } }
`

async function answerOf(pool: Pool, { method, path, headers, body }: Sent) {
  const answer = await pool.request({
    method: method,
    path,
    headers,
    body: body ?? null,
    headersTimeout: HANG_MS,
    bodyTimeout: HANG_MS
  })
  const text = await answer.body.text()
  const isJson = text !== '' && String(answer.headers['content-type'] ?? '').includes('json')
  return {
    status: answer.statusCode,
    headers: new Headers(answer.headers as Record<string, string>),
    body: isJson ? (JSON.parse(text) as unknown) : text
  }
}

test(`${REQUESTS} requests made from the document, sound, nearly so and hostile: each is answered as documented`, async (t) => {
  const sandbox = await startSandbox({ leads: 50 })
  t.teardown(() => sandbox.close())
  const config = join(dataDir(t), 'gateway.yaml')
  writeFileSync(config, FILE)
  const server = run(t, {
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    ANONYMOUS_POINTS_PER_MINUTE: '0',
    GATEWAY_CONFIG: config
  })
  const pool = new Pool(await originOf(server), { connections: 4 })
  t.teardown(() => pool.close())
  const memoryMiB = () => {
    const [, kibibytes] =
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8')) ?? []
    return Number(kibibytes) / 1_024
  }

  const statuses = new Map<number, number>()
  let [sent, warmMiB] = [0, 0]
  const keys = [...Array<string>(5).fill('key-of-all'), 'key-of-some', 'key-of-nobody', '']
  const property = fc.asyncProperty(requests(await openApi(), keys), async (request) => {
    const answer = await answerOf(pool, request)
    if (answer.status === 500) throw new Error('HTTP 500')
    await checkAnswer(request.method, request.path, answer)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    if (++sent === Math.floor(REQUESTS / 2)) warmMiB = memoryMiB()
  })
  await fc.assert(property, { numRuns: REQUESTS, endOnFailure: REQUESTS > 2_000 })

  const seen = [...statuses].sort(([a], [b]) => a - b)
  t.comment(seen.map(([status, count]) => `${status}: ${count}`).join(', '))
  for (const status of [200, 202, 207, 400, 401, 403, 404, 415, 422])
    t.ok(statuses.has(status), `some are answered ${status}`)
  if (process.platform === 'linux') {
    const grownMiB = memoryMiB() - warmMiB
    t.comment(`${Math.round(warmMiB)} MiB after half of them, ${Math.round(grownMiB)} more at the end`)
    t.ok(grownMiB < MAX_GROWTH_MIB)
  }
  t.equal(server.child.exitCode, null, 'the gateway lives')
  const faults = server.lines.filter(({ level }) => level >= 50)
  t.same(faults, [], 'it has nothing to complain about')
})
