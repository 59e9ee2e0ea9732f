import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { hasBody, lastBeforeHandler } from './body/body-rules.ts'
import { ConnectionTable } from './connection-table.ts'
import { isHealthCheck } from './drain.ts'
import { PROBLEM_TYPE } from './error-handler.ts'
import { overloaded, Problem } from '../errors.ts'
import { requestIds } from './request-log.ts'
import { STATUS_CODES } from './node-http.ts'

/** Longest time to receive the head of a request, in milliseconds. Heads are small, whatever the body's timeout. */
const LONGEST_HEAD_MS = 10_000
const HEAD_SHARE = 3
/** Checks of open connections within the head's timeout. They bound how late a slow one is cut off. */
const CHECKS = 5
const LONGEST_CHECK_MS = 1_000
/** How long a refused sender has to read the response, in milliseconds. An earlier reset could destroy it. */
const LINGER_MS = 500
const RETRY_AFTER_SECONDS = 2

/** Responses by Node's error code; any other error means that it isn't HTTP. */
const REFUSALS: ReadonlyMap<string, readonly [status: number, detail: string]> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'The request did not arrive in time.']],
  ['HPE_HEADER_OVERFLOW', [431, 'The address and the headers are longer than 16 KiB.']]
])
const NO_HTTP = [400, 'This is not an HTTP request.'] as const

/** A request and its response. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

interface Limits {
  /** Timeout for receiving a whole request. */
  readonly receiveTimeoutMs: number
  readonly maxConnections: number
  /** Addresses and networks of trusted proxies; false: no proxy is trusted. */
  readonly trustProxy: string[] | false
}

/**
 * Caps open connections, the time to receive a request, and the time in which a sender takes nothing of its response.
 * Input that isn't a valid request gets a problem response that repeats none of it.
 */
export class ConnectionLimits {
  readonly #limits: Limits
  readonly #log: FastifyBaseLogger
  readonly #table: ConnectionTable
  readonly #newId = requestIds()
  /** The last request of each connection. */
  readonly #last = new WeakMap<Socket, Exchange>()

  constructor(limits: Limits, log: FastifyBaseLogger) {
    this.#limits = limits
    this.#log = log
    this.#table = new ConnectionTable(limits)
  }

  /** Options for Fastify. Node's headers timeout starts with the connection, so it ends idle ones too. */
  get serverOptions() {
    const { receiveTimeoutMs } = this.#limits
    const headersTimeout = Math.ceil(Math.min(LONGEST_HEAD_MS, receiveTimeoutMs / HEAD_SHARE))
    const connectionsCheckingInterval = Math.ceil(Math.min(LONGEST_CHECK_MS, headersTimeout / CHECKS))
    return {
      requestTimeout: receiveTimeoutMs,
      // Node starts this one again with each byte that is sent or received.
      connectionTimeout: headersTimeout,
      http: { headersTimeout, connectionsCheckingInterval },
      clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
        this.#refuse(error, socket)
      }
    }
  }

  /** Adds the limits to the application. Call it before the routes are added. */
  apply(app: FastifyInstance): void {
    const { server } = app
    server.on('connection', (socket: Socket) => {
      const evicted = this.#table.add(socket)
      if (evicted === undefined) return
      this.#log.debug('a connection was closed to make room for another')
      evicted.destroy()
    })
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#last.set(request.socket, { request, response })
    })
    server.on('timeout', (socket: Socket) => {
      if (!this.#isWaiting(socket)) socket.destroy()
    })
    app.addHook('preClose', async () => {
      this.#endOnClose()
    })
    app.addHook('onRequest', (request, reply, done) => {
      if (!this.#table.isReserve(request.raw.socket) || isHealthCheck(request)) {
        done()
        return
      }
      // Kept open, it would keep another health check out.
      reply.header('connection', 'close')
      done(overloaded('All connections of the gateway are in use.', RETRY_AFTER_SECONDS))
    })
    // By now the hooks that need only the head of a request have identified its sender.
    app.addHook('preParsing', (request, _reply, payload, done) => {
      this.#trust(request)
      done(null, payload)
    })
    // A login or a signature in the body is checked last before the handler, which may wait for VICIdial.
    lastBeforeHandler(app, (request) => {
      this.#trust(request)
      return undefined
    })
    app.addHook('onSend', (request, reply, payload, done) => {
      this.#trust(request)
      if (!request.raw.complete && hasBody(request.headers)) {
        // With `Connection: close` Node would reset the connection at once, and its sender might never read the response.
        reply.removeHeader('connection')
        cutOffLater(request.raw)
      }
      done(null, payload)
    })
  }

  #trust({ sender, raw }: FastifyRequest): void {
    if (sender !== null) this.#table.trust(raw.socket)
  }

  /**
   * Ends connections that would keep a closing server open. Node stops checking its timeouts when it closes. A sender in
   * the middle of a request may finish it.
   */
  #endOnClose(): void {
    const endAfter = (ms: number, isOver: (exchange: Exchange | undefined) => boolean) => {
      setTimeout(() => {
        for (const socket of this.#table.all) if (isOver(this.#last.get(socket))) socket.destroy()
      }, ms).unref()
    }
    const { headersTimeout } = this.serverOptions.http
    endAfter(LINGER_MS, (exchange) => exchange === undefined || exchange.response.writableFinished)
    endAfter(headersTimeout, (exchange) => !exchange?.request.complete || exchange.response.writableEnded)
  }

  /** Whether a silent connection is the gateway's turn, or that of the timeouts for receiving a request. */
  #isWaiting(socket: Socket): boolean {
    const last = this.#last.get(socket)
    if (last === undefined) return true
    return !last.response.writableFinished && socket.writableLength === 0
  }

  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const { request, response } = this.#last.get(socket) ?? {}
    // Nothing may follow a response that has started, or one sent before the whole request arrived.
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

/** Ends a connection if a body that nobody reads still arrives after a while. Node drops what arrives until then. */
function cutOffLater(request: IncomingMessage): void {
  setTimeout(() => {
    if (!request.complete) request.destroy()
  }, LINGER_MS).unref()
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
