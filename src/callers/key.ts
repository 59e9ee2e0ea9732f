import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** By which people, and scanners that look for lost keys, know a key of a gateway. */
export const KEY_PREFIX = 'vgw_'
const SECRET_BYTES = 32
const CHECKSUM_BYTES = 4

/** Makes a key: `vgw_`, and in base64url 256 random bits and their CRC-32. */
export function createKey(): string {
  const secret = randomBytes(SECRET_BYTES)
  return KEY_PREFIX + Buffer.concat([secret, checksum(secret)]).toString('base64url')
}

/** Whether a key is one that `createKey` made, whole and without a slip; tells nothing about whose it is. */
export function isWholeKey(key: string): boolean {
  if (!key.startsWith(KEY_PREFIX)) return false
  const encoded = key.slice(KEY_PREFIX.length)
  const bytes = Buffer.from(encoded, 'base64url')
  if (bytes.toString('base64url') !== encoded) return false
  return bytes.subarray(SECRET_BYTES).equals(checksum(bytes.subarray(0, SECRET_BYTES)))
}

function checksum(secret: Buffer): Buffer {
  const bytes = Buffer.alloc(CHECKSUM_BYTES)
  bytes.writeUInt32BE(crc32(secret))
  return bytes
}

/** The SHA-256 of a key, as 64 hex digits. */
export function hashKey(key: string): string {
  return hash('sha256', key)
}

const BEARER = /^Bearer +(\S+) *$/i

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i

/** Takes the password out of `Authorization: Basic …` (RFC 7617); undefined if there is none. */
export function basicPassword(headers: { readonly authorization?: string | undefined }): string | undefined {
  const [, credentials] = BASIC.exec(headers.authorization ?? '') ?? []
  if (credentials === undefined) return undefined
  const text = Buffer.from(credentials, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 || colon === text.length - 1 ? undefined : text.slice(colon + 1)
}

/** Takes the key out of `Authorization: Bearer KEY` or `X-API-Key: KEY`; undefined if there is neither. */
export function presentedKey(
  headers: Readonly<Record<string, string | string[] | undefined>>
): string | undefined {
  const bearer = BEARER.exec(String(headers['authorization'] ?? ''))?.[1]
  if (bearer !== undefined) return bearer
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
