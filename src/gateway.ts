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
  const { vicidial, dispatch } = config
  const { dialect, timeoutMs, source, maxConcurrency, maxCallsPerSecond } = vicidial
  const rules = { maxLeadsPerCall: vicidial.maxLeadsPerCall, dialect }
  const client = new Client({ url: vicidial.url, connections: maxConcurrency })
  const guard = new Guard({
    maxConcurrency,
    maxCallsPerSecond,
    onChange: (state) => {
      log[state.state === 'reachable' ? 'info' : 'warn'](
        { vicidial: state },
        `vicidial is now ${state.state}`
      )
    }
  })
  const exchange = new Exchange({ client, guard, account: vicidial, dialect, source, timeoutMs, log })
  const app = await buildApp({
    callers: new Callers(config.callers),
    dispatcher: new Dispatcher({ exchange, guard, rules, log, ...dispatch }),
    leads: {
      clean: createCleaner(vicidial.nonLatin),
      customFields: config.customFields,
      nonLatin: vicidial.nonLatin
    },
    rules,
    source,
    upstreamState: () => guard.state,
    requestDeadlineMs: config.requestDeadlineMs,
    maxUpdatesPerRequest: config.maxUpdatesPerRequest,
    maxBodyBytes: config.maxBodyBytes,
    log
  })
  app.addHook('onClose', async () => {
    guard.close()
    await client.close()
  })
  return app
}
