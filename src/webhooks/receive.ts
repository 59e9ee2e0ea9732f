import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from '../errors.ts'
import type { AuthFault } from './auth/auth.ts'
import { MappingError, type WebhookEndpoint } from './endpoint.ts'

/** The event of one webhook request. */
export interface WebhookEvent {
  /** The `updates` of a batch request, not yet validated. */
  readonly updates: readonly unknown[]
  /** Identifies repeats of the event; undefined if it has no id. */
  readonly eventId: string | undefined
}

const DETAILS: Readonly<Record<AuthFault, string>> = {
  credential_missing: 'Missing credential: send the key, login or secret of this webhook source.',
  credential_wrong: 'The credential is not one of this webhook source.',
  signature_missing: 'Missing signature: its header is absent or empty.',
  id_missing: 'Missing id: the signature needs the header of the id.',
  signature_malformed: 'The signature does not have the form that this webhook source expects.',
  signature_wrong: 'The signature does not match the request.',
  timestamp_missing: 'Missing timestamp: the signature needs one.',
  timestamp_malformed: 'The timestamp is neither a Unix time nor one like 2026-11-30T09:15:00Z.',
  timestamp_too_old: 'The timestamp is too old.',
  timestamp_too_new: "The timestamp is in the future: check the sender's clock."
}

/** A request whose body is parsed. */
interface ReceivedPayload {
  readonly headers: IncomingHttpHeaders
  readonly payload: unknown
  /** Of the body. */
  readonly bytes: number
}

/** The refusal of a request whose sender is not verified. */
export function notVerified(endpoint: Pick<WebhookEndpoint, 'challenge'>, fault: AuthFault): Problem {
  const headers = { 'www-authenticate': endpoint.challenge }
  return new Problem('unauthenticated', DETAILS[fault], { headers })
}

/**
 * Reads the event of a request whose sender is verified.
 * @throws Problem invalid_request, overloaded
 */
export async function readEvent(
  endpoint: WebhookEndpoint,
  { headers, payload, bytes }: ReceivedPayload,
  maxUpdates: number
): Promise<WebhookEvent> {
  try {
    return await endpoint.read(headers, payload, maxUpdates, bytes)
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    const errors = [{ pointer: '', code: 'invalid_request', detail: error.message }]
    throw new Problem('invalid_request', error.message, { errors })
  }
}
