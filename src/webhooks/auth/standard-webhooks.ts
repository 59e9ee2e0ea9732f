import { isUtf8 } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { type AuthFault, headerValue, type ReceivedRequest, type StandardWebhooksAuth } from './auth.ts'
import { judgeTimestamp, readTimestamp } from './timestamp.ts'

/** The header that tells one message from another; the same for a repeat. */
export const WEBHOOK_ID = 'webhook-id'
const MAX_SIGNATURES = 10

/**
 * Standard Webhooks. The library signs; its own `verify` has a fixed tolerance, takes the time from the machine, and
 * parses the body.
 */
export function verifyStandardWebhooks(
  auth: StandardWebhooksAuth,
  { headers, rawBody, now }: ReceivedRequest
): AuthFault | undefined {
  const id = headerValue(headers, WEBHOOK_ID)
  const header = headerValue(headers, 'webhook-signature')
  if (id === undefined || header === undefined) return 'signature_missing'
  const timestamp = headerValue(headers, 'webhook-timestamp')
  if (timestamp === undefined) return 'timestamp_missing'
  const time = readTimestamp(timestamp, 'seconds')
  // One that Date cannot hold has no signature either.
  if (time === undefined || Number.isNaN(new Date(time).getTime())) return 'timestamp_malformed'
  // The library would sign invalid UTF-8 as if it were other text.
  if (!isUtf8(rawBody)) return 'signature_wrong'

  const presented = header.split(' ').slice(0, MAX_SIGNATURES)
  const expected = auth.secrets.map((secret) => new Webhook(secret).sign(id, new Date(time), rawBody))
  const matching = presented.filter((one) => expected.filter((other) => isSame(one, other)).length > 0)
  return matching.length > 0 ? judgeTimestamp(time, now, auth.toleranceSeconds) : 'signature_wrong'
}

function isSame(presented: string, expected: string): boolean {
  const [one, other] = [Buffer.from(presented), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Tells whether a secret is one that the library takes: base64, perhaps with `whsec_` before it. */
export function isStandardWebhooksSecret(secret: string): boolean {
  try {
    new Webhook(secret)
    return true
  } catch {
    return false
  }
}
