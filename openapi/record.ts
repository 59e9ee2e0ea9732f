import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { buildApp, type AppOptions } from '../src/app.ts'
import { loadConfig } from '../src/config/config.ts'
import { createGateway } from '../src/gateway.ts'
import { readHttpSettings } from '../src/config/http-settings.ts'
import type { Example } from '../src/http/openapi/examples.ts'
import { generateFixture } from '../src/tools/sandbox/database/generate-fixture.ts'
import { startSandbox } from '../src/tools/sandbox/sandbox.ts'
import { EXCHANGES, type Exchange } from './exchanges.ts'

const KEY = 'the-key-of-this-example'
/** Given with every request, so that the same exchange has the same answer. */
const REQUEST_ID = 'req_01KAS9T1QJ3W8Z5V2N7C4XGYHM'
const JOB_ID = 'job_01KAS9T1QJ3W8Z5V2N7C4XGYHM'
const TIME = '2026-11-24T02:00:39.420Z'
const LOOK_EVERY_MS = 5
const SHARED_CODE = 'CRM-DUP'
const SHARED_BY: readonly number[] = [111, 112]
const MANY_CALLS = 100

/** Has every exchange with a gateway on a sandbox VICIdial, each on its own, and gives what was answered. */
export async function recordExamples(): Promise<Example[]> {
  const examples: Example[] = []
  for (const exchange of EXCHANGES) examples.push(await record(exchange))
  examples.push(await recordDraining('ready', '/readyz', 'draining', 'The gateway is shutting down'))
  examples.push(await recordDraining(undefined, '/v1/fields', 'overloaded', 'The gateway is being restarted'))
  examples.push(await recordFailure())
  return examples
}

async function record(exchange: Exchange): Promise<Example> {
  const fixture = generateFixture(200)
  const leads = fixture.leads.map((lead) =>
    SHARED_BY.includes(lead.lead_id) ? { ...lead, vendor_lead_code: SHARED_CODE } : lead
  )
  const sandbox = await startSandbox({ fixture: { ...fixture, leads } })
  if (exchange.fault) sandbox.fail(exchange.fault, { calls: MANY_CALLS })
  using data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  const app = await gatewayOn(sandbox.url, { DATA_DIR: data.path, ...exchange.env })
  try {
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const { stored, before = 0 } = exchange
    for (let n = 0; n < before; n++) await ask({ ...exchange, status: 200 }, origin)
    const job = stored === undefined ? '' : await store(stored, origin)
    return await ask({ ...exchange, path: exchange.path.replace('{job}', job) }, origin)
  } finally {
    await sandbox.close()
    await app.close()
  }
}

function gatewayOn(url: string, env: Readonly<Record<string, string>> = {}): Promise<FastifyInstance> {
  const config = loadConfig({
    VICIDIAL_URL: url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY: KEY,
    ...env
  })
  // A slow machine is no reason to refuse.
  return createGateway(config, pino({ level: 'silent' }), { maxEventLoopDelayMs: 0 })
}

/** Has updates stored and delivered, and gives their job. */
async function store(body: unknown, origin: string): Promise<string> {
  const authorization = `Bearer ${KEY}`
  const accepted = await fetch(`${origin}/v1/leads/batch-update`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify(body)
  })
  const { id } = (await accepted.json()) as { id: string }
  for (;;) {
    const response = await fetch(`${origin}/v1/jobs/${id}`, { headers: { authorization } })
    if ('finished_at' in ((await response.json()) as object)) return id
    await pause(LOOK_EVERY_MS)
  }
}

/** The same for every recording: ids and times are what they happened to be. */
function steady(answer: string): unknown {
  return JSON.parse(answer.replace(/job_[0-9A-Z]{26}/g, JOB_ID).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, TIME))
}

async function ask(exchange: Exchange, origin: string): Promise<Example> {
  const { operationId, name, summary, method, path, body, text, key, contentType, headers, status } = exchange
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(origin + path, {
    method,
    headers: {
      authorization: `Bearer ${key ?? KEY}`,
      'x-request-id': REQUEST_ID,
      ...(sent === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      ...headers
    },
    ...(sent === undefined ? {} : { body: sent })
  })
  if (response.status !== status) {
    throw new Error(`${name}: HTTP ${response.status} instead of ${status}: ${await response.text()}`)
  }
  return {
    ...(operationId === undefined ? {} : { operationId }),
    name,
    summary,
    ...(status < 300 && body !== undefined ? { request: body } : {}),
    status,
    type: response.headers.get('content-type')?.split(';')[0] ?? '',
    answer: steady(await response.text())
  }
}

/** Asks while the application is closing, when it still listens and takes no new work. */
async function recordDraining(
  operationId: string | undefined,
  path: string,
  name: string,
  summary: string
): Promise<Example> {
  using data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  const app = await gatewayOn('http://127.0.0.1:9/vicidial/non_agent_api.php', { DATA_DIR: data.path })
  const asked = Promise.withResolvers<Example>()
  const common = { name, summary, method: 'GET', path, status: 503 } as const
  let origin = ''
  app.addHook('preClose', async () => {
    asked.resolve(await ask({ ...(operationId === undefined ? {} : { operationId }), ...common }, origin))
  })
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
  await app.close()
  return await asked.promise
}

/** Sends a request to an application with a part that throws. */
async function recordFailure(): Promise<Example> {
  const options = {
    runtimeConfig: { leads: { customFields: new Map() } },
    http: readHttpSettings(
      {
        ANONYMOUS_POINTS_PER_MINUTE: 0,
        RECEIVE_TIMEOUT_MS: 30_000,
        MAX_CONNECTIONS: 10,
        DOCS: 'off',
        OPS: 'off'
      },
      []
    ),
    log: pino({ level: 'silent' }),
    metrics: { requestEnded: () => {} },
    outbox: {
      get queue() {
        throw new Error('a part that fails')
      }
    }
  }
  const app = await buildApp(options as unknown as AppOptions)
  try {
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const summary = 'A fault of the gateway'
    return await ask({ name: 'internal_error', summary, method: 'GET', path: '/readyz', status: 500 }, origin)
  } finally {
    await app.close()
  }
}
