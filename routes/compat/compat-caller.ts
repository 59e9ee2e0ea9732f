import type { FastifyRequest } from 'fastify'
import { type AccessControl, BEARER_CHALLENGE } from '../../src/callers/access-control.ts'
import { presentedKey } from '../../src/callers/key.ts'
import { type Parameters, readBody, readQuery, textOf, mergeParameters } from '../../src/compat/parameters.ts'
import { Problem } from '../../src/errors.ts'
import { authenticate, callerOf, countWrongKey } from '../../src/http/authentication.ts'
import type { RequestBodies } from '../../src/http/body/request-bodies.ts'

const NO_BODY = Buffer.alloc(0)
const HOW_TO_LOG_IN =
  'Send the caller\'s name as user and its key as pass, or the key as "Authorization: Bearer KEY".'
/** Parameters that are checked before the caller is known. */
const LOGIN = ['function', 'user', 'pass']
/** The longest body that may hold the login itself, in bytes: reading it costs time before the caller is known. */
const MAX_LOGIN_BODY_BYTES = 1_048_576

/**
 * Reads the query of a request at VICIdial's address, and identifies its caller before its body is read, if the query
 * or a header has the login. Sets `request.compat`.
 * @throws Problem invalid_request, unauthenticated, permission_denied, rate_limited
 */
export async function readCompatHead(request: FastifyRequest, accessControl: AccessControl): Promise<void> {
  const query = readQuery(request.raw.url ?? '')
  request.compat = { parameters: query }
  if (namesCaller(query, request)) await login(request, query, accessControl)
}

/**
 * Reads the body of a request at VICIdial's address: a shorter one if its login is in it.
 * @throws Problem payload_too_large, overloaded
 */
export function readCompatBody(request: FastifyRequest, bodies: RequestBodies): Promise<Buffer> {
  if (request.caller !== null) return bodies.read(request)
  return bodies.read(request, { limit: MAX_LOGIN_BODY_BYTES, tooLarge: tooLargeForLogin })
}

/**
 * Reads the parameters of a request whose query was read by `readCompatHead`. Sets `request.caller`, unless the call asks
 * for the version without a login.
 * @throws Problem invalid_request, invalid_json, unauthenticated, permission_denied, rate_limited
 */
export async function readCompatParameters(
  request: FastifyRequest,
  accessControl: AccessControl
): Promise<Parameters> {
  const { compat, body, headers } = request
  if (compat === null) throw new Error('the query of a call was not read')
  const bytes = (body as Buffer | null | undefined) ?? NO_BODY
  const giveBack = request.caller === null ? accessControl.countBody(request.ip, bytes.length) : undefined
  const inBody = await readBody(bytes, headers['content-type'])
  const parameters = mergeParameters(compat.parameters, inBody)
  for (const name of LOGIN) textOf(parameters, name)
  compat.parameters = parameters
  if (request.caller !== null) confirm(request, parameters, accessControl)
  else if (!asksVersion(parameters)) {
    await login(request, parameters, accessControl)
    giveBack?.()
  }
  return parameters
}

export function asksVersion(parameters: Parameters): boolean {
  return textOf(parameters, 'function') === 'version'
}

/** Whether the query and the headers are enough to tell who calls. */
function namesCaller(query: Parameters, { headers }: FastifyRequest): boolean {
  const hasPass = textOf(query, 'pass') !== undefined
  return hasPass ? textOf(query, 'user') !== undefined : presentedKey(headers) !== undefined
}

/** @throws Problem unauthenticated, permission_denied, rate_limited */
async function login(
  request: FastifyRequest,
  parameters: Parameters,
  accessControl: AccessControl
): Promise<void> {
  const pass = textOf(parameters, 'pass')
  const user = textOf(parameters, 'user') ?? (pass === undefined ? undefined : '')
  const key = pass ?? presentedKey(request.headers)
  await authenticate(request, accessControl, { key, name: user, howToSend: HOW_TO_LOG_IN })
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
  countWrongKey(request, accessControl)
  const headers = { 'www-authenticate': BEARER_CHALLENGE }
  const detail = 'user and pass of the body differ from those of the query or the header.'
  throw new Problem('unauthenticated', detail, { headers })
}

function tooLargeForLogin(): Problem {
  const detail = `A body with user and pass in it may have ${MAX_LOGIN_BODY_BYTES} bytes: send the key in a header.`
  return new Problem('payload_too_large', detail)
}
