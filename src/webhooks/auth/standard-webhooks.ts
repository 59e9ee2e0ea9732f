import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  type AuthFault,
  headerValue,
  type ReceivedHead,
  type StandardHeaders,
  type StandardWebhooksAuth,
  type VerifyBody
} from './auth.ts'
import { checkTimestamp, readTimestamp } from './timestamp.ts'

/** The headers of Standard Webhooks, and those that Svix, where it comes from, still sends. */
export const STANDARD_HEADERS: readonly StandardHeaders[] = ['webhook', 'svix'].map((prefix) => ({
  id: `${prefix}-id`,
  timestamp: `${prefix}-timestamp`,
  signature: `${prefix}-signature`
}))
const MAX_SIGNATURES = 10
const SECRET = /^(?:whsec_)?([A-Za-z0-9+/]{2,}={0,2})$/

/**
 * Reads what the head of a request says of its signature by Standard Webhooks: an HMAC-SHA256 over id, timestamp and raw
 * body, with dots between.
 * @returns what verifies it once the body is read, or what is wrong with the head
 */
export function verifyStandardWebhooks(
  auth: StandardWebhooksAuth,
  { headers }: ReceivedHead
): VerifyBody | AuthFault {
  const names = auth.headers.find((one) => headerValue(headers, one.id) !== undefined)
  if (names === undefined) return 'signature_missing'
  const id = headerValue(headers, names.id) ?? ''
  const header = headerValue(headers, names.signature)
  if (header === undefined) return 'signature_missing'
  const timestamp = headerValue(headers, names.timestamp)
  if (timestamp === undefined) return 'timestamp_missing'
  const time = readTimestamp(timestamp, 'seconds')
  if (time === undefined) return 'timestamp_malformed'
  const signatures = header.split(' ', MAX_SIGNATURES)
  return (rawBody, now) => {
    const expected = auth.keys.map((key) => sign(key, `${id}.${timestamp}.`, rawBody))
    const matching = signatures.filter((one) => expected.filter((other) => isSame(one, other)).length > 0)
    return matching.length > 0 ? checkTimestamp(time, now, auth.toleranceSeconds) : 'signature_wrong'
  }
}

function sign(key: Buffer, before: string, rawBody: Buffer): string {
  return `v1,${createHmac('sha256', key).update(before, 'latin1').update(rawBody).digest('base64')}`
}

function isSame(presented: string, expected: string): boolean {
  const [one, other] = [Buffer.from(presented), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** The key of a secret, which is base64, perhaps with `whsec_` before it; undefined if it is not. */
export function standardWebhooksKey(secret: string): Buffer | undefined {
  const encoded = SECRET.exec(secret)?.[1]
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64')
}
