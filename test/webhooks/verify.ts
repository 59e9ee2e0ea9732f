import type { AuthFault, ReceivedHead, VerifyBody } from '../../src/webhooks/auth/auth.ts'

export type ReceivedRequest = ReceivedHead & { readonly rawBody: Buffer; readonly now: number }

/** Checks a whole request. Returns why its sender is not verified; undefined if it is. */
export function verify(
  checker: { verifyHead(head: ReceivedHead): AuthFault | VerifyBody | undefined } | undefined,
  request: ReceivedRequest
): AuthFault | undefined {
  if (checker === undefined) throw new Error('there is no such endpoint')
  const checked = checker.verifyHead(request)
  return typeof checked === 'function' ? checked(request.rawBody, request.now) : checked
}
