import { Command, InvalidArgumentError } from 'commander'
import type { Config } from '../../../config/config.ts'
import type { Account } from '../../../vicidial/account.ts'
import type { AccountCalls } from '../../account/account-calls.ts'
import { CommandFailure } from '../command-failure.ts'
import { print, tell } from '../output.ts'

interface Flags {
  readonly list: string
  readonly account: string
}

/** `custom-fields`: writes the section `custom_fields` of the gateway file. */
export function customFieldsCommand(): Command {
  return new Command('custom-fields')
    .description(
      "Writes the section custom_fields of the gateway file, from a list's custom fields in VICIdial."
    )
    .requiredOption('--list <id>', 'the id of the list, or "all"', readList)
    .option('--account <name>', 'the VICIdial account to ask with', 'default')
    .addHelpText(
      'after',
      `
Reads the gateway's settings (see docs/configuration.md), and asks VICIdial's list_custom_fields, which returns only names:
complete the types. What the gateway file says of a field already is kept. Changes nothing.

Example:
  vicidial-gateway custom-fields --list 101`
    )
    .action(write)
}

async function write({ list, account: name }: Flags, command: Command): Promise<void> {
  const config = await loadConfig()
  const account = config.accounts.find((one) => one.name === name)
  if (account === undefined) {
    const names = config.accounts.map((one) => one.name).join(', ')
    throw new CommandFailure(`There is no account ${name}. The accounts are: ${names}.`)
  }
  const { listCustomFields } = await import('../../account/list-custom-fields.ts')
  const { customFieldsSection } = await import('../../custom-fields/section.ts')
  const lists = await withAccountCalls(config, account, (calls) => listCustomFields(calls, list))
  if ('why' in lists) throw new CommandFailure(lists.why)
  const { yaml, untyped, leftOut } = customFieldsSection(lists, config.customFields)
  print(command, yaml)
  if (untyped.length > 0) tell(command, `Without a type, so not checked: ${untyped.join(', ')}.`)
  if (leftOut.length > 0)
    tell(command, `Left out, as the gateway does not accept these labels: ${leftOut.join(', ')}.`)
}

async function withAccountCalls<Result>(
  { vicidial: { url, source, timeoutMs } }: Config,
  account: Account,
  work: (calls: AccountCalls) => Promise<Result>
): Promise<Result> {
  const { AccountCalls } = await import('../../account/account-calls.ts')
  const { Client } = await import('../../../vicidial/client.ts')
  const client = new Client({ url, connections: 1 })
  try {
    return await work(new AccountCalls(client, account, source, timeoutMs))
  } finally {
    await client.close()
  }
}

async function loadConfig(): Promise<Config> {
  const { loadConfig: load } = await import('../../../config/config.ts')
  const { ConfigError } = await import('../../../config/config-error.ts')
  try {
    return load(process.env)
  } catch (error) {
    throw error instanceof ConfigError ? new CommandFailure(error.message) : error
  }
}

function readList(text: string): string {
  if (text !== 'all' && !/^\d{2,14}$/.test(text))
    throw new InvalidArgumentError('It must be the id of a list, 2 to 14 digits, or "all".')
  return text
}
