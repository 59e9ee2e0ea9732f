import { hash } from 'node:crypto'
import type { Auth } from '../../webhooks/auth/auth.ts'
import type { NoteFault } from '../config-error.ts'
import type { SecretFiles } from '../secret-files.ts'
import type { AuthEntry, SecretsEntry } from './endpoint-schema.ts'
import { readHmac, readPublicKeyAuth } from './read-signature.ts'
import { DEFAULT_TOLERANCE_SECONDS } from '../../webhooks/auth/timestamp.ts'
import { STANDARD_HEADERS, standardWebhooksKey } from '../../webhooks/auth/standard-webhooks.ts'

/**
 * Reads how an endpoint's senders prove who they are, from an entry that fits its schema. Notes in `fault` what the
 * schema can't express.
 * @param secretFiles reads the files that they name
 */
export function readAuth(
  entry: AuthEntry,
  pointer: string,
  secretFiles: SecretFiles,
  fault: NoteFault
): Auth {
  const { callers, api_key: apiKey, basic, header, hmac, standard_webhooks: standard } = entry
  const { public_key: publicKey, query_key: queryKey, body_key: bodyKey } = entry
  if (callers) return { type: 'callers' }
  if (apiKey) {
    const hashes = apiKey.key_hashes.map((text) => Buffer.from(text.slice('sha256:'.length), 'hex'))
    return { type: 'api_key', hashes }
  }
  if (basic) {
    const passwords = readSecrets(basic, `${pointer}/basic`, secretFiles, fault)
    return { type: 'basic', hashes: passwords.map((password) => sha256(`${basic.user}:${password}`)) }
  }
  if (header) {
    const secrets = readSecrets(header, `${pointer}/header`, secretFiles, fault)
    return { type: 'header', header: header.header.toLowerCase(), hashes: secrets.map(sha256) }
  }
  if (queryKey) {
    const secrets = readSecrets(queryKey, `${pointer}/query_key`, secretFiles, fault)
    return { type: 'query_key', parameter: queryKey.parameter, hashes: secrets.map(sha256) }
  }
  if (bodyKey) {
    const secrets = readSecrets(bodyKey, `${pointer}/body_key`, secretFiles, fault)
    return { type: 'body_key', path: bodyKey.field.split('.'), hashes: secrets.map(sha256) }
  }
  if (hmac) {
    const secrets = readSecrets(hmac, `${pointer}/hmac`, secretFiles, fault)
    return readHmac(hmac, secrets, `${pointer}/hmac`, fault)
  }
  if (publicKey) return readPublicKeyAuth(publicKey, `${pointer}/public_key`, fault)
  const standardPointer = `${pointer}/standard_webhooks`
  const secrets = readSecrets(standard ?? {}, standardPointer, secretFiles, fault)
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
  secretFiles: SecretFiles,
  fault: NoteFault
): string[] {
  if (secrets.length + files.length === 0) fault(pointer, 'needs secrets or secret_files')
  const read = files.flatMap((file, index) => {
    const one = secretFiles.read(file)
    if ('secret' in one) return [one.secret]
    fault(`${pointer}/secret_files/${index}`, `names a file that ${one.fault}`)
    return []
  })
  return [...secrets, ...read]
}
