import type { FastifyInstance } from 'fastify'
import { Problem } from './errors.ts'

/** Refuses what the routes of this scope would pass over: a query, and a body that is encoded. */
export function strictRequest(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const [parameter] = Object.keys(request.query as object)
    const encoding = request.headers['content-encoding']
    if (parameter !== undefined) {
      const detail = 'This address takes no query parameters; what a request says stands in its body.'
      const errors = [{ pointer: '', code: 'invalid_request', detail }]
      done(new Problem('invalid_request', detail, { errors }))
    } else if (encoding !== undefined && encoding !== 'identity') {
      done(
        new Problem(
          'unsupported_media_type',
          'The body must not be encoded: send it without Content-Encoding.'
        )
      )
    } else done()
  })
}
