import { isUtf8 } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import {
  type AuthFault,
  headerValue,
  type ReceivedHead,
  type ReceivedRequest,
  type StandardWebhooksAuth
} from './auth.ts'
import { checkTimestamp, readTimestamp } from './timestamp.ts'

/** The header with the id of a message; a repeat has the same one. */
export const WEBHOOK_ID = 'webhook-id'
const MAX_SIGNATURES = 10

/** What the head of a request says of its signature. */
interface StandardWebhooksHead {
  readonly id: string
  readonly signatures: readonly string[]
  /** Milliseconds since 1970. */
  readonly time: number
}

/**
 * Verifies a signature by Standard Webhooks. Uses the library only to sign: its `verify` has a fixed tolerance and the
 * machine's clock, and parses the body.
 */
export function verifyStandardWebhooks(
  auth: StandardWebhooksAuth,
  request: ReceivedRequest
): AuthFault | undefined {
  const head = readStandardWebhooksHead(request)
  if (typeof head === 'string') return head
  const { id, signatures, time } = head
  const { rawBody, now } = request
  // The library would sign replacement characters for invalid UTF-8.
  if (!isUtf8(rawBody)) return 'signature_wrong'

  const expected = auth.secrets.map((secret) => new Webhook(secret).sign(id, new Date(time), rawBody))
  const matching = signatures.filter((one) => expected.filter((other) => isSame(one, other)).length > 0)
  return matching.length > 0 ? checkTimestamp(time, now, auth.toleranceSeconds) : 'signature_wrong'
}

/** Reads the id, the signatures and the timestamp of a request, or says what is wrong with them. */
export function readStandardWebhooksHead({ headers }: ReceivedHead): StandardWebhooksHead | AuthFault {
  const id = headerValue(headers, WEBHOOK_ID)
  const header = headerValue(headers, 'webhook-signature')
  if (id === undefined || header === undefined) return 'signature_missing'
  const timestamp = headerValue(headers, 'webhook-timestamp')
  if (timestamp === undefined) return 'timestamp_missing'
  const time = readTimestamp(timestamp, 'seconds')
  // The library signs a Date.
  if (time === undefined || Number.isNaN(new Date(time).getTime())) return 'timestamp_malformed'
  return { id, signatures: header.split(' ', MAX_SIGNATURES), time }
}

function isSame(presented: string, expected: string): boolean {
  const [one, other] = [Buffer.from(presented), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Whether the library takes a secret: base64, perhaps with `whsec_` before it. */
export function isStandardWebhooksSecret(secret: string): boolean {
  try {
    new Webhook(secret)
    return true
  } catch {
    return false
  }
}
