import { createHmac, timingSafeEqual, verify } from 'node:crypto'
import {
  type AuthFault,
  headerValue,
  HMAC_BYTES,
  type HmacAuth,
  type PublicKeyAuth,
  type ReceivedHead,
  type SignatureTimestamp,
  type SignedPlaceholder,
  type VerifyBody
} from './auth.ts'
import { fieldsInOrder } from './signed-form.ts'
import { checkTimestamp, readTimestamp } from './timestamp.ts'

/** Signatures of one request that are checked. A sender that rotates its secret sends a few. */
const MAX_SIGNATURES = 10
/** Of a public key's signature: that of an RSA key of 8,192 bits. */
const MAX_SIGNATURE_BYTES = 1_024

/** What the head of a request says of its signature. */
interface SignedHead {
  readonly signatures: readonly Buffer[]
  /** The timestamp as sent; empty if the sender signs none. */
  readonly timestamp: string
  /** The id as the bytes that were sent; empty if the sender signs none. */
  readonly id: Buffer
  /** The timestamp in milliseconds since 1970; undefined if the sender signs none. */
  readonly time: number | undefined
}

/**
 * Reads what the head of a request says of its signature, over the raw body and the other parts that the sender signs.
 * @returns what verifies it once the body is read, or what is wrong with the head
 */
export function verifySignature(
  auth: HmacAuth | PublicKeyAuth,
  received: ReceivedHead
): VerifyBody | AuthFault {
  const head = readSignedHead(auth, received)
  if (typeof head === 'string') return head
  const { signatures, timestamp, id, time } = head
  const { method, url } = received
  return (rawBody, now) => {
    const form = auth.signed.some((part) => 'part' in part && part.part === 'form')
      ? fieldsInOrder(rawBody)
      : ''
    if (form === undefined) return 'signature_wrong'
    const values: Readonly<Record<SignedPlaceholder, string | Buffer>> = {
      body: rawBody,
      form,
      timestamp,
      id,
      method,
      url: auth.publicUrl + url
    }
    const signed = auth.signed.map((part) => ('text' in part ? part.text : values[part.part]))
    const isSigned =
      auth.type === 'hmac' ? hasHmac(auth, signed, signatures) : isByPublicKey(auth, signed, signatures)
    if (!isSigned) return 'signature_wrong'
    if (auth.timestamp === undefined || time === undefined) return undefined
    return checkTimestamp(time, now, auth.timestamp.toleranceSeconds)
  }
}

/** Whether one of the signatures is an HMAC of what is signed. */
function hasHmac(
  { algorithm, secrets }: HmacAuth,
  signed: readonly (string | Buffer)[],
  signatures: readonly Buffer[]
): boolean {
  const expected = secrets.map((secret) => {
    const hmac = createHmac(algorithm, secret)
    for (const part of signed) hmac.update(part)
    return hmac.digest()
  })
  const matching = signatures.filter(
    (signature) => expected.filter((one) => timingSafeEqual(one, signature)).length > 0
  )
  return matching.length > 0
}

/** Whether the only signature is one of what is signed. */
function isByPublicKey(
  { keys }: PublicKeyAuth,
  signed: readonly (string | Buffer)[],
  [signature]: readonly Buffer[]
): boolean {
  if (signature === undefined) return false
  const data = Buffer.concat(signed.map((part) => Buffer.from(part)))
  // An Ed25519 signature has its own hash function.
  return keys.some((key) =>
    verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key, signature)
  )
}

/** Reads the signatures and the timestamp of a request, or says what is wrong with them. */
function readSignedHead(auth: HmacAuth | PublicKeyAuth, head: ReceivedHead): SignedHead | AuthFault {
  const header = headerValue(head.headers, auth.header)
  if (header === undefined) return 'signature_missing'
  const parameters = readParameters(header)
  const presented =
    auth.signatureParameter === undefined ? [header] : (parameters.get(auth.signatureParameter) ?? [])
  const signatures = presented.slice(0, MAX_SIGNATURES).flatMap((text) => decode(text, auth))
  if (signatures.length === 0) return 'signature_malformed'
  const idText = auth.idHeader === undefined ? '' : headerValue(head.headers, auth.idHeader)
  if (idText === undefined) return 'id_missing'
  // Node reads header values as Latin-1, even if the sender wrote UTF-8.
  const id = Buffer.from(idText, 'latin1')
  if (auth.timestamp === undefined) return { signatures, id, timestamp: '', time: undefined }

  const timestamp = timestampText(auth.timestamp, head, parameters)
  if (timestamp === undefined) return 'timestamp_missing'
  const time = readTimestamp(timestamp, auth.timestamp.unit)
  return time === undefined ? 'timestamp_malformed' : { signatures, id, timestamp, time }
}

/** Reads a header like `t=1700000000,v1=…,v1=…`. */
function readParameters(header: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>()
  for (const pair of header.split(',')) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, Math.max(at, 0)).trim()
    const value = pair.slice(at + 1).trim()
    const values = parameters.get(name)
    if (values === undefined) parameters.set(name, [value])
    else values.push(value)
  }
  return parameters
}

/** The bytes of a signature, or nothing. Only canonical base64: no other header is the same signature. */
function decode(text: string, auth: HmacAuth | PublicKeyAuth): Buffer[] {
  const { encoding, prefix } = auth
  if (!text.startsWith(prefix)) return []
  const signature = text.slice(prefix.length)
  const bytes = Buffer.from(signature, encoding)
  const isLong = auth.type === 'hmac' ? bytes.length === HMAC_BYTES[auth.algorithm] : isPossible(bytes)
  const canonical = encoding === 'hex' ? signature.toLowerCase() : signature
  return isLong && bytes.toString(encoding) === canonical ? [bytes] : []
}

function isPossible({ length }: Buffer): boolean {
  return length > 0 && length <= MAX_SIGNATURE_BYTES
}

/** The timestamp as sent; undefined if it is missing, empty if there are several. */
function timestampText(
  timestamp: SignatureTimestamp,
  { headers }: ReceivedHead,
  parameters: ReadonlyMap<string, string[]>
): string | undefined {
  if (timestamp.in === 'header') return headerValue(headers, timestamp.name)
  const [value, ...more] = parameters.get(timestamp.name) ?? []
  return more.length > 0 ? '' : value
}
