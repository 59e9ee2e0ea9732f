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

/** The refusal of a request whose sender is not verified. */
export function notVerified(endpoint: Pick<WebhookEndpoint, 'name'>, fault: AuthFault): Problem {
  const headers = { 'www-authenticate': `Webhook realm="${endpoint.name}"` }
  return new Problem('unauthenticated', `The sender did not prove itself: ${fault}.`, { headers })
}

/**
 * Reads the event of a request whose sender is verified.
 * @throws Problem invalid_json, invalid_request, unsupported_media_type, overloaded
 */
export async function readEvent(
  endpoint: WebhookEndpoint,
  { headers, rawBody }: { readonly headers: IncomingHttpHeaders; readonly rawBody: Buffer },
  maxUpdates: number
): Promise<WebhookEvent> {
  const payload = endpoint.parse(rawBody, headers['content-type'])
  try {
    return await endpoint.read(headers, payload, maxUpdates, rawBody.length)
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    const errors = [{ pointer: '', code: 'invalid_request', detail: error.message }]
    throw new Problem('invalid_request', error.message, { errors })
  }
}
