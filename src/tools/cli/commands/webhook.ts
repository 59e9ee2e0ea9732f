import { Command, InvalidArgumentError } from 'commander'
import { CommandFailure } from '../command-failure.ts'
import { print } from '../output.ts'

interface TryFlags {
  readonly contentType?: string
  /** Names in lower case. */
  readonly header?: Readonly<Record<string, string>>
  readonly json?: true
}

const TYPES: readonly (readonly [extension: RegExp, type: string])[] = [
  [/\.json$/i, 'application/json'],
  [/\.form$/i, 'application/x-www-form-urlencoded'],
  [/\.txt$/i, 'text/plain']
]

/** `webhook try`: shows what a payload becomes. */
export function webhookCommand(): Command {
  return new Command('webhook').description('Webhooks of the gateway file.').addCommand(tryCommand())
}

function tryCommand(): Command {
  return new Command('try')
    .description('Tries a webhook payload offline. Sends nothing, and needs no VICIdial.')
    .argument('<source>', 'the name of a webhook in the file of GATEWAY_CONFIG')
    .argument('<file>', 'a request body; - for standard input')
    .option('--content-type <type>', "default: from the file's extension .json, .form or .txt")
    .option('--header <name: value>', 'a header of the request, for the event id; repeatable', addHeader)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Reads GATEWAY_CONFIG, VICIDIAL_NON_LATIN, VICIDIAL_DB_CHARSET and VICIDIAL_BUILD (without it, the rules are those of
current builds). Needs no credential or signature of the sender.
Exits with 0 if every update is valid, 1 if one or the payload is rejected, 2 if it can't be tried.

Example:
  GATEWAY_CONFIG=gateway.yaml vicidial-gateway webhook try shopify order.json --header 'X-Shopify-Webhook-Id: 1'`
    )
    .action(tryWebhook)
}

async function tryWebhook(source: string, file: string, flags: TryFlags, command: Command): Promise<void> {
  const contentType = flags.contentType ?? TYPES.find(([extension]) => extension.test(file))?.[1]
  if (contentType === undefined)
    command.error(`error: can't tell the content type of ${file} from its name: use --content-type`)
  const { tryPayload } = await import('./try-webhook.ts')
  const trial = await tryPayload({ source, file, contentType, headers: flags.header ?? {} }, process.env)
  if (trial.exitCode === 2) throw new CommandFailure(trial.text.trimEnd(), 2)
  print(command, flags.json ? JSON.stringify(trial.json) : trial.text.trimEnd())
  if (trial.exitCode === 1) throw new CommandFailure('')
}

function addHeader(text: string, headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf(':')
  if (at < 1) throw new InvalidArgumentError("Write it as 'NAME: VALUE'.")
  return { ...headers, [text.slice(0, at).trim().toLowerCase()]: text.slice(at + 1).trim() }
}
