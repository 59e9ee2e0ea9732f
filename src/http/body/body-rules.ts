import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler, preHandlerHookHandler } from 'fastify'
import { Problem } from '../../errors.ts'
import { FORM } from './form.ts'
import type { RequestBodies } from './request-bodies.ts'

/** Passes bodies of every type to the routes of this scope as unparsed bytes. */
export function rawBody(scope: FastifyInstance, read: (request: FastifyRequest) => Promise<Buffer>): void {
  scope.removeAllContentTypeParsers()
  // The usual types by name too: Fastify would parse the header of each request that only '*' takes.
  scope.addContentTypeParser(['application/json', FORM, '*'], async (request: FastifyRequest) => {
    request.rawBody = await read(request)
    return request.rawBody
  })
}

/**
 * Runs for every request of a route added later, once all other hooks before its handler are done.
 * @param run may return the refusal of the request
 */
export function lastBeforeHandler(
  app: FastifyInstance,
  run: (request: FastifyRequest) => Problem | undefined
): void {
  const hook: preHandlerHookHandler = (request, _reply, done) => {
    done(run(request))
  }
  app.addHook('onRoute', (route) => {
    route.preHandler = [route.preHandler ?? [], hook].flat()
  })
}

/** Counts each body for its sender, and gives back its room when its response is ready. */
export function releaseBodies(app: FastifyInstance, bodies: RequestBodies): void {
  app.decorateRequest('heldBody', null)
  lastBeforeHandler(app, (request) => bodies.countForSender(request))
  // Unlike onResponse, this runs even if the connection has been closed.
  app.addHook('onSend', (request, _reply, payload, done) => {
    bodies.release(request)
    done(null, payload)
  })
}

/** Whether a request has a body, read or not. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  return encoding !== undefined || Number(length) !== 0
}

/** Whether a route's request may come without a body: its schema takes null as well. */
export function mayHaveNoBody(schema: unknown): boolean {
  const { anyOf: forms = [] } = (schema ?? {}) as { anyOf?: readonly { type?: unknown }[] }
  return forms.some(({ type }) => type === 'null')
}

/** Refuses the body of a request whose route takes none, without reading it: the route's schema documents no body. */
export function refuseUnwantedBodies(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.schema?.body !== undefined) return
    const refuse: onRequestHookHandler = ({ headers }, _reply, done) => {
      done(hasBody(headers) ? new Problem('invalid_request', 'This address takes no body.') : undefined)
    }
    route.onRequest = [route.onRequest ?? [], refuse].flat()
  })
}

/** Refuses query parameters, which the routes of this scope would ignore. */
export function refuseQueries(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const [parameter] = Object.keys(request.query as object)
    if (parameter === undefined) {
      done()
      return
    }
    const detail = 'This address takes no query parameters; put them into the body.'
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
