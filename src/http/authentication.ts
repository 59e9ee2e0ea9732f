import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import {
  type AccessControl,
  type IdentifyOptions,
  requireNetwork,
  requirePermission
} from '../callers/access-control.ts'
import type { Caller, RoutePermission } from '../callers/caller.ts'
import { howToSendKey, presentedKey } from '../callers/key.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request; null on routes that need no key. */
    caller: Caller | null
    /** The sender that has proved itself: a caller's name, or `webhook:NAME`; null if none has. */
    sender: string | null
    /** The caller whose key it has, also if that may not call from here; null if there is no valid key. */
    keyHolder: string | null
    /** Whether the request has cost its address points. */
    isCounted: boolean
  }
}

/** Makes every route of this scope need a caller's key, with the permission that the route documents. */
export function authentication(scope: FastifyInstance, accessControl: AccessControl): void {
  scope.addHook('onRequest', async (request) => {
    await authenticate(request, accessControl)
  })
  documentedPermissions(scope)
}

/**
 * Makes every route of this scope need the permission that its `security` documents, of a caller that an earlier hook
 * has identified. A route that documents none cannot be added.
 */
export function documentedPermissions(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    const permission = documentedPermission(route)
    const check = async (request: FastifyRequest) => {
      requirePermission(callerOf(request), permission)
    }
    route.onRequest = [route.onRequest ?? [], check].flat()
  })
}

/** The `security` of a route that needs a permission, for both ways to send a key. */
export function requires(permission: RoutePermission) {
  return [{ bearer: [permission] }, { api_key: [permission] }]
}

function documentedPermission({ url, schema }: RouteOptions): RoutePermission {
  const [permission] = Object.values(schema?.security?.[0] ?? {}).flat()
  if (permission === undefined) throw new Error(`the route ${url} does not document its permission`)
  return permission as RoutePermission
}

/**
 * Identifies the caller of a request, and counts the request.
 * @param options `key` is the one to check; by default the key in the request's headers
 * @throws Problem unauthenticated, permission_denied (wrong network), rate_limited
 */
export async function authenticate(
  request: FastifyRequest,
  accessControl: AccessControl,
  {
    key = presentedKey(request.headers),
    ...options
  }: IdentifyOptions & { readonly key?: string | undefined } = {}
): Promise<Caller> {
  // If it throws, it has counted the request.
  request.isCounted = true
  const howToSend = howToSendKey(request.headers.authorization)
  const caller = accessControl.identify(key, request.ip, { howToSend, ...options })
  await setCaller(request, caller)
  return caller
}

/**
 * Sets the caller of a request, and counts the request.
 * @throws Problem permission_denied (wrong network), rate_limited
 */
export async function setCaller(request: FastifyRequest, caller: Caller): Promise<void> {
  // Its key is valid, so the request costs no points even from a forbidden address.
  request.isCounted = true
  request.keyHolder = caller.name
  caller.keyUse.lastAt = Date.now()
  requireNetwork(caller, request.ip)
  request.sender = caller.name
  request.caller = caller
  await caller.limits.take('requests', 1)
}

/**
 * Counts a request once, unless its sender has proved itself or its key is valid.
 * @throws Problem rate_limited
 */
export function countAnonymous(request: FastifyRequest, accessControl: AccessControl): void {
  if (request.sender !== null || request.isCounted) return
  request.isCounted = true
  const caller = accessControl.countAnonymous(presentedKey(request.headers), request.ip)
  if (caller?.mayCallFrom(request.ip)) request.sender = caller.name
}

/** Counts a request with a wrong signature, or a wrong login in its body. @throws Problem rate_limited */
export function countWrongKey(request: FastifyRequest, accessControl: AccessControl): void {
  request.isCounted = true
  accessControl.countWrongKey(request.ip)
}

/** What the history records about a request: its id and its key's. */
export function auditOf(request: FastifyRequest): { requestId: string; keyId: string } {
  return { requestId: request.id, keyId: callerOf(request).keyId }
}

/** The caller of an authenticated request. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('a route without authentication asked for its caller')
  return request.caller
}

/** Prepares requests for what the hooks of this file note about them. */
export function prepareSenders(app: FastifyInstance): void {
  app.decorateRequest('caller', null)
  app.decorateRequest('sender', null)
  app.decorateRequest('keyHolder', null)
  app.decorateRequest('isCounted', false)
}

/** Adds the remaining quota to every response to a limited caller, errors included. */
export function rateLimitHeaders(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    // Undefined if the request could not be parsed.
    if (request.caller) reply.headers(request.caller.limits.headers())
    done(null, payload)
  })
}
