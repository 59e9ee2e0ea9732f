import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { overloaded, Problem, StorageError } from '../errors.ts'
import { echo } from '../leads/refusal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Code of the problem in the response; null if it has none. */
    problemCode: string | null
  }
}

/** Time for somebody to clear or mount the disk. */
const STORAGE_RETRY_AFTER_SECONDS = 30
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/**
 * Answers every error with a problem document (RFC 9457), and logs it once if it is the gateway's fault.
 * @param countAnonymous counts a request for an unknown path, and may throw a refusal
 */
export function answerErrors(app: FastifyInstance, countAnonymous: (request: FastifyRequest) => void): void {
  app.decorateRequest('problemCode', null)
  app.setErrorHandler((error: FastifyError | Problem | StorageError, request, reply) => {
    return sendProblem(problemOf(error, request), request, reply)
  })
  app.setNotFoundHandler((request) => {
    countAnonymous(request)
    throw new Problem('not_found', `There is nothing at ${request.method} on this path.`)
  })
}

/** The problem that the sender gets for an error. Sets `problemCode`, and logs an error that is the gateway's fault. */
export function problemOf(error: FastifyError | Problem | StorageError, request: FastifyRequest): Problem {
  const problem = error instanceof Problem ? error : otherProblem(error, request)
  request.problemCode = problem.code
  return problem
}

/** Answers errors before routing, such as a path that cannot be decoded. */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(frameworkProblem(error, request), request, reply)
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
  return overloaded('The database of the gateway cannot be read or written now.', STORAGE_RETRY_AFTER_SECONDS)
}

function frameworkProblem(error: FastifyError, request: FastifyRequest): Problem {
  if (error.validation) {
    const errors = error.validation.map(({ instancePath, message = 'is not valid', params }) => {
      const unknown = params['additionalProperty']
      const detail = typeof unknown === 'string' ? `${echo(unknown)} is not known here` : message
      return { pointer: instancePath, code: 'invalid_request', detail }
    })
    return new Problem('invalid_request', `The ${error.validationContext ?? 'request'} is not valid.`, {
      errors
    })
  }
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': {
      const limit = request.routeOptions.bodyLimit
      return new Problem(
        'payload_too_large',
        `The body is larger than ${limit} bytes. Send the updates in parts.`
      )
    }
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem(
        'unsupported_media_type',
        'The body must be JSON, with Content-Type: application/json.'
      )
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Problem('invalid_request', 'The request cannot be read.')
  }
  request.log.error({ err: error }, 'request failed')
  return new Problem('internal_error', 'The gateway failed. Its log has this request id.')
}
