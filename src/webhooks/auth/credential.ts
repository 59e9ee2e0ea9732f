import { hash, timingSafeEqual } from 'node:crypto'
import { basicCredentials } from '../../callers/basic.ts'
import { presentedKey } from '../../callers/key.ts'
import {
  type ApiKeyAuth,
  type AuthFault,
  type BasicAuth,
  type BodyKeyAuth,
  type HeaderAuth,
  headerValue,
  type QueryKeyAuth,
  type ReceivedHead
} from './auth.ts'
import { queryOf, valueAt } from '../place.ts'

/** Verifies a key sent as callers send theirs: `Authorization: Bearer KEY` or `X-API-Key: KEY`. */
export function verifyApiKey(auth: ApiKeyAuth, { headers }: ReceivedHead): AuthFault | undefined {
  const key = presentedKey(headers)
  if (key === undefined) return 'credential_missing'
  return checkSecret(key, auth.hashes)
}

/** Verifies user and password (RFC 7617). */
export function verifyBasic(auth: BasicAuth, { headers }: ReceivedHead): AuthFault | undefined {
  const credentials = basicCredentials(headers)
  if (credentials === undefined) return 'credential_missing'
  return checkSecret(credentials, auth.hashes)
}

/** Verifies a shared secret that is the whole value of a header. */
export function verifyHeader(auth: HeaderAuth, { headers }: ReceivedHead): AuthFault | undefined {
  const secret = headerValue(headers, auth.header)
  if (secret === undefined) return 'credential_missing'
  // Node reads header values as Latin-1, even if the sender wrote UTF-8.
  return checkSecret(Buffer.from(secret, 'latin1'), auth.hashes)
}

/** Verifies a key that is a parameter of the address's query, once. */
export function verifyQueryKey(auth: QueryKeyAuth, { url }: ReceivedHead): AuthFault | undefined {
  const [key = '', ...more] = queryOf(url).getAll(auth.parameter)
  if (key === '' || more.length > 0) return 'credential_missing'
  return checkSecret(key, auth.hashes)
}

/** Verifies a key that is a text of the payload, and takes it out: nothing that reads the payload may see it. */
export function takeBodyKey({ path, hashes }: BodyKeyAuth, payload: unknown): AuthFault | undefined {
  const holder = valueAt(payload, path.slice(0, -1))
  const name = path.at(-1) ?? ''
  const key = valueAt(holder, [name])
  if (typeof key !== 'string' || key === '') return 'credential_missing'
  Reflect.deleteProperty(holder as object, name)
  return checkSecret(key, hashes)
}

function checkSecret(presented: string | Buffer, hashes: readonly Buffer[]): AuthFault | undefined {
  return isOneOf(presented, hashes) ? undefined : 'credential_wrong'
}

/** Whether a secret is one of those with the given SHA-256. */
export function isOneOf(presented: string | Buffer, hashes: readonly Buffer[]): boolean {
  const presentedHash = hash('sha256', presented, 'buffer')
  return hashes.filter((known) => timingSafeEqual(known, presentedHash)).length > 0
}
