import {
  type HmacAuth,
  type PublicKeyAuth,
  SIGNED_PLACEHOLDERS,
  type SignedPart,
  type SignedRequest
} from '../../webhooks/auth/auth.ts'
import { readPublicKey } from '../../webhooks/auth/public-key.ts'
import { DEFAULT_TOLERANCE_SECONDS } from '../../webhooks/auth/timestamp.ts'
import type { NoteFault } from '../config-error.ts'
import type { HmacEntry, PublicKeyEntry } from './endpoint-schema.ts'

/** Reads how senders sign with a shared secret. Notes in `fault` what the schema can't express. */
export function readHmac(
  entry: HmacEntry,
  secrets: readonly string[],
  pointer: string,
  fault: NoteFault
): HmacAuth {
  const signed = readSignedRequest({ encoding: 'hex', ...entry }, pointer, fault)
  return { type: 'hmac', ...signed, algorithm: entry.algorithm ?? 'sha256', secrets }
}

/** Reads how senders sign with a private key of theirs. Notes in `fault` what the schema can't express. */
export function readPublicKeyAuth(entry: PublicKeyEntry, pointer: string, fault: NoteFault): PublicKeyAuth {
  const keys = entry.keys.flatMap((text, index) => {
    const key = readPublicKey(text)
    if (key !== undefined) return [key]
    fault(`${pointer}/keys/${index}`, 'is not a public key (RSA, EC or Ed25519; PEM, base64 or hex)')
    return []
  })
  return { type: 'public_key', ...readSignedRequest({ encoding: 'base64', ...entry }, pointer, fault), keys }
}

type SignedEntry = Omit<HmacEntry, 'algorithm' | 'secrets' | 'secret_files' | 'encoding'> & {
  readonly encoding: 'hex' | 'base64'
}

function readSignedRequest(entry: SignedEntry, pointer: string, fault: NoteFault): SignedRequest {
  const { timestamp, id, signature_parameter: signatureParameter, public_url: publicUrl } = entry
  const signed = readSigned(entry.signed ?? '{body}')
  const parts = new Set(signed.flatMap((part) => ('part' in part ? [part.part] : [])))
  const unknown = signed.some((part) => 'text' in part && /[{}]/.test(part.text))
  if (unknown) {
    fault(`${pointer}/signed`, `may have no other braces than {${SIGNED_PLACEHOLDERS.join('}, {')}}`)
  } else if (!parts.has('body') && !parts.has('form'))
    fault(`${pointer}/signed`, 'must have {body} or {form}, or the body could be any')
  if (timestamp && !parts.has('timestamp') && !unknown)
    fault(`${pointer}/signed`, 'must have {timestamp}, or the timestamp could be any')
  if (!timestamp && parts.has('timestamp')) fault(pointer, 'needs timestamp, as it is signed')
  if (id && !parts.has('id') && !unknown) fault(`${pointer}/id`, 'is not used, as {id} is not signed')
  if (!id && parts.has('id')) fault(pointer, 'needs id, as it is signed')
  if (publicUrl === undefined && parts.has('url'))
    fault(pointer, "needs public_url, the gateway's address as the sender knows it, as the url is signed")
  if (publicUrl !== undefined && !parts.has('url'))
    fault(`${pointer}/public_url`, 'is not used, as {url} is not signed')
  if (timestamp && (timestamp.header === undefined) === (timestamp.parameter === undefined))
    fault(`${pointer}/timestamp`, 'must have exactly one of header, parameter')
  if (timestamp?.parameter !== undefined && signatureParameter === undefined)
    fault(pointer, 'needs signature_parameter, as the timestamp is a parameter of the same header')
  return {
    header: entry.header.toLowerCase(),
    encoding: entry.encoding,
    prefix: entry.prefix ?? '',
    signatureParameter,
    timestamp: timestamp && {
      in: timestamp.header === undefined ? 'parameter' : 'header',
      name: timestamp.header?.toLowerCase() ?? timestamp.parameter ?? '',
      unit: timestamp.unit ?? 'seconds',
      toleranceSeconds: timestamp.tolerance_seconds ?? DEFAULT_TOLERANCE_SECONDS
    },
    idHeader: id?.header.toLowerCase(),
    signed,
    publicUrl: publicUrl ?? ''
  }
}

const PLACEHOLDER = new RegExp(`\\{(${SIGNED_PLACEHOLDERS.join('|')})\\}`)

function readSigned(template: string): SignedPart[] {
  // The parts at odd indexes are the placeholders.
  return template.split(PLACEHOLDER).flatMap((text, index): SignedPart[] => {
    const part = SIGNED_PLACEHOLDERS.find((one) => one === text)
    if (index % 2 === 1 && part !== undefined) return [{ part }]
    return text === '' ? [] : [{ text }]
  })
}
