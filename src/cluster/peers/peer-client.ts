import { Agent } from 'undici'
import { errorCode, isNotConnected } from '../../error-code.ts'
import type { Signer } from './signature.ts'

/** A request that another gateway did not answer as it should. */
export class PeerError extends Error {
  /** Whether the other gateway may have got the request. */
  readonly sent: 'no' | 'maybe'
  /** The HTTP status of a refusal by a gateway; then nothing was done. 401: it has another secret. */
  readonly status: number | undefined

  constructor(message: string, sent: 'no' | 'maybe', status?: number) {
    super(message)
    this.name = 'PeerError'
    this.sent = sent
    this.status = status
  }
}

/** The process of another gateway. */
export interface Peer {
  /** Origin at which it is reached. */
  readonly address: string
  /** Its id, a UUID. */
  readonly run: string
}

export interface PeerRequest {
  readonly to: Peer
  readonly path: string
  readonly body: unknown
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs: number
}

const CONNECT_TIMEOUT_MS = 1_000
/** Shorter than the other side keeps an idle connection. */
const KEEP_ALIVE_MS = 10_000
/** Connections to one gateway; further requests wait for one. */
const MAX_CONNECTIONS = 1_024
const MAX_REPLY_BYTES = 256 * 1024 * 1024

/** Sends requests to the other gateways of the cluster. */
export class PeerClient {
  readonly #signer: Signer
  readonly #agent = new Agent({
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: MAX_REPLY_BYTES
  })

  constructor(signer: Signer) {
    this.#signer = signer
  }

  /**
   * Sends a request and returns the answer.
   * @throws PeerError
   */
  async send({ to: { address, run }, path, body, signal, timeoutMs }: PeerRequest): Promise<unknown> {
    const text = JSON.stringify(body)
    const { headers, nonce } = this.#signer.request(run, { method: 'POST', path, body: text })
    const timeout = AbortSignal.timeout(timeoutMs)
    let status: number
    let reply: string
    let isProven: boolean
    try {
      const response = await this.#agent.request({
        origin: address,
        path,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: text,
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal])
      })
      status = response.statusCode
      reply = await response.body.text()
      isProven = this.#signer.isReply(nonce, status, response.headers, reply)
    } catch (error) {
      throw failed(error, timeout.aborted, address)
    }
    if (!isProven) throw unproven(status, address)
    const answer = JSON.parse(reply) as unknown
    if (status === 200) return answer
    const { detail } = answer as { detail?: string }
    throw new PeerError(detail ?? 'The other gateway failed.', status === 500 ? 'maybe' : 'no', status)
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

function failed(error: unknown, timedOut: boolean, address: string): PeerError {
  const code = errorCode(error)
  if (isNotConnected(code)) return new PeerError(`${address} cannot be reached (${code}).`, 'no')
  if (timedOut) return new PeerError(`${address} did not answer in time.`, 'maybe')
  return new PeerError(`The connection to ${address} broke (${code}).`, 'maybe')
}

function unproven(status: number, address: string): PeerError {
  if (status === 401)
    return new PeerError(
      `${address} does not accept this gateway: they have different CLUSTER_SECRETs.`,
      'no',
      status
    )
  return new PeerError(`${address} is not a gateway of this cluster (HTTP ${status}).`, 'maybe')
}
