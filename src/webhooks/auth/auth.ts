import type { KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A request before its body is read. */
export interface ReceivedHead {
  readonly method: string
  /** Path and query, as received. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
}

/**
 * Verifies the signature that the head of a request announced.
 * @param now when the body had arrived, in milliseconds since 1970
 * @returns why the sender is not verified; undefined if it is
 */
export type VerifyBody = (rawBody: Buffer, now: number) => AuthFault | undefined

/** Why a sender is not verified. */
export type AuthFault =
  | 'credential_missing'
  | 'credential_wrong'
  | 'signature_missing'
  | 'id_missing'
  | 'signature_malformed'
  | 'signature_wrong'
  | 'timestamp_missing'
  | 'timestamp_malformed'
  | 'timestamp_too_old'
  | 'timestamp_too_new'

/** How an endpoint's senders prove who they are. Any one of several secrets will do, so that they can be rotated. */
export type Auth =
  | CallersAuth
  | ApiKeyAuth
  | BasicAuth
  | HeaderAuth
  | HmacAuth
  | PublicKeyAuth
  | StandardWebhooksAuth
  | QueryKeyAuth
  | BodyKeyAuth

/** Any caller with the permission `webhook:NAME` may send, with its own key. */
export interface CallersAuth {
  readonly type: 'callers'
}

export interface ApiKeyAuth {
  readonly type: 'api_key'
  /** SHA-256 of each key. */
  readonly hashes: readonly Buffer[]
}

export interface BasicAuth {
  readonly type: 'basic'
  /** SHA-256 of `user:password` for each of the passwords. */
  readonly hashes: readonly Buffer[]
}

export interface HeaderAuth {
  readonly type: 'header'
  /** In lower case, like all header names here. */
  readonly header: string
  /** SHA-256 of each secret. */
  readonly hashes: readonly Buffer[]
}

export interface QueryKeyAuth {
  readonly type: 'query_key'
  /** Of the address's query. */
  readonly parameter: string
  /** SHA-256 of each secret. */
  readonly hashes: readonly Buffer[]
}

export interface BodyKeyAuth {
  readonly type: 'body_key'
  /** Where in the payload the key is. */
  readonly path: readonly string[]
  /** SHA-256 of each secret. */
  readonly hashes: readonly Buffer[]
}

/** Where the signature of a request is, and what it signs. */
export interface SignedRequest {
  readonly header: string
  readonly encoding: 'hex' | 'base64'
  /** The text before the signature in the header, like `sha256=`. */
  readonly prefix: string
  /** The name of the signatures in a header like `t=…,v1=…`; undefined if the header is the signature. */
  readonly signatureParameter: string | undefined
  readonly timestamp: SignatureTimestamp | undefined
  /** The header of the message's id; undefined if the id is not signed. */
  readonly idHeader: string | undefined
  /** What is signed: parts of the request, and the text between them. */
  readonly signed: readonly SignedPart[]
  /** The text before the path in the signed URL. */
  readonly publicUrl: string
}

export interface HmacAuth extends SignedRequest {
  readonly type: 'hmac'
  readonly algorithm: HmacAlgorithm
  readonly secrets: readonly string[]
}

export interface PublicKeyAuth extends SignedRequest {
  readonly type: 'public_key'
  /** RSA and EC keys sign the SHA-256, Ed25519 keys the text. */
  readonly keys: readonly KeyObject[]
}

/** The hash functions of HMACs, and the bytes of their results. */
export const HMAC_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const
export type HmacAlgorithm = keyof typeof HMAC_BYTES

export interface SignatureTimestamp {
  /** Where it is: in a header of its own, or as a parameter of the signature's header. */
  readonly in: 'header' | 'parameter'
  readonly name: string
  /** Of a Unix time; an RFC 3339 time has none. */
  readonly unit: 'seconds' | 'milliseconds'
  readonly toleranceSeconds: number
}

export type SignedPart = { readonly text: string } | { readonly part: SignedPlaceholder }
export type SignedPlaceholder = (typeof SIGNED_PLACEHOLDERS)[number]
export const SIGNED_PLACEHOLDERS = ['body', 'form', 'timestamp', 'id', 'method', 'url'] as const

export interface StandardWebhooksAuth {
  readonly type: 'standard_webhooks'
  readonly keys: readonly Buffer[]
  readonly toleranceSeconds: number
  /** The names of its headers. Of several, those count whose id a request has, the first before the others. */
  readonly headers: readonly StandardHeaders[]
}

/** Names of headers, in lower case. */
export interface StandardHeaders {
  readonly id: string
  readonly timestamp: string
  readonly signature: string
}

/** The value of a header; undefined if it is missing or empty. */
export function headerValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
