import { Command, InvalidArgumentError } from 'commander'
import { readTime } from '../../../../schemas/rfc3339.ts'
import { print } from '../output.ts'

interface CreateOptions {
  readonly name: string
  readonly expires?: string
  readonly json?: true
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** `key create`: prints a new key and its entry for the gateway file. */
export function keyCommand(): Command {
  return new Command('key').description('Creates keys for callers.').addCommand(createCommand())
}

function createCommand(): Command {
  return new Command('create')
    .description('Creates a key for a caller. It is shown once and stored nowhere.')
    .requiredOption('--name <name>', "the caller's name: lower-case letters, digits, _ and -", readName)
    .option('--expires <time>', 'when the key expires, like 2027-06-30T00:00:00Z', readExpiry)
    .option('--json', 'print the key, its hash and the entry as JSON')
    .addHelpText(
      'after',
      `
Prints the key for the caller, and an entry with its hash for callers in the file of GATEWAY_CONFIG.

Example:
  vicidial-gateway key create --name webshop`
    )
    .action(create)
}

async function create({ name, expires, json }: CreateOptions, command: Command): Promise<void> {
  const { createKey, hashKey } = await import('../../../callers/key.ts')
  const key = createKey()
  const hash = `sha256:${hashKey(key)}`
  if (json) {
    const known = expires === undefined ? hash : { hash, expires_at: expires }
    print(command, JSON.stringify({ key, caller: { name, key_hashes: [known] } }))
    return
  }
  const entry = expires === undefined ? hash : `{ hash: "${hash}", expires_at: "${expires}" }`
  print(
    command,
    `The key of ${name}, shown only this once:

${key}

For callers in the gateway file. Everything not listed under permissions is denied:

  - name: ${name}
    key_hashes:
      - ${entry}
    permissions:
      routes: [batch]
      fields: [status, comments]
      statuses: "*"`
  )
}

function readName(text: string): string {
  if (!NAME.test(text)) throw new InvalidArgumentError('It must consist of a-z, 0-9, _ and -.')
  return text
}

function readExpiry(text: string): string {
  if ((readTime(text) ?? 0) <= Date.now())
    throw new InvalidArgumentError('It must be a time in the future, like 2027-06-30T00:00:00Z.')
  return text
}
