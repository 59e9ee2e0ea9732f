import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { Pool } from 'undici'
import type { Fixture } from '../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { originOf, run } from '../gateway/gateway-process.ts'
import { checkAnswer, dataDir, type OpenApi, openApi } from '../helper.ts'
import { gatewayFile } from '../gateway-file.ts'
import { SHORT_RETRY } from '../routes/scripted-vicidial.ts'
import { until } from '../until.ts'
import { requests, type Sent } from './requests.ts'
import { Stock } from './stock.ts'
import { WEBHOOKS } from './webhook-requests.ts'

/** `npm run test:fuzz` sends 20,000. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2_000)
/** No response takes this long, except a webhook's that waits for its result. */
const HANG_MS = 300_000
/** What a process may grow by after it has warmed up, in MiB. */
const MAX_GROWTH_MIB = 64

/** A cause of failure is found again by its seed. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
/** After so many requests there are new jobs and dead letters to be named. */
const FILL_EVERY = 50

const FILE = gatewayFile(
  [
    { name: 'all', permissions: '*' },
    {
      name: 'some',
      permissions: {
        routes: ['batch', 'read', 'jobs', 'history'],
        read_fields: ['status'],
        fields: ['status', 'email'],
        statuses: ['SALE'],
        look_ups: ['phone_number']
      }
    },
    { name: 'denied', permissions: '*', account: 'denied' },
    { name: 'away', permissions: { routes: ['batch', 'jobs'], fields: '*', statuses: '*' }, account: 'away' }
  ],
  {
    accounts: [
      { name: 'denied', user: 'denied', pass: 's3cret' },
      { name: 'away', user: 'away', pass: 'wrong' }
    ],
    custom_fields: [{ label: 'favorite_color', max_length: 20 }],
    webhooks: WEBHOOKS
  }
)

/** A VICIdial with a user who may update nothing. */
function fixture(): Fixture {
  const { users, ...tables } = generateFixture(50)
  return {
    ...tables,
    users: [...users, ...users.map((user) => ({ ...user, user: 'denied', user_level: 7 }))]
  }
}

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

function operationsOf(document: OpenApi) {
  return Object.values(document.paths).flatMap((methods) => Object.values(methods))
}

/** How often an operation was answered with 2xx, 4xx and 5xx. */
function tally() {
  return { succeeded: 0, refused: 0, failed: 0 }
}

test(`${REQUESTS} requests generated from the document, valid, nearly valid and hostile: each gets a documented response`, async (t) => {
  const sandbox = await startSandbox({ fixture: fixture() })
  t.teardown(() => sandbox.close())
  const config = join(dataDir(t), 'gateway.yaml')
  writeFileSync(config, FILE)
  const server = run(t, {
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    ANONYMOUS_POINTS_PER_MINUTE: '0',
    GATEWAY_CONFIG: config,
    ...SHORT_RETRY,
    // A large young generation would hide what is kept.
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --max-semi-space-size=1`
  })
  const origin = await originOf(server)
  const stock = new Stock(origin)
  await until('there is something of everything', async () => {
    await stock.fill()
    return stock.isComplete
  })
  const pool = new Pool(origin, { connections: 4 })
  t.teardown(() => pool.close())
  const memoryMiB = () => {
    const [, kibibytes] =
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8')) ?? []
    return Number(kibibytes) / 1_024
  }

  const statuses = new Map<number, number>()
  const document = await openApi()
  const operations = operationsOf(document)
  const webhooks = WEBHOOKS.map(({ name }) => `/v1/webhooks/${name}`)
  const answered = new Map(
    [...operations.map(({ operationId }) => operationId), ...webhooks].map((name) => [name, tally()])
  )
  let [sent, warmMiB] = [0, 0]
  const keys = [...Array<string>(10).fill('all-key'), 'some-key', 'denied-key', 'nobody-key', '']
  const property = fc.asyncProperty(requests(document, keys), async (generated) => {
    if (++sent % FILL_EVERY === 0) await stock.fill()
    const request = stock.named(generated)
    const answer = await answerOf(pool, request)
    if (answer.status === 500) throw new Error('HTTP 500')
    await checkAnswer(request.method, request.path, answer)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    for (const name of [request.operation, request.path.split('?')[0]]) {
      const counts = answered.get(name ?? '')
      if (counts) counts[answer.status < 300 ? 'succeeded' : answer.status < 500 ? 'refused' : 'failed']++
    }
    if (sent === Math.floor(REQUESTS / 2)) warmMiB = memoryMiB()
  })
  t.comment(`FUZZ_SEED=${SEED}`)
  const began = performance.now()
  await fc.assert(property, { numRuns: REQUESTS, seed: SEED, endOnFailure: REQUESTS > 2_000 })
  t.comment(`${REQUESTS} requests in ${Math.round((performance.now() - began) / 100) / 10} s`)

  const seen = [...statuses].sort(([a], [b]) => a - b)
  t.comment(seen.map(([status, count]) => `${status}: ${count}`).join(', '))
  const unrefused = operations.filter(({ responses }) => !('400' in responses))
  for (const [name, { succeeded, refused, failed }] of answered) {
    t.comment(`${name}: ${succeeded} succeeded, ${refused} refused, ${failed} failed`)
    t.ok(succeeded > 0, `${name} succeeds`)
    if (unrefused.every(({ operationId }) => operationId !== name)) t.ok(refused > 0, `${name} is refused`)
  }
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
