import { type Dispatcher, errors, Pool } from 'undici'
import { errorCode, isNotConnected } from '../error-code.ts'
import { type CallRight, NO_RIGHT, onlyWith, RightLostError, UNSHARED } from './call-right.ts'
import type { UpstreamCode } from './reply/reply.ts'

/** A reply of any kind: HTTP status, and the body as text. */
export interface RawReply {
  readonly httpStatus: number
  readonly text: string
}

/** No reply came. `sent`: whether VICIdial may have got the call. */
export interface NoReply {
  readonly sent: 'no' | 'maybe'
  readonly code: UpstreamCode
  readonly detail: string
}

export interface ClientOptions {
  /** Full address of `non_agent_api.php`. */
  readonly url: URL
  readonly connections: number
  /** Absent if no other gateway calls VICIdial. */
  readonly right?: CallRight | undefined
}

/** Idle connections are closed after this time. VICIdial's web server usually does so after 5 s, and a call must not race with that. */
const KEEP_ALIVE_MS = 2_000
const CONNECT_TIMEOUT_MS = 3_000
/** The longest genuine reply is that of a look-up that reaches its limit, 100,000 ids. */
const MAX_REPLY_BYTES = 2 * 1024 * 1024

/** The reply to a call that was not sent, as the right to it is missing. */
const NOT_ALLOWED: NoReply = { sent: 'no', code: NO_RIGHT.code, detail: NO_RIGHT.detail }

/** Posts calls to VICIdial's API, one at a time per connection. It interprets nothing and repeats nothing. */
export class Client {
  readonly #pool: Pool
  readonly #dispatcher: Dispatcher
  readonly #path: string
  readonly #right: CallRight

  constructor(options: ClientOptions) {
    const { right = UNSHARED } = options
    this.#right = right
    this.#path = options.url.pathname
    this.#pool = new Pool(options.url.origin, {
      connections: options.connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: MAX_REPLY_BYTES
    })
    this.#dispatcher = right === UNSHARED ? this.#pool : this.#pool.compose(onlyWith(right))
  }

  /**
   * Posts a form body and reads the whole reply.
   * @param timeoutMs from the call's start to the end of its reply
   * @returns the reply, or why there is none; never throws
   */
  async post(body: string, timeoutMs: number): Promise<RawReply | NoReply> {
    if (!this.#right.isHeld) return NOT_ALLOWED
    const signal = AbortSignal.timeout(timeoutMs)
    const end = this.#right.begin()
    try {
      const response = await this.#dispatcher.request({
        path: this.#path,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
        body,
        signal
      })
      return { httpStatus: response.statusCode, text: await response.body.text() }
    } catch (error) {
      return noReply(error, signal.aborted, timeoutMs)
    } finally {
      end()
    }
  }

  /** Closes all connections; calls in flight are cut off. */
  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

function noReply(error: unknown, timedOut: boolean, timeoutMs: number): NoReply {
  if (timedOut) {
    return {
      sent: 'maybe',
      code: 'upstream_timeout',
      detail: `VICIdial did not answer within ${timeoutMs} ms.`
    }
  }
  if (error instanceof RightLostError) return NOT_ALLOWED
  const code = errorCode(error)
  if (isNotConnected(code)) {
    return { sent: 'no', code: 'upstream_unavailable', detail: `VICIdial cannot be reached (${code}).` }
  }
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    return { sent: 'maybe', code: 'upstream_error', detail: 'VICIdial sent far more than an answer.' }
  }
  return {
    sent: 'maybe',
    code: 'upstream_unavailable',
    detail: `The connection to VICIdial broke (${code}).`
  }
}

/** Milliseconds since `started` (of `performance.now()`), to a tenth. */
export function msSince(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10
}
