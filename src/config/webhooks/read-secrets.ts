import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorCode } from '../../error-code.ts'
import type { SecretsEntry } from './endpoint-schema.ts'

/** Notes a fault: `what` is wrong at `place`, a JSON Pointer into the gateway file. No fault holds a secret. */
export type NoteFault = (place: string, what: string) => void

/**
 * Reads the secrets of a source, from the gateway file and from the files that it names.
 * @param folder where the names of files start: the gateway file's own folder
 */
export function readSecrets(
  { secrets = [], secret_files: files = [] }: SecretsEntry,
  place: string,
  folder: string,
  fault: NoteFault
): string[] {
  if (secrets.length + files.length === 0) fault(place, 'needs secrets or secret_files')
  const read = files.flatMap((file, index) => {
    const filePlace = `${place}/secret_files/${index}`
    try {
      const secret = readFileSync(resolve(folder, file), 'utf8').trim()
      if (secret !== '') return [secret]
      fault(filePlace, 'names a file that is empty')
    } catch (error) {
      // Not its name: it could be the secret itself, put there by mistake.
      fault(filePlace, `names a file that cannot be read (${errorCode(error)})`)
    }
    return []
  })
  return [...secrets, ...read]
}
