import { parseArgs } from 'node:util'
import { createKey, hashKey } from './key.ts'

export const USAGE = `Makes a key for a caller. It is shown once, and kept nowhere.

npm run key -- create --name NAME [options]
  --name NAME         the caller: lower-case letters, digits, _ and -
  --expires TIME      until when the key is good, like 2027-06-30T00:00:00Z
  --help

Prints the key, which is the caller's, and an entry for callers in the file of GATEWAY_CONFIG, which has its hash.
`

/** The arguments do not say what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/**
 * Does what the arguments after the script's name say; returns what is to be printed.
 * @throws UsageError
 */
export function runKeyCommand(args: readonly string[], now: number): string {
  const { values, positionals } = parse(args)
  const { name = '', expires } = values
  if (values.help === true) return USAGE
  if (positionals.join(' ') !== 'create') throw new UsageError('What to do is missing: create.')
  if (!NAME.test(name))
    throw new UsageError('--name is missing, or has other characters than a-z, 0-9, _ and -.')
  if (expires !== undefined && !(TIME.test(expires) && Date.parse(expires) > now))
    throw new UsageError('--expires must be a time to come, like 2027-06-30T00:00:00Z.')
  const key = createKey()
  const hash = `sha256:${hashKey(key)}`
  const entry = expires === undefined ? hash : `{ hash: "${hash}", expires_at: "${expires}" }`
  return `The key of ${name}, which nobody can show again:

${key}

For callers in the gateway file; what is not listed under permissions is denied:

  - name: ${name}
    key_hashes:
      - ${entry}
    permissions:
      routes: [batch]
      fields: [status, comments]
      statuses: "*"
`
}

function parse(args: readonly string[]) {
  const options = {
    name: { type: 'string' },
    expires: { type: 'string' },
    help: { type: 'boolean' }
  } as const
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
