import { readFileSync } from 'node:fs'
import { errorCode } from '../error-code.ts'

/** A secret, or why its file gives none: the end of a sentence about the file. */
export type SecretFile = { readonly secret: string } | { readonly fault: string }

/**
 * Reads a secret from a file, without the white space around it. The fault doesn't quote the path: it could be the
 * secret itself, put there by mistake.
 */
export function readSecretFile(path: string): SecretFile {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    return secret === '' ? { fault: 'is empty' } : { secret }
  } catch (error) {
    return { fault: `cannot be read (${errorCode(error)})` }
  }
}
