import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pino } from 'pino'
import { loadConfig } from '../src/config/config.ts'
import { createGateway } from '../src/gateway.ts'
import { SqliteOutbox } from '../src/outbox/sqlite/sqlite-outbox.ts'
import { AWAY, KEY } from './servers.ts'
import { GATEWAY_FILE } from './scenarios.ts'

/**
 * A gateway with webhook sources, on a VICIdial that is away; a process of its own, told by its parent what to do. With `--forget` it stores nothing.
 */
const data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
writeFileSync(join(data.path, 'gateway.yaml'), GATEWAY_FILE)
const config = loadConfig({
  VICIDIAL_URL: AWAY,
  VICIDIAL_USER: 'none',
  VICIDIAL_PASS: 'none',
  API_KEY: KEY,
  GATEWAY_CONFIG: join(data.path, 'gateway.yaml'),
  DATA_DIR: data.path
})
const outbox = new SqliteOutbox(data.path)
if (process.argv.includes('--forget')) outbox.jobs.accept = async () => undefined
const gateway = await createGateway(config, pino({ level: 'silent' }), { outbox })
const origin = await gateway.listen({ host: '127.0.0.1', port: 0 })
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

process.on('message', async (message) => {
  if (message === 'reset') delay.reset()
  if (message === 'delay') process.send?.({ delayMs: delay.percentile(99) / 1e6 })
  if (message === 'stop') {
    await gateway.close()
    data.remove()
    process.disconnect()
  }
})
process.send?.({ origin })
