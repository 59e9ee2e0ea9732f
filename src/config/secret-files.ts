import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorCode } from '../error-code.ts'

/** A secret, or why its file gives none: the end of a sentence about the file. */
export type SecretFile = { readonly secret: string } | { readonly fault: string }

/** Reads secrets from files and remembers which, so that their changes can be noticed. */
export class SecretFiles {
  readonly #folder: string
  readonly #files = new Map<string, SecretFile>()

  /** @param folder to which paths are relative */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The files read so far, by their absolute paths. */
  get files(): ReadonlyMap<string, SecretFile> {
    return this.#files
  }

  /**
   * Reads a secret, without the white space around it. The fault doesn't quote the path: it could be the secret itself,
   * put there by mistake.
   */
  read(file: string): SecretFile {
    const path = resolve(this.#folder, file)
    const read = readSecret(path)
    this.#files.set(path, read)
    return read
  }
}

function readSecret(path: string): SecretFile {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    return secret === '' ? { fault: 'is empty' } : { secret }
  } catch (error) {
    return { fault: `cannot be read (${errorCode(error)})` }
  }
}
