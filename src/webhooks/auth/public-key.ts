import { createPublicKey, type KeyObject } from 'node:crypto'

const PEM = /^-----BEGIN (?:RSA )?PUBLIC KEY-----/
const ED25519_HEX = /^[0-9a-fA-F]{64}$/
const ED25519_BYTES = 32
/** What precedes these bytes in the key's DER form (RFC 8410). */
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex')
const TYPES: ReadonlySet<string | undefined> = new Set(['rsa', 'ec', 'ed25519'])

/**
 * A public key as senders publish theirs: PEM, base64 of its DER form (SendGrid), or the 32 bytes of an Ed25519 key in hex
 * (Discord) or base64 (Telnyx). Undefined if the text is not a public key of type RSA, EC or Ed25519.
 */
export function readPublicKey(text: string): KeyObject | undefined {
  const trimmed = text.trim()
  try {
    const key = PEM.test(trimmed)
      ? createPublicKey(trimmed)
      : createPublicKey({ key: derOf(trimmed), format: 'der', type: 'spki' })
    return TYPES.has(key.asymmetricKeyType) ? key : undefined
  } catch {
    return undefined
  }
}

function derOf(text: string): Buffer {
  const bytes = Buffer.from(text, ED25519_HEX.test(text) ? 'hex' : 'base64')
  return bytes.length === ED25519_BYTES ? Buffer.concat([ED25519_DER, bytes]) : bytes
}
