import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { overloaded, Problem, StorageError } from '../errors.ts'
import { echo } from '../leads/refusal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the problem that it was answered with; null if it was not. */
    problemCode: string | null
  }
}

/** The disk is cleared, or mounted again, by somebody. */
const STORAGE_RETRY_AFTER_SECONDS = 30
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/**
 * Makes every error an answer in one form: a problem document (RFC 9457), logged once if it is the gateway's fault.
 * @param admit may refuse whoever asks for what is not there
 */
export function answerErrors(app: FastifyInstance, admit: (request: FastifyRequest) => void): void {
  app.decorateRequest('problemCode', null)
  app.setErrorHandler((error: FastifyError | Problem | StorageError, request, reply) => {
    return sendProblem(problemOf(error, request), request, reply)
  })
  app.setNotFoundHandler((request) => {
    admit(request)
    throw new Problem('not_found', `There is nothing at ${request.method} on this path.`)
  })
}

/** What an error is to the sender of the request, whose `problemCode` says so too; it is logged if it is the gateway's fault. */
export function problemOf(error: FastifyError | Problem | StorageError, request: FastifyRequest): Problem {
  const problem = error instanceof Problem ? error : otherProblem(error, request)
  request.problemCode = problem.code
  return problem
}

/** Answers what fails before there is a route: a path that cannot be decoded, for one. */
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
