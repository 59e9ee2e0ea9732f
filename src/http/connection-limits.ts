import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { PROBLEM_TYPE } from './error-handler.ts'
import { Problem } from '../errors.ts'
import { requestIds } from './request-log.ts'

/** The head of a request is small: however long its body may take, it may not take longer than this. */
const LONGEST_HEAD_MS = 10_000
const HEAD_SHARE = 3
/** Connections are looked at so often in that time: one that is over it is cut off so much later at most. */
const CHECKS = 5
const LONGEST_CHECK_MS = 1_000
/** A sender that is refused has so long to read why: a reset, as it goes on sending, would take that from it. */
const LINGER_MS = 500

/** What is wrong with what came, by Node's code for it; anything else is no HTTP. */
const REFUSALS: ReadonlyMap<string, readonly [status: number, detail: string]> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'The request did not arrive in time.']],
  ['HPE_HEADER_OVERFLOW', [431, 'The address and the headers are longer than 16 KiB.']]
])
const NO_HTTP = [400, 'This is no HTTP request.'] as const

interface Limits {
  /** A sender may take so long with a whole request. */
  readonly receiveTimeoutMs: number
  readonly maxConnections: number
}

/**
 * Limits connections: how many, and how long each may take to send a request. What never becomes one is refused with
 * a problem that gives nothing of it back.
 */
export class ConnectionLimits {
  readonly #limits: Limits
  readonly #log: FastifyBaseLogger
  readonly #newId = requestIds()
  /** The request that each connection has brought last. */
  readonly #last = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>()

  constructor(limits: Limits, log: FastifyBaseLogger) {
    this.#limits = limits
    this.#log = log
  }

  /** For Fastify. Node counts the time of a head from the connection on, so that an idle one ends too. */
  get serverOptions() {
    const { receiveTimeoutMs } = this.#limits
    const headersTimeout = Math.ceil(Math.min(LONGEST_HEAD_MS, receiveTimeoutMs / HEAD_SHARE))
    const connectionsCheckingInterval = Math.ceil(Math.min(LONGEST_CHECK_MS, headersTimeout / CHECKS))
    return {
      requestTimeout: receiveTimeoutMs,
      http: { headersTimeout, connectionsCheckingInterval },
      clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
        this.#refuse(error, socket)
      }
    }
  }

  /** To be called once the application has its server. */
  apply({ server }: FastifyInstance): void {
    server.maxConnections = this.#limits.maxConnections
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#last.set(request.socket, { request, response })
    })
    server.on('drop', () => {
      this.#log.debug('a connection beyond MAX_CONNECTIONS was refused')
    })
  }

  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const { request, response } = this.#last.get(socket) ?? {}
    // Nothing may follow an answer that has begun, or that was given before its request had come.
    const isAnswered = response?.headersSent === true && !(request?.complete && response.writableEnded)
    if (isAnswered || !socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const [status, detail] = REFUSALS.get(error.code ?? '') ?? NO_HTTP
    this.#log.debug({ status, reason: error.code }, 'no request')
    socket.end(refusal(new Problem('invalid_request', detail, { status }), this.#newId({ headers: {} })))
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => {
      clearTimeout(timer)
    })
  }
}

function refusal(problem: Problem, id: string): string {
  const body = JSON.stringify(problem.toBody(id))
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${id}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body
  ].join('\r\n')
}
