import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from '../../http/node-http.ts'
import { PeerRefusal } from './peer-refusal.ts'
import { ReceivedRequests } from './received-requests.ts'
import { digestOf, type ProvenRequest, type Signer } from './signature.ts'

/** Answers a request of another gateway. `signal` is aborted when that gateway waits no longer. */
export type PeerHandler = (body: unknown, signal: AbortSignal) => Promise<unknown>

/** A gateway, as its process. */
export interface Self {
  readonly gateway: string
  /** Id of its process. */
  readonly run: string
}

export interface PeerServerOptions {
  readonly self: Self
  readonly signer: Signer
  /** By path; every request is a POST with JSON. */
  readonly handlers: Readonly<Record<string, PeerHandler>>
  readonly log: {
    warn(members: object, message: string): void
    error(members: object, message: string): void
  }
}

/** Time to receive the headers of a request, in milliseconds. */
const HEADERS_MS = 5_000
/** Time to receive a whole request, in milliseconds. */
const REQUEST_MS = 30_000
/** How often these times are checked, in milliseconds. */
const CHECK_EVERY_MS = 1_000
/** Longer than a peer keeps an idle connection, so that it never sends on one that is being closed. */
const KEEP_ALIVE_MS = 30_000
const MAX_HEADER_BYTES = 4_096
/** Beyond this, connections are refused: each synchronous request of another gateway needs one. */
const MAX_CONNECTIONS = 8_192
/** A million updates of one change have about 30 MB. */
const MAX_BODY_BYTES = 256 * 1024 * 1024
/** Refused requests are logged once in this time, in milliseconds. */
const LOG_EVERY_MS = 60_000

/**
 * Serves the other gateways, on an address of its own that nobody else needs to reach. A request is answered only if its
 * headers prove that its sender knows the secret; before that, no body is read. It is done only once, and only by the
 * process that it was sent to, so that a recorded one is of no use.
 */
export class PeerServer {
  readonly #options: PeerServerOptions
  readonly #server = createServer(
    {
      connectionsCheckingInterval: CHECK_EVERY_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true
    },
    (request, response) => void this.#serve(request, response)
  )
  readonly #received = new ReceivedRequests()
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(options: PeerServerOptions) {
    this.#options = options
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** Listens. Returns the port. @throws Error if the address cannot be listened on */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { self, signer, handlers, log } = this.#options
    const { method = '', url: path = '', headers } = request
    const proven = signer.prove({ method, path, headers })
    if (proven === undefined) {
      this.#refuse(request, response)
      return
    }
    const handler = method === 'POST' && Object.hasOwn(handlers, path) ? handlers[path] : undefined
    const left = new AbortController()
    response.once('close', () => {
      // An abort takes 40 µs, and after the answer nobody needs it.
      if (!response.writableFinished) left.abort()
    })
    let status = 200
    let answer: unknown
    try {
      if (proven.to !== self.run)
        throw new PeerRefusal(421, `This is another process, of the gateway ${self.gateway}.`)
      this.#received.note(proven)
      if (handler === undefined)
        throw new PeerRefusal(400, 'This version of the gateway does not know the request.')
      const body = parsed(await bodyOf(request, proven))
      answer = (await handler(body, left.signal)) ?? null
    } catch (error) {
      if (response.destroyed) return
      const isRefusal = error instanceof PeerRefusal
      if (!isRefusal) log.error({ err: error, path }, 'a request of another gateway failed')
      status = isRefusal ? error.status : 500
      answer = { detail: isRefusal ? error.message : 'The request failed.' }
    }
    const text = JSON.stringify(answer)
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...signer.reply(proven.nonce, status, text)
    })
    response.end(text)
  }

  #refuse(request: IncomingMessage, response: ServerResponse): void {
    const now = performance.now()
    if (now - this.#loggedAt >= LOG_EVERY_MS) {
      this.#loggedAt = now
      const { remoteAddress } = request.socket
      this.#options.log.warn(
        { address: remoteAddress },
        'refused a request at the address for other gateways: it is not signed with CLUSTER_SECRET'
      )
    }
    response.writeHead(401, { connection: 'close', 'content-length': 0 }).end()
  }
}

/**
 * Reads a body of the announced length and digest.
 * @throws PeerRefusal if it has another
 */
async function bodyOf(request: IncomingMessage, { digest }: ProvenRequest): Promise<Buffer> {
  const length = Number(request.headers['content-length'] ?? Number.NaN)
  if (!(length <= MAX_BODY_BYTES)) throw new PeerRefusal(400, 'The request is too large, or has no length.')
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(request, 'end')
  const body = Buffer.concat(chunks)
  if (digestOf(body) !== digest) throw new PeerRefusal(400, 'The body is not the one that was signed.')
  return body
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new PeerRefusal(400, 'The body is not JSON.')
  }
}
