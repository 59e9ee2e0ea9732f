import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AccessControl } from '../callers/access-control.ts'
import { presentedKey } from '../callers/key.ts'
import { isServerError, overloaded, Problem, StorageError } from '../errors.ts'
import { countAnonymous } from './authentication.ts'
import { notJsonType } from './body/json-body.ts'
import { echo, jsonInText, listGiven } from '../leads/refusal.ts'
import { SimilarNames } from '../leads/similar-names.ts'
import type { NearPath, PathMethods } from './path-methods.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Code of the problem in the response; null if it has none. */
    problemCode: string | null
  }
}

/** Time for somebody to clear or mount the disk. */
const STORAGE_RETRY_AFTER_SECONDS = 30
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** Answers every error with a problem document (RFC 9457), and logs it once if it is the gateway's fault. */
export function answerErrors(app: FastifyInstance, accessControl: AccessControl, paths: PathMethods): void {
  app.decorateRequest('problemCode', null)
  app.setErrorHandler((error: FastifyError | Problem | StorageError, request, reply) => {
    return sendProblem(problemOf(error, request, accessControl), request, reply)
  })
  app.setNotFoundHandler((request) => {
    throw unknownPath(request, paths)
  })
}

/** Refuses requests for unknown paths without reading their bodies. To be called after every other hook is added. */
export function refuseUnknownPaths(app: FastifyInstance, paths: PathMethods): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 ? unknownPath(request, paths) : undefined)
  })
}

/**
 * The problem that the sender gets for an error. Sets `problemCode`, and logs an error that is the gateway's fault. Counts
 * the request if nobody has proved to be its sender; too many are a problem of their own.
 */
export function problemOf(
  error: FastifyError | Problem | StorageError,
  request: FastifyRequest,
  accessControl: AccessControl
): Problem {
  const refusal = error instanceof Problem ? error : otherProblem(error, request)
  const problem = countedProblem(refusal, () => {
    countAnonymous(request, accessControl)
  })
  request.problemCode = problem.code
  return problem
}

/** Answers errors before routing, such as a path that cannot be decoded. */
export function frameworkErrors(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  accessControl: AccessControl
): void {
  // Such a request has none of the properties that hooks set.
  const count = () => accessControl.countAnonymous(presentedKey(request.headers), request.ip)
  sendProblem(countedProblem(frameworkProblem(error, request), count), request, reply)
}

/** The problem itself, or the one that counting throws. What the gateway is to blame for costs nothing. */
function countedProblem(problem: Problem, count: () => unknown): Problem {
  if (isServerError(problem.status)) return problem
  try {
    count()
    return problem
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

function unknownPath({ method, url }: FastifyRequest, paths: PathMethods): Problem {
  const [path = ''] = url.split('?', 1)
  const methods = paths.of(path)
  const near = paths.near(path, method)
  const isMeant = near?.methods.includes(method) === true
  // A path that is switched off is unknown with its own methods too.
  if (methods.length > 0 && !methods.includes(method)) {
    const detail = `This path takes ${methods.join(', ')}, and not ${method}.${isMeant ? hintOf(near, method) : ''}`
    return new Problem('method_not_allowed', detail, { headers: { allow: methods.join(', ') } })
  }
  const isSlashed = path.endsWith('/') && paths.of(path.slice(0, -1)).length > 0
  const remedy = isSlashed ? ' Try it without the slash at its end.' : hintOf(near, method)
  return new Problem('not_found', `There is nothing at ${method} on this path.${remedy}`)
}

/** The path that is probably meant, as the end of a sentence; empty if none is. */
function hintOf(near: NearPath | undefined, method: string): string {
  if (near === undefined) return ''
  const others = near.methods.includes(method) ? '' : `, which takes ${near.methods.join(', ')}`
  return ` Did you mean ${near.path}${others}?`
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.problemCode = problem.code
  return reply
    .code(problem.status)
    .header('x-request-id', request.id)
    .headers(problem.headers)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem.toBody(request.id)))
}

function otherProblem(error: FastifyError | StorageError, request: FastifyRequest): Problem {
  if (!(error instanceof StorageError)) return frameworkProblem(error, request)
  request.log.error({ err: error }, 'storage failed')
  const detail = error.mayBeStored
    ? 'The database of the gateway failed while it was being written: this may have been done, or part of it.'
    : 'The database of the gateway cannot be read or written now.'
  return overloaded(detail, STORAGE_RETRY_AFTER_SECONDS)
}

/** The refusal of a request that is not as its route's schema says. */
function invalidRequest(
  { validation = [], validationContext: context }: FastifyError,
  { query, body, routeOptions }: FastifyRequest
): Problem {
  const isQuery = context === 'querystring'
  const { properties = {} } = (routeOptions.schema?.querystring ?? {}) as QuerySchema
  // A body that may also be null is not as it should be if it is no such object.
  const ofObjects = validation.filter(
    ({ keyword, params }) => keyword !== 'anyOf' && !(keyword === 'type' && params['type'] === 'null')
  )
  const errors = (ofObjects.length > 0 ? ofObjects : validation).map(
    ({ instancePath, keyword, message = 'is not valid', params }) => {
      const error = { pointer: instancePath, code: 'invalid_request' }
      const unknown = params['additionalProperty']
      if (typeof unknown === 'string')
        return {
          ...error,
          detail: `${echo(unknown)} is not known here${isQuery ? meant(unknown, properties) : ''}`
        }
      const name = instancePath.slice(1)
      const allowed = params['allowedValues']
      const wanted = keyword === 'pattern' ? properties[name]?.description : undefined
      const detail = Array.isArray(allowed)
        ? `must be one of ${allowed.join(', ')}`
        : wanted === undefined
          ? message
          : `does not fit: ${wanted}`
      const given = isQuery ? (query as Record<string, unknown>)[name] : undefined
      return { ...error, detail: Array.isArray(given) ? `${detail}.${listGiven(given)}` : detail }
    }
  )
  const remedy = context === 'body' ? jsonInText(body) : ''
  return new Problem('invalid_request', `The ${context ?? 'request'} is not valid.${remedy}`, { errors })
}

interface QuerySchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>
}

/** What somebody means who gives an unknown parameter, as the end of a sentence. */
function meant(unknown: string, known: object): string {
  const names = Object.keys(known)
  const similar = new SimilarNames(names).find(unknown)
  return similar === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${similar}?`
}

function frameworkProblem(error: FastifyError, request: FastifyRequest): Problem {
  if (error.validation) return invalidRequest(error, request)
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return notJsonType(request.headers['content-type'])
  if (error.statusCode !== undefined && error.statusCode >= 400 && !isServerError(error.statusCode)) {
    return new Problem('invalid_request', 'The request cannot be read.')
  }
  request.log.error({ err: error }, 'request failed')
  return new Problem('internal_error', 'The gateway failed. Its log has this request id.')
}
