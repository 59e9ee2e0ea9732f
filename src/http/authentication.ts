import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { Problem } from '../errors.ts'
import type { Caller, RoutePermission } from '../callers/caller.ts'
import type { Callers } from '../callers/callers.ts'
import { isWholeKey, KEY_PREFIX, presentedKey } from '../callers/key.ts'
import { NO_KEY_POINTS, type AnonymousLimit, WRONG_KEY_POINTS } from '../callers/anonymous-limit.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; null on routes that need no key. */
    caller: Caller | null
  }
}

/** By what the callers are known, and how far others come. */
export interface AccessControl {
  readonly callers: Callers
  readonly anonymous: AnonymousLimit
}

/**
 * Lets only requests with a caller's key reach the routes of this scope, and each only with the permission that its
 * `security` documents. A route that documents none cannot be added.
 */
export function authentication(scope: FastifyInstance, gate: AccessControl): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    try {
      authenticate(request, gate)
      done()
    } catch (error) {
      done(error as Error)
    }
  })
  scope.addHook('onRoute', (route) => {
    const permission = documentedPermission(route)
    route.onRequest = [route.onRequest ?? [], demand(permission)].flat()
  })
}

/** The `security` of a route that needs a permission: either way to send a key, and what the key must permit. */
export function requires(permission: RoutePermission) {
  return [{ bearer: [permission] }, { api_key: [permission] }]
}

function documentedPermission({ url, schema }: RouteOptions): RoutePermission {
  const [permission] = Object.values(schema?.security?.[0] ?? {}).flat()
  if (permission === undefined) throw new Error(`the route ${url} says not what permission it requires`)
  return permission as RoutePermission
}

function demand(permission: RoutePermission) {
  return async (request: FastifyRequest) => {
    requirePermission(callerOf(request), permission)
  }
}

/** @throws Problem permission_denied, which names what is missing */
export function requirePermission(caller: Caller, permission: RoutePermission): void {
  if (caller.may(permission)) return
  throw new Problem(
    'permission_denied',
    `The caller ${caller.name} lacks "${permission}" (permissions.routes).`
  )
}

/** @throws Problem permission_denied, if a request names a `source` that its caller was not given */
export function requireSource(caller: Caller, source: string | undefined): void {
  if (source === undefined || caller.mayUseSource(source)) return
  throw new Problem(
    'permission_denied',
    `The caller ${caller.name} may not use the source ${source} (permissions.sources).`
  )
}

const BEARER = 'Bearer realm="vicidial-gateway"'

/**
 * Finds who sends a request, and counts it.
 * @param key the key that the request has, if it does
 * @param challenge how a key can be sent
 * @param name whose the key must be, if the request says that
 * @throws Problem unauthenticated; permission_denied, if the caller may not call from where it does; rate_limited
 */
export function authenticate(
  request: FastifyRequest,
  { callers, anonymous }: AccessControl,
  key = presentedKey(request.headers),
  challenge = BEARER,
  name?: string
): Caller {
  const caller = key === undefined ? undefined : callers.find(key)
  if (caller === undefined || caller.name !== (name ?? caller.name)) {
    anonymous.take(request.ip, pointsOf(key))
    throw unauthenticated(key, challenge)
  }
  identify(request, caller)
  return caller
}

/**
 * Notes whose request it is, and counts it.
 * @throws Problem permission_denied, if the caller may not call from where it does; rate_limited
 */
export function identify(request: FastifyRequest, caller: Caller): void {
  if (!caller.mayCallFrom(request.ip)) {
    const detail = `The caller ${caller.name} may not call from ${request.ip} (networks).`
    throw new Problem('permission_denied', detail)
  }
  request.caller = caller
  caller.limits.take('requests', 1)
}

/**
 * Counts a request for something that needs no key, if it has none that is valid.
 * @throws Problem rate_limited
 */
export function countAnonymous(request: FastifyRequest, { callers, anonymous }: AccessControl): void {
  const key = presentedKey(request.headers)
  if (key === undefined || callers.find(key) === undefined) anonymous.take(request.ip, pointsOf(key))
}

function pointsOf(key: string | undefined): number {
  return key === undefined ? NO_KEY_POINTS : WRONG_KEY_POINTS
}

/**
 * Counts the updates of a caller's request, before any of them is done.
 * @throws Problem rate_limited; then none is to be done
 */
export function countUpdates(request: FastifyRequest, updates: number): void {
  callerOf(request).limits.take('updates', updates)
}

function unauthenticated(key: string | undefined, challenge: string): Problem {
  const headers = { 'www-authenticate': challenge }
  return new Problem('unauthenticated', whyNot(key), { headers })
}

function whyNot(key: string | undefined): string {
  if (key === undefined) return 'The request has no API key.'
  const isCut = key.startsWith(KEY_PREFIX) && !isWholeKey(key)
  return isCut
    ? 'The API key is not whole: a part of it is missing or mistyped.'
    : 'The API key is not known, or it has expired.'
}

/** The request and its key, by which what it asked for can be traced. */
export function auditOf(request: FastifyRequest): { requestId: string; keyId: string } {
  return { requestId: request.id, keyId: callerOf(request).keyId }
}

/** The caller of an authenticated request. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('a route without authentication asked for its caller')
  return request.caller
}
