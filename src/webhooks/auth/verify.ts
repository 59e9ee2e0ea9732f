import type { Auth, AuthFault, ReceivedHead, VerifyBody } from './auth.ts'
import { verifyApiKey, verifyBasic, verifyHeader, verifyQueryKey } from './credential.ts'
import { verifySignature } from './signature.ts'
import { verifyStandardWebhooks } from './standard-webhooks.ts'

/**
 * Checks that a request comes from a sender of the endpoint, as far as its head tells. A signature is one of the raw
 * bytes of the body: two bodies that parse alike have different signatures. How long it takes doesn't depend on how much
 * of a secret is right.
 * @returns why the sender is not verified, or what verifies its signature once the body is read; undefined if the head
 *   has verified the sender
 */
export function verifyHead(auth: Auth, head: ReceivedHead): AuthFault | VerifyBody | undefined {
  switch (auth.type) {
    case 'callers':
      // Callers authenticate with keys that no endpoint has.
      return 'credential_missing'
    case 'api_key':
      return verifyApiKey(auth, head)
    case 'basic':
      return verifyBasic(auth, head)
    case 'header':
      return verifyHeader(auth, head)
    case 'query_key':
      return verifyQueryKey(auth, head)
    case 'body_key':
      // Only `takeBodyKey` can tell, once the body is parsed.
      return 'credential_missing'
    case 'hmac':
    case 'public_key':
      return verifySignature(auth, head)
    case 'standard_webhooks':
      return verifyStandardWebhooks(auth, head)
  }
}

/** What to send, for `WWW-Authenticate` (RFC 9110): some senders send their login only after it names their scheme. */
export function challengeOf({ type }: Auth, realm: string): string {
  if (type === 'basic') return `Basic realm="${realm}", charset="UTF-8"`
  return `${type === 'api_key' || type === 'callers' ? 'Bearer' : 'Webhook'} realm="${realm}"`
}
