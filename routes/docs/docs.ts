import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AccessControl } from '../../src/callers/access-control.ts'
import { basicPassword } from '../../src/callers/basic.ts'
import { presentedKey } from '../../src/callers/key.ts'
import type { HttpSettings } from '../../src/config/http-settings.ts'
import { authenticate, countAnonymous } from '../../src/http/authentication.ts'
import { loadShedding } from '../../src/http/load-shedding.ts'
import { addHeaders, pageHeaders } from '../../src/http/security-headers.ts'
import { openApiYaml } from '../../src/http/openapi/openapi.ts'
import { PAGE } from './page.ts'

/** Makes browsers ask for a user and a password: the password is the key, the user is ignored. */
const CHALLENGE = 'Basic realm="vicidial-gateway"'
const HOW_TO_SIGN_IN = 'Send it as the password, or as "Authorization: Bearer KEY".'

export interface DocsOptions {
  /** Who may read them. */
  readonly visibility: HttpSettings['docs']
  readonly accessControl: AccessControl
  /** See `loadShedding`. */
  readonly maxEventLoopDelayMs: number
}

/**
 * `GET /docs`, the API's page, and its OpenAPI document: `GET /openapi.json`, `GET /openapi.yaml`. `GET /` redirects to
 * the page.
 */
export function docsRoutes({ visibility, accessControl, maxEventLoopDelayMs }: DocsOptions) {
  return async (app: FastifyInstance): Promise<void> => {
    if (visibility === 'off') return
    addHeaders(app, pageHeaders([]))
    app.addHook('onRequest', async (request: FastifyRequest) => {
      if (visibility === 'open') countAnonymous(request, accessControl)
      else {
        const { headers } = request
        const key = presentedKey(headers) ?? basicPassword(headers)
        await authenticate(request, accessControl, { key, challenge: CHALLENGE, howToSend: HOW_TO_SIGN_IN })
      }
    })
    loadShedding(app, maxEventLoopDelayMs)
    await app.register(fastifySwaggerUi, PAGE)
    app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
    app.get('/openapi.yaml', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('application/yaml; charset=utf-8').send(openApiYaml(app))
    )
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
  }
}
