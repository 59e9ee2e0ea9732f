import { type Account, DEFAULT_ACCOUNT } from '../../vicidial/account.ts'
import type { Listed, NoteFault } from '../config-error.ts'
import type { SecretFiles } from '../secret-files.ts'
import type { AccountEntry } from './account-schema.ts'

/** An account of the gateway file. The environment gives what it leaves out. */
export type AccountConfig = Pick<Account, 'name' | 'user' | 'pass'> &
  Partial<Pick<Account, 'maxConcurrency' | 'maxCallsPerSecond'>>

/**
 * Reads accounts from entries that fit their schema. Notes in `fault` what the schema can't express.
 * @param secretFiles reads the files that they name
 */
export function readAccounts(
  entries: readonly Listed<AccountEntry>[],
  secretFiles: SecretFiles,
  fault: NoteFault
): AccountConfig[] {
  return entries.map(({ pointer, entry }) => {
    if (entry.name === DEFAULT_ACCOUNT) fault(`${pointer}/name`, 'is that of the account of VICIDIAL_USER')
    const { name, user, max_concurrency: maxConcurrency, max_calls_per_second: maxCallsPerSecond } = entry
    return {
      name,
      user,
      pass: readPass(entry, pointer, secretFiles, fault),
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(maxCallsPerSecond === undefined ? {} : { maxCallsPerSecond })
    }
  })
}

function readPass(
  { pass, pass_file: file }: AccountEntry,
  pointer: string,
  secretFiles: SecretFiles,
  fault: NoteFault
): string {
  if ((pass === undefined) === (file === undefined))
    fault(pointer, 'must have exactly one of pass, pass_file')
  if (file === undefined) return pass ?? ''
  const read = secretFiles.read(file)
  if ('secret' in read) return read.secret
  fault(`${pointer}/pass_file`, `names a file that ${read.fault}`)
  return ''
}
