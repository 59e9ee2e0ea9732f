import { createHmac } from 'node:crypto'
import type { AuthFault } from './auth/auth.ts'
import { isOneOf } from './auth/credential.ts'
import { queryOf, valueAt } from './place.ts'

/** How an endpoint answers senders that first ask whether the address is theirs. */
export interface Verification {
  /** For a challenge in the address; undefined if its senders send none there. */
  readonly query: QueryChallenge | undefined
  /** For a challenge in a JSON body; undefined if its senders send none there. */
  readonly body: BodyChallenge | undefined
  /** Whether a GET without a challenge is answered with 200. */
  readonly get: boolean
}

export interface QueryChallenge {
  /** The parameter that is sent back. */
  readonly challenge: string
  /** The parameter with a secret; undefined if the sender sends none. */
  readonly token: string | undefined
  /** SHA-256 of each secret. */
  readonly hashes: readonly Buffer[]
}

export interface BodyChallenge {
  /** Where in the body the challenge is. */
  readonly path: readonly string[]
  /** The HMAC-SHA256 of the challenge that the answer has beside it; undefined if it has none. */
  readonly hmac: { readonly name: string; readonly secret: string } | undefined
}

/** Longer than any real challenge, in characters. */
const MAX_CHALLENGE = 2_000
const PRINTABLE = /^[\x20-\x7E]+$/
/** The letters of a token. What the secret signs elsewhere has others, so no challenge yields the signature of a request. */
const TOKEN = /^[A-Za-z0-9+/=_-]{1,200}$/

/**
 * The answer to a challenge in the address of a request: its own text.
 * @returns why the sender is not verified; undefined if the address has no challenge
 */
export function answerQuery(
  { challenge, token, hashes }: QueryChallenge,
  url: string
): { readonly text: string } | AuthFault | undefined {
  const parameters = queryOf(url)
  const text = parameters.get(challenge)
  if (text === null || text.length > MAX_CHALLENGE || !PRINTABLE.test(text)) return undefined
  if (token === undefined) return { text }
  const presented = parameters.get(token)
  if (presented === null) return 'credential_missing'
  return isOneOf(presented, hashes) ? { text } : 'credential_wrong'
}

/** The answer to a challenge in a body; undefined if the body has none. */
export function answerBody(
  { path, hmac }: BodyChallenge,
  payload: unknown
): Readonly<Record<string, string>> | undefined {
  const name = path.at(-1)
  const challenge = valueAt(payload, path)
  if (name === undefined || typeof challenge !== 'string' || challenge.length > MAX_CHALLENGE)
    return undefined
  if (hmac === undefined) return PRINTABLE.test(challenge) ? { [name]: challenge } : undefined
  if (!TOKEN.test(challenge)) return undefined
  return { [name]: challenge, [hmac.name]: createHmac('sha256', hmac.secret).update(challenge).digest('hex') }
}
