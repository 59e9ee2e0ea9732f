import { createHmac, timingSafeEqual, verify } from 'node:crypto'
import {
  type AuthFault,
  headerValue,
  HMAC_BYTES,
  type HmacAuth,
  type PublicKeyAuth,
  type ReceivedHead,
  type SignatureTimestamp,
  type VerifyBody
} from './auth.ts'
import { fieldsInOrder } from './signed-form.ts'
import { checkTimestamp, readTimestamp } from './timestamp.ts'

/** Signatures of one request that are checked. A sender that rotates its secret sends a few. */
const MAX_SIGNATURES = 10
/** Of a public key's signature: that of an RSA key of 8,192 bits. */
const MAX_SIGNATURE_BYTES = 1_024

/** The signatures of one request, at least one. */
type Signatures = readonly [Buffer, ...Buffer[]]

/** What the head of a request says of its signature. */
interface SignedHead {
  readonly signatures: Signatures
  /** The timestamp as sent; empty if the sender signs none. */
  readonly timestamp: string
  /** The id as the bytes that were sent; empty if the sender signs none. */
  readonly id: Buffer
  /** What is wrong with the timestamp once the body has arrived; undefined if nothing is, or if the sender signs none. */
  readonly checkTime: (now: number) => AuthFault | undefined
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
  const { signatures, timestamp, id, checkTime } = head
  const { method, url } = received
  return (rawBody, now) => {
    const values = { body: rawBody, timestamp, id, method, url: auth.publicUrl + url }
    const signed = auth.signed.map((part) => {
      if ('text' in part) return part.text
      return part.part === 'form' ? fieldsInOrder(rawBody) : values[part.part]
    })
    if (!signed.every((part) => part !== undefined)) return 'signature_wrong'
    const isSigned =
      auth.type === 'hmac' ? hasHmac(auth, signed, signatures) : isByPublicKey(auth, signed, signatures)
    return isSigned ? checkTime(now) : 'signature_wrong'
  }
}

/** Whether one of the signatures is an HMAC of what is signed. */
function hasHmac(
  { algorithm, secrets }: HmacAuth,
  signed: readonly (string | Buffer)[],
  signatures: Signatures
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
  [signature]: Signatures
): boolean {
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
  const presented =
    auth.signatureParameter === undefined ? [header] : parameterValues(header, auth.signatureParameter)
  const [signature, ...more] = presented.slice(0, MAX_SIGNATURES).flatMap((text) => decode(text, auth))
  if (signature === undefined) return 'signature_malformed'
  const signatures: Signatures = [signature, ...more]
  const idText = auth.idHeader === undefined ? '' : headerValue(head.headers, auth.idHeader)
  if (idText === undefined) return 'id_missing'
  // Node reads header values as Latin-1, even if the sender wrote UTF-8.
  const id = Buffer.from(idText, 'latin1')
  if (auth.timestamp === undefined) return { signatures, id, timestamp: '', checkTime: () => undefined }

  const { unit, toleranceSeconds } = auth.timestamp
  const timestamp = timestampText(auth.timestamp, head, header)
  if (timestamp === undefined) return 'timestamp_missing'
  const time = readTimestamp(timestamp, unit)
  if (time === undefined) return 'timestamp_malformed'
  return { signatures, id, timestamp, checkTime: (now) => checkTimestamp(time, now, toleranceSeconds) }
}

/** The values of a parameter in a header like `t=1700000000,v1=…,v1=…`. */
function parameterValues(header: string, name: string): string[] {
  return header.split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    return pair.slice(0, Math.max(at, 0)).trim() === name ? [pair.slice(at + 1).trim()] : []
  })
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
  header: string
): string | undefined {
  if (timestamp.in === 'header') return headerValue(headers, timestamp.name)
  const [value, ...more] = parameterValues(header, timestamp.name)
  return more.length > 0 ? '' : value
}
