import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { type Caller, type Callers, presentedKey } from './callers.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; null on routes that need no key. */
    caller: Caller | null
  }
}

/** Lets only requests with a caller's key reach the routes of this scope. */
export function authentication(scope: FastifyInstance, callers: Callers): void {
  scope.decorateRequest('caller', null)
  scope.addHook('onRequest', (request, _reply, done) => {
    const key = presentedKey(request.headers)
    const caller = key === undefined ? undefined : callers.find(key)
    request.caller = caller ?? null
    done(caller === undefined ? unauthenticated(key) : undefined)
  })
}

function unauthenticated(key: string | undefined): Problem {
  const detail = key === undefined ? 'The request has no API key.' : 'The API key is not known.'
  return new Problem('unauthenticated', detail, {
    headers: { 'www-authenticate': 'Bearer realm="vicidial-gateway"' }
  })
}

/** The caller of an authenticated request. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('a route without authentication asked for its caller')
  return request.caller
}
