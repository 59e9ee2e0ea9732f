import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Makes a key recognizable, to people and to scanners for leaked secrets. */
export const KEY_PREFIX = 'vgw_'
const SECRET_BYTES = 32
const CHECKSUM_BYTES = 4

/** Makes a key: `vgw_`, then 256 random bits and their CRC-32 in base64url. */
export function createKey(): string {
  const secret = randomBytes(SECRET_BYTES)
  return KEY_PREFIX + Buffer.concat([secret, checksum(secret)]).toString('base64url')
}

/** Whether a key has the form and checksum of `createKey`. It may still belong to nobody. */
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

/** How to send a key, for the refusal of a request without one. */
export function howToSendKey(authorization?: string): string {
  const how = 'Send it as "Authorization: Bearer KEY" or "X-API-Key: KEY".'
  // Without its value: it may be a key.
  return authorization ? `Its header Authorization does not begin with "Bearer ". ${how}` : how
}

const BEARER = /^Bearer +(\S+) *$/i

/** The key in `Authorization: Bearer KEY` or `X-API-Key: KEY`; undefined without either. */
export function presentedKey(
  headers: Readonly<Record<string, string | string[] | undefined>>
): string | undefined {
  const bearer = BEARER.exec(String(headers['authorization'] ?? ''))?.[1]
  if (bearer !== undefined) return bearer
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
