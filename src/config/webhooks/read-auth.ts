import { type Auth, type HmacAuth, SIGNED_PLACEHOLDERS, type SignedPart } from '../../webhooks/auth/auth.ts'
import { type NoteFault, readSecrets } from './read-secrets.ts'
import type { AuthEntry, HmacEntry } from './endpoint-schema.ts'
import { isStandardWebhooksSecret } from '../../webhooks/auth/standard-webhooks.ts'

const DEFAULT_TOLERANCE_SECONDS = 300

/**
 * Reads how a source proves itself, from an entry that fits its schema. Notes what the schema cannot say in `fault`.
 * @param folder where the names of secret files start
 */
export function readAuth(entry: AuthEntry, place: string, folder: string, fault: NoteFault): Auth {
  const { callers, api_key: apiKey, basic, header, hmac, standard_webhooks: standard } = entry
  if (callers) return { type: 'callers' }
  if (apiKey) {
    return { type: 'api_key', keyHashes: apiKey.key_hashes.map((hash) => hash.slice('sha256:'.length)) }
  }
  if (basic) {
    return { type: 'basic', user: basic.user, secrets: readSecrets(basic, `${place}/basic`, folder, fault) }
  }
  if (header) {
    const secrets = readSecrets(header, `${place}/header`, folder, fault)
    return { type: 'header', header: header.header.toLowerCase(), secrets }
  }
  if (hmac) {
    const secrets = readSecrets(hmac, `${place}/hmac`, folder, fault)
    return readHmac(hmac, secrets, `${place}/hmac`, fault)
  }
  const standardPlace = `${place}/standard_webhooks`
  const secrets = readSecrets(standard ?? {}, standardPlace, folder, fault)
  if (!secrets.every(isStandardWebhooksSecret))
    fault(standardPlace, 'has a secret that is not base64, with or without whsec_ before it')
  const toleranceSeconds = standard?.tolerance_seconds ?? DEFAULT_TOLERANCE_SECONDS
  return { type: 'standard_webhooks', secrets, toleranceSeconds }
}

function readHmac(entry: HmacEntry, secrets: string[], place: string, fault: NoteFault): HmacAuth {
  const { timestamp, signature_parameter: signatureParameter, public_url: publicUrl } = entry
  const signed = readSigned(entry.signed ?? '{body}')
  const parts = new Set(signed.flatMap((part) => ('part' in part ? [part.part] : [])))
  const unknown = signed.some((part) => 'text' in part && /[{}]/.test(part.text))
  if (unknown) {
    fault(`${place}/signed`, `may have no other braces than {${SIGNED_PLACEHOLDERS.join('}, {')}}`)
  } else if (!parts.has('body')) fault(`${place}/signed`, 'must have {body}, or the body could be any')
  if (timestamp && !parts.has('timestamp') && !unknown)
    fault(`${place}/signed`, 'must have {timestamp}, or the timestamp could be any')
  if (!timestamp && parts.has('timestamp')) fault(place, 'needs timestamp, as it is signed')
  if (publicUrl === undefined && parts.has('url'))
    fault(place, "needs public_url, the gateway's address as the sender knows it, as the url is signed")
  if (publicUrl !== undefined && !parts.has('url'))
    fault(`${place}/public_url`, 'is of no use: no {url} is signed')
  if (timestamp && (timestamp.header === undefined) === (timestamp.parameter === undefined))
    fault(`${place}/timestamp`, 'must have exactly one of header, parameter')
  if (timestamp?.parameter !== undefined && signatureParameter === undefined)
    fault(place, 'needs signature_parameter, as the timestamp is a parameter of the same header')
  return {
    type: 'hmac',
    header: entry.header.toLowerCase(),
    encoding: entry.encoding ?? 'hex',
    prefix: entry.prefix ?? '',
    signatureParameter,
    timestamp: timestamp && {
      in: timestamp.header === undefined ? 'parameter' : 'header',
      name: timestamp.header?.toLowerCase() ?? timestamp.parameter ?? '',
      unit: timestamp.unit ?? 'seconds',
      toleranceSeconds: timestamp.tolerance_seconds ?? DEFAULT_TOLERANCE_SECONDS
    },
    signed,
    publicUrl: publicUrl ?? '',
    secrets
  }
}

const PLACEHOLDER = new RegExp(`\\{(${SIGNED_PLACEHOLDERS.join('|')})\\}`)

function readSigned(template: string): SignedPart[] {
  // The odd ones are what the pattern's group has found.
  return template.split(PLACEHOLDER).flatMap((text, place): SignedPart[] => {
    const part = SIGNED_PLACEHOLDERS.find((one) => one === text)
    if (place % 2 === 1 && part !== undefined) return [{ part }]
    return text === '' ? [] : [{ text }]
  })
}
