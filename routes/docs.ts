import type { FastifyInstance } from 'fastify'
import { openApiYaml } from '../src/openapi.ts'

/** `GET /openapi.json`, `GET /openapi.yaml`, and the way from `/` to the page that shows them. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  app.get('/openapi.yaml', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/yaml; charset=utf-8').send(openApiYaml(app))
  )
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
}
