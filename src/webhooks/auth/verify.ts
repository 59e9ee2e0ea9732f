import type { Auth, AuthFault, ReceivedRequest } from './auth.ts'
import { verifyApiKey, verifyBasic, verifyHeader } from './credential.ts'
import { verifyHmac } from './hmac.ts'
import { verifyStandardWebhooks } from './standard-webhooks.ts'

/**
 * Checks that a request comes from a sender of the endpoint. Checks the raw bytes: two bodies that parse alike have
 * different signatures. Its duration doesn't depend on how much of a secret is right.
 * @returns why the sender is not verified; undefined if it is
 */
export function verify(auth: Auth, request: ReceivedRequest): AuthFault | undefined {
  switch (auth.type) {
    case 'callers':
      // Callers authenticate with keys that no endpoint has.
      return 'credential_missing'
    case 'api_key':
      return verifyApiKey(auth, request)
    case 'basic':
      return verifyBasic(auth, request)
    case 'header':
      return verifyHeader(auth, request)
    case 'hmac':
      return verifyHmac(auth, request)
    case 'standard_webhooks':
      return verifyStandardWebhooks(auth, request)
  }
}
