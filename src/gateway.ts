import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { Callers } from './callers/callers.ts'
import type { Config } from './config.ts'
import { Dispatcher } from './delivery/dispatcher.ts'
import { createCleaner } from './leads/clean.ts'
import { Client } from './vicidial/client.ts'
import { Exchange } from './vicidial/exchange.ts'
import { Guard } from './vicidial/guard.ts'

/** Puts the parts together as configured. The application does not listen yet; closing it ends every connection. */
export async function createGateway(config: Config, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const { vicidial } = config
  const client = new Client({ url: vicidial.url, connections: vicidial.maxConcurrency })
  const guard = new Guard(vicidial)
  const plan = { maxLeadsPerCall: vicidial.maxLeadsPerCall, dialect: vicidial.dialect }
  const { dialect, timeoutMs } = vicidial
  const exchange = new Exchange({ client, guard, account: vicidial, dialect, timeoutMs })
  const app = await buildApp({
    callers: new Callers(config.callers),
    dispatcher: new Dispatcher(exchange, plan),
    leads: {
      clean: createCleaner(vicidial.nonLatin),
      customFields: config.customFields,
      nonLatin: vicidial.nonLatin
    },
    plan,
    source: vicidial.source,
    upstreamState: () => guard.state,
    requestDeadlineMs: config.requestDeadlineMs,
    maxUpdatesPerRequest: config.maxUpdatesPerRequest,
    maxBodyBytes: config.maxBodyBytes,
    log
  })
  app.addHook('onClose', async () => client.close())
  return app
}
