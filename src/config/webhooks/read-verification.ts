import type { Verification } from '../../webhooks/verification.ts'
import type { NoteFault } from '../config-error.ts'
import type { SecretFiles } from '../secret-files.ts'
import type { VerificationEntry } from './endpoint-schema.ts'
import { readSecrets, sha256 } from './read-auth.ts'

/**
 * Reads how an endpoint answers senders that first ask whether its address is theirs, from an entry that fits its schema.
 * Notes in `fault` what the schema can't express.
 * @param secretFiles reads the files that they name
 */
export function readVerification(
  { query, body, get }: VerificationEntry,
  pointer: string,
  secretFiles: SecretFiles,
  fault: NoteFault
): Verification {
  const tokens = query && secretsOf(query, query.token, 'token', `${pointer}/query`, secretFiles, fault)
  const [key = '', ...more] =
    (body && secretsOf(body, body.hmac, 'hmac', `${pointer}/body`, secretFiles, fault)) ?? []
  if (more.length > 0) fault(`${pointer}/body`, 'must have one secret, because the answer has one HMAC')
  return {
    query: query && { challenge: query.challenge, token: query.token, hashes: (tokens ?? []).map(sha256) },
    body: body && {
      path: body.challenge.split('.'),
      hmac: body.hmac === undefined ? undefined : { name: body.hmac, secret: key }
    },
    get: get === true
  }
}

/** The secrets for a property of an entry: there are some if, and only if, the entry has the property. */
function secretsOf(
  entry: Parameters<typeof readSecrets>[0],
  property: string | undefined,
  name: string,
  pointer: string,
  secretFiles: SecretFiles,
  fault: NoteFault
): string[] {
  if (property !== undefined) return readSecrets(entry, pointer, secretFiles, fault)
  if (entry.secrets ?? entry.secret_files) fault(pointer, `needs ${name}, or its secrets are not used`)
  return []
}
