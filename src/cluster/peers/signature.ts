import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Scheme of the header `Authorization` between gateways. */
const SCHEME = 'Gateway'
const AUTHORIZATION = /^Gateway to=([\da-f-]{36}), time=(\d{1,15}), nonce=([\w-]{22}), mac=([\w-]{43})$/
const DIGEST = /^sha-256=:[A-Za-z0-9+/]{43}=:$/
/** The header in which a reply proves that its sender knows the secret. */
const PROOF = 'gateway-proof'
const NONCE_BYTES = 16
/** What a request is for, and the headers that sign it. */
export interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** A request whose sender knows the secret. */
export interface ProvenRequest {
  /** Id of the process that it is for. */
  readonly to: string
  /** When it was sent, by the sender's clock, in milliseconds since the epoch. */
  readonly time: number
  readonly nonce: string
  /** Digest that the body must have. */
  readonly digest: string
}

/**
 * Signs requests between gateways and their replies with the secret that they share, which itself is never sent. The
 * headers sign the body by its digest (RFC 9530), so a request is proved before its body is read.
 */
export class Signer {
  readonly #secret: KeyObject

  constructor(secret: string) {
    this.#secret = createSecretKey(secret, 'utf8')
  }

  /**
   * The headers of a request, and the nonce that its reply has to sign.
   * @param to the id of the process that it is for, a UUID
   */
  request(
    to: string,
    { method, path, body }: { method: string; path: string; body: string }
  ): { headers: Record<string, string>; nonce: string } {
    const time = String(Date.now())
    const nonce = randomBytes(NONCE_BYTES).toString('base64url')
    const digest = digestOf(body)
    const mac = this.#mac('request', to, method, path, time, nonce, digest)
    const headers = {
      authorization: `${SCHEME} to=${to}, time=${time}, nonce=${nonce}, mac=${mac}`,
      'content-digest': digest
    }
    return { headers, nonce }
  }

  /** Checks the headers of a request; undefined if its sender does not know the secret. */
  prove({ method, path, headers }: SignedRequest): ProvenRequest | undefined {
    const { authorization = '', 'content-digest': digest } = headers
    const [, to = '', time = '', nonce = '', mac = ''] = AUTHORIZATION.exec(authorization) ?? []
    if (typeof digest !== 'string' || !DIGEST.test(digest)) return undefined
    const isProven = isEqual(mac, this.#mac('request', to, method, path, time, nonce, digest))
    return isProven ? { to, time: Number(time), nonce, digest } : undefined
  }

  /** The headers of the reply to a request with this nonce. */
  reply(nonce: string, status: number, body: string): Record<string, string> {
    return { [PROOF]: this.#mac('reply', nonce, String(status), digestOf(body)) }
  }

  /** Whether a reply to the request with this nonce comes from a gateway that knows the secret. */
  isReply(nonce: string, status: number, headers: Record<string, unknown>, body: string): boolean {
    const proof = headers[PROOF]
    const expected = this.#mac('reply', nonce, String(status), digestOf(body))
    return typeof proof === 'string' && isEqual(proof, expected)
  }

  #mac(...parts: readonly string[]): string {
    return createHmac('sha256', this.#secret).update(parts.join('\n')).digest('base64url')
  }
}

/** The value of `Content-Digest` for a body. */
export function digestOf(body: string | Buffer): string {
  return `sha-256=:${hash('sha256', body, 'base64')}:`
}

/** Compares in a time that does not depend on where they differ. */
function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
