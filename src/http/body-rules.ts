import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'

/** Passes bodies of every type to the routes of this scope as unparsed bytes. */
export function rawBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body
  )
}

/** Refuses query parameters, which the routes of this scope would ignore. */
export function refuseQueries(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const [parameter] = Object.keys(request.query as object)
    if (parameter === undefined) {
      done()
      return
    }
    const detail = 'This address takes no query parameters; what a request says stands in its body.'
    const errors = [{ pointer: '', code: 'invalid_request', detail }]
    done(new Problem('invalid_request', detail, { errors }))
  })
}

/** Refuses a body with a Content-Encoding, which no route of this scope decodes. */
export function refuseEncodedBodies(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const encoding = request.headers['content-encoding']
    const isPlain = encoding === undefined || encoding === 'identity'
    const detail = 'The body must not be encoded: send it without Content-Encoding.'
    done(isPlain ? undefined : new Problem('unsupported_media_type', detail))
  })
}
