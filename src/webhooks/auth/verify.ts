import type { Auth, AuthFault, ReceivedHead, ReceivedRequest } from './auth.ts'
import { verifyApiKey, verifyBasic, verifyHeader } from './credential.ts'
import { readHmacHead, verifyHmac } from './hmac.ts'
import { readStandardWebhooksHead, verifyStandardWebhooks } from './standard-webhooks.ts'

/**
 * Checks what the head of a request says of its sender, before the body is read: credentials, or whether there is a
 * signature at all.
 * @returns why the sender is not verified; undefined if it is, or if the signature has to be verified
 */
export function verifyHead(auth: Auth, head: ReceivedHead): AuthFault | undefined {
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
    case 'hmac':
      return faultOf(readHmacHead(auth, head))
    case 'standard_webhooks':
      return faultOf(readStandardWebhooksHead(head))
  }
}

function faultOf(read: object | AuthFault): AuthFault | undefined {
  return typeof read === 'string' ? read : undefined
}

/**
 * Checks that a request comes from a sender of the endpoint. Checks the raw bytes: two bodies that parse alike have
 * different signatures. Its duration doesn't depend on how much of a secret is right.
 * @returns why the sender is not verified; undefined if it is
 */
export function verify(auth: Auth, request: ReceivedRequest): AuthFault | undefined {
  switch (auth.type) {
    case 'hmac':
      return verifyHmac(auth, request)
    case 'standard_webhooks':
      return verifyStandardWebhooks(auth, request)
    default:
      return verifyHead(auth, request)
  }
}
