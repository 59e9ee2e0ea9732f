import type { Auth, AuthFault, ReceivedRequest } from './auth.ts'
import { verifyApiKey, verifyBasic, verifyHeader } from './credential.ts'
import { verifyHmac } from './hmac.ts'
import { verifyStandardWebhooks } from './standard-webhooks.ts'

/**
 * Checks that a request comes from who it should. Judges the raw bytes: two bodies that parse alike have different
 * signatures. How long it takes does not depend on how much of a secret is right. Returns why the sender is not
 * believed, or undefined if it is.
 */
export function verify(auth: Auth, request: ReceivedRequest): AuthFault | undefined {
  switch (auth.type) {
    case 'callers':
      // Callers prove themselves by their keys, which no source has.
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
