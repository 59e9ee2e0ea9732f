import { hash } from 'node:crypto'
import { resolve } from 'node:path'
import { type Auth, type HmacAuth, SIGNED_PLACEHOLDERS, type SignedPart } from '../../webhooks/auth/auth.ts'
import type { NoteFault } from '../config-error.ts'
import { readSecretFile } from '../secret-file.ts'
import type { AuthEntry, HmacEntry, SecretsEntry } from './endpoint-schema.ts'
import { STANDARD_HEADERS, standardWebhooksKey } from '../../webhooks/auth/standard-webhooks.ts'

const DEFAULT_TOLERANCE_SECONDS = 300

/**
 * Reads how an endpoint's senders prove who they are, from an entry that fits its schema. Notes in `fault` what the
 * schema can't express.
 * @param folder the gateway file's folder, to which the paths of secret files are relative
 */
export function readAuth(entry: AuthEntry, pointer: string, folder: string, fault: NoteFault): Auth {
  const { callers, api_key: apiKey, basic, header, hmac, standard_webhooks: standard } = entry
  const { query_key: queryKey, body_key: bodyKey } = entry
  if (callers) return { type: 'callers' }
  if (apiKey) {
    const hashes = apiKey.key_hashes.map((text) => Buffer.from(text.slice('sha256:'.length), 'hex'))
    return { type: 'api_key', hashes }
  }
  if (basic) {
    const passwords = readSecrets(basic, `${pointer}/basic`, folder, fault)
    return { type: 'basic', hashes: passwords.map((password) => sha256(`${basic.user}:${password}`)) }
  }
  if (header) {
    const secrets = readSecrets(header, `${pointer}/header`, folder, fault)
    return { type: 'header', header: header.header.toLowerCase(), hashes: secrets.map(sha256) }
  }
  if (queryKey) {
    const secrets = readSecrets(queryKey, `${pointer}/query_key`, folder, fault)
    return { type: 'query_key', parameter: queryKey.parameter, hashes: secrets.map(sha256) }
  }
  if (bodyKey) {
    const secrets = readSecrets(bodyKey, `${pointer}/body_key`, folder, fault)
    return { type: 'body_key', path: bodyKey.field.split('.'), hashes: secrets.map(sha256) }
  }
  if (hmac) {
    const secrets = readSecrets(hmac, `${pointer}/hmac`, folder, fault)
    return readHmac(hmac, secrets, `${pointer}/hmac`, fault)
  }
  const standardPointer = `${pointer}/standard_webhooks`
  const secrets = readSecrets(standard ?? {}, standardPointer, folder, fault)
  const keys = secrets.map(standardWebhooksKey).filter((key) => key !== undefined)
  if (keys.length < secrets.length)
    fault(standardPointer, 'has a secret that is not base64, with or without whsec_ before it')
  const toleranceSeconds = standard?.tolerance_seconds ?? DEFAULT_TOLERANCE_SECONDS
  const { headers } = standard ?? {}
  const own = headers && {
    id: headers.id.toLowerCase(),
    timestamp: headers.timestamp.toLowerCase(),
    signature: headers.signature.toLowerCase()
  }
  return { type: 'standard_webhooks', keys, toleranceSeconds, headers: own ? [own] : STANDARD_HEADERS }
}

export function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** The secrets of the gateway file, and of the files that it names. */
export function readSecrets(
  { secrets = [], secret_files: files = [] }: SecretsEntry,
  pointer: string,
  folder: string,
  fault: NoteFault
): string[] {
  if (secrets.length + files.length === 0) fault(pointer, 'needs secrets or secret_files')
  const read = files.flatMap((file, index) => {
    const one = readSecretFile(resolve(folder, file))
    if ('secret' in one) return [one.secret]
    fault(`${pointer}/secret_files/${index}`, `names a file that ${one.fault}`)
    return []
  })
  return [...secrets, ...read]
}

function readHmac(entry: HmacEntry, secrets: string[], pointer: string, fault: NoteFault): HmacAuth {
  const { timestamp, id, signature_parameter: signatureParameter, public_url: publicUrl } = entry
  const signed = readSigned(entry.signed ?? '{body}')
  const parts = new Set(signed.flatMap((part) => ('part' in part ? [part.part] : [])))
  const unknown = signed.some((part) => 'text' in part && /[{}]/.test(part.text))
  if (unknown) {
    fault(`${pointer}/signed`, `may have no other braces than {${SIGNED_PLACEHOLDERS.join('}, {')}}`)
  } else if (!parts.has('body')) fault(`${pointer}/signed`, 'must have {body}, or the body could be any')
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
    type: 'hmac',
    header: entry.header.toLowerCase(),
    algorithm: entry.algorithm ?? 'sha256',
    encoding: entry.encoding ?? 'hex',
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
    publicUrl: publicUrl ?? '',
    secrets
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
