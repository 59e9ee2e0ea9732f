import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AccessControl } from '../src/callers/access-control.ts'
import { authenticate, countAnonymous } from '../src/http/authentication.ts'
import { basicPassword } from '../src/callers/basic.ts'
import { presentedKey } from '../src/callers/key.ts'
import type { HttpSettings } from '../src/config/http-settings.ts'
import { openApiYaml } from '../src/http/openapi.ts'

/** Browsers ask for a user and a password: the password is the key, the user may be any. */
const CHALLENGE = 'Basic realm="vicidial-gateway"'

/**
 * `GET /docs`, the page of the API, and its document: `GET /openapi.json`, `GET /openapi.yaml`. `GET /` leads there.
 * @param access who may read them
 */
export function docsRoutes(access: HttpSettings['docs'], accessControl: AccessControl) {
  return async (app: FastifyInstance): Promise<void> => {
    if (access === 'off') return
    app.addHook('onRequest', async (request: FastifyRequest) => {
      if (access === 'open') countAnonymous(request, accessControl)
      else {
        const { headers } = request
        const key = presentedKey(headers) ?? basicPassword(headers)
        authenticate(request, accessControl, { key, challenge: CHALLENGE })
      }
    })
    await app.register(fastifySwaggerUi, { routePrefix: '/docs', logLevel: 'silent' })
    app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
    app.get('/openapi.yaml', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('application/yaml; charset=utf-8').send(openApiYaml(app))
    )
    app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
  }
}
