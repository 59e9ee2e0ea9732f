import type { FastifyRequest } from 'fastify'
import { type AccessControl, BEARER_CHALLENGE } from '../src/callers/access-control.ts'
import { presentedKey } from '../src/callers/key.ts'
import { type Parameters, readBody, readQuery, textOf, mergeParameters } from '../src/compat/parameters.ts'
import { Problem } from '../src/errors.ts'
import { authenticate, callerOf } from '../src/http/authentication.ts'

const NO_BODY = Buffer.alloc(0)
/** Parameters that are checked before the caller is known. */
const LOGIN = ['function', 'user', 'pass']
/** The longest body that may hold the login itself, in bytes: reading it costs time before the caller is known. */
const MAX_LOGIN_BODY_BYTES = 1_048_576

/**
 * Reads a request at VICIdial's address and authenticates it as early as it can. Sets `request.compat`, and
 * `request.caller` unless the call asks for the version without a login.
 * @throws Problem invalid_request, invalid_json, payload_too_large, unauthenticated, permission_denied, rate_limited
 */
export async function readCompatRequest(
  request: FastifyRequest,
  accessControl: AccessControl
): Promise<Parameters> {
  const body = (request.body as Buffer | null | undefined) ?? NO_BODY
  request.rawBody = body
  const query = await orCount(request, accessControl, () => readQuery(request.raw.url ?? ''))
  request.compat = { parameters: query }
  const isKnown = namesCaller(query, request)
  if (isKnown) login(request, query, accessControl)
  const parameters = await orCount(request, accessControl, async () => {
    if (!isKnown && body.length > MAX_LOGIN_BODY_BYTES) throw tooLargeForLogin()
    const all = mergeParameters(query, await readBody(body, request.headers['content-type']))
    for (const name of LOGIN) textOf(all, name)
    return all
  })
  request.compat.parameters = parameters
  if (isKnown) confirm(request, parameters, accessControl)
  else if (!asksVersion(parameters)) login(request, parameters, accessControl)
  return parameters
}

export function asksVersion(parameters: Parameters): boolean {
  return textOf(parameters, 'function') === 'version'
}

/** Reads a part of a request. A failure counts as a request without a key, unless the caller is known. */
async function orCount<T>(
  request: FastifyRequest,
  accessControl: AccessControl,
  read: () => T | Promise<T>
): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (request.caller === null) accessControl.countKeyless(request.ip)
    throw error
  }
}

/** Whether the query and the headers are enough to tell who calls. */
function namesCaller(query: Parameters, { headers }: FastifyRequest): boolean {
  const hasPass = textOf(query, 'pass') !== undefined
  return hasPass ? textOf(query, 'user') !== undefined : presentedKey(headers) !== undefined
}

/** @throws Problem unauthenticated, permission_denied, rate_limited */
function login(request: FastifyRequest, parameters: Parameters, accessControl: AccessControl): void {
  const pass = textOf(parameters, 'pass')
  const user = textOf(parameters, 'user') ?? (pass === undefined ? undefined : '')
  authenticate(request, accessControl, { key: pass ?? presentedKey(request.headers), name: user })
}

/**
 * Checks that a login in the body is the one that the query or a header gave.
 * @throws Problem unauthenticated
 */
function confirm(request: FastifyRequest, parameters: Parameters, accessControl: AccessControl): void {
  const { name } = callerOf(request)
  const pass = textOf(parameters, 'pass')
  const isSame = pass === undefined || accessControl.callers.find(pass)?.name === name
  if (isSame && (textOf(parameters, 'user') ?? name) === name) return
  accessControl.countWrongKey(request.ip)
  const headers = { 'www-authenticate': BEARER_CHALLENGE }
  const detail = 'user and pass of the body are not those of the query or the header.'
  throw new Problem('unauthenticated', detail, { headers })
}

function tooLargeForLogin(): Problem {
  const detail = `A body with user and pass in it may have ${MAX_LOGIN_BODY_BYTES} bytes: send the key in a header.`
  return new Problem('payload_too_large', detail)
}
