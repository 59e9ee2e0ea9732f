import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorCode } from '../../error-code.ts'
import { type Account, DEFAULT_ACCOUNT } from '../../vicidial/account.ts'
import type { AccountEntry } from './account-schema.ts'

/** An account as the gateway file has it: what it leaves out is as the environment says. */
export type AccountConfig = Pick<Account, 'name' | 'user' | 'pass'> &
  Partial<Pick<Account, 'maxConcurrency' | 'maxCallsPerSecond'>>

/**
 * Makes accounts of entries that fit their schema. Notes in `fault` what the schema cannot say; no fault holds a
 * password.
 * @param folder where the names of password files start: the gateway file's own folder
 */
export function readAccounts(
  entries: readonly AccountEntry[],
  folder: string,
  fault: (place: string, what: string) => void
): AccountConfig[] {
  return entries.map((entry, index) => {
    const place = `/accounts/${index}`
    if (entry.name === DEFAULT_ACCOUNT) fault(`${place}/name`, 'is that of the account of VICIDIAL_USER')
    const { name, user, max_concurrency: maxConcurrency, max_calls_per_second: maxCallsPerSecond } = entry
    return {
      name,
      user,
      pass: readPass(entry, place, folder, fault),
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(maxCallsPerSecond === undefined ? {} : { maxCallsPerSecond })
    }
  })
}

function readPass(
  { pass, pass_file: file }: AccountEntry,
  place: string,
  folder: string,
  fault: (place: string, what: string) => void
): string {
  if ((pass === undefined) === (file === undefined)) fault(place, 'must have exactly one of pass, pass_file')
  if (file === undefined) return pass ?? ''
  try {
    const read = readFileSync(resolve(folder, file), 'utf8').trim()
    if (read === '') fault(`${place}/pass_file`, 'names a file that is empty')
    return read
  } catch (error) {
    // Not its name: it could be the password itself, put there by mistake.
    fault(`${place}/pass_file`, `names a file that cannot be read (${errorCode(error)})`)
    return ''
  }
}
