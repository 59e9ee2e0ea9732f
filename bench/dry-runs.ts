import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { pino } from 'pino'
import { Pool } from 'undici'
import { BatchRequestSchema } from '../schemas/batch.ts'
import { NAMED_SCHEMAS } from '../schemas/named.ts'
import { ref } from '../schemas/ref.ts'
import { loadConfig } from '../src/config/config.ts'
import { createGateway } from '../src/gateway.ts'
import { alternate, closedLoop, median, medianRatio } from './measure.ts'
import { AWAY, KEY } from './servers.ts'
import { changeSet } from './target.ts'

const CALLERS = 16
const ROUND_MS = 1_500
const ROUNDS = 5
const UPDATES = 10

/** Dry runs a second, against a bare Fastify route that takes the same body by the same schema and answers as much. */
export async function dryRuns() {
  const updates = Array.from({ length: UPDATES }, (_, n) => ({ lead_id: n + 1, fields: changeSet(n % 4) }))
  const body = JSON.stringify({ dry_run: true, updates })
  using data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  const config = loadConfig({
    VICIDIAL_URL: AWAY,
    VICIDIAL_USER: 'none',
    VICIDIAL_PASS: 'none',
    API_KEY: KEY,
    DATA_DIR: data.path
  })
  const gateway = await createGateway(config, pino({ level: 'silent' }))
  const gatewayOrigin = await gateway.listen({ host: '127.0.0.1', port: 0 })
  const answer = await ask(new Pool(gatewayOrigin), body)

  const bare = Fastify()
  for (const schema of NAMED_SCHEMAS) bare.addSchema(schema)
  bare.post('/v1/leads/batch-update', { schema: { body: ref(BatchRequestSchema) } }, async () => answer)
  const bareOrigin = await bare.listen({ host: '127.0.0.1', port: 0 })

  const through = new Pool(gatewayOrigin, { connections: CALLERS })
  const direct = new Pool(bareOrigin, { connections: CALLERS })
  const { a, b } = await alternate(
    ROUNDS,
    () => closedLoop(CALLERS, ROUND_MS, () => ask(through, body)),
    () => closedLoop(CALLERS, ROUND_MS, () => ask(direct, body))
  )
  await Promise.all([through.close(), direct.close(), gateway.close(), bare.close()])
  const ofGateway = a.map(({ perSecond }) => perSecond)
  const ofBare = b.map(({ perSecond }) => perSecond)
  return {
    updatesPerRequest: UPDATES,
    gatewayPerSecond: median(ofGateway),
    barePerSecond: median(ofBare),
    ratio: medianRatio(ofGateway, ofBare)
  }
}

async function ask(pool: Pool, body: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` }
  const response = await pool.request({ path: '/v1/leads/batch-update', method: 'POST', headers, body })
  if (response.statusCode !== 200)
    throw new Error(`HTTP ${response.statusCode}: ${await response.body.text()}`)
  return response.body.json()
}
