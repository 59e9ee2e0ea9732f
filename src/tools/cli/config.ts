import { Command } from 'commander'
import type { GatewayFile } from '../../config/gateway-file.ts'
import { CommandFailure } from './command-failure.ts'
import { example, print, tell, withJson } from './output.ts'

interface Flags {
  readonly json?: true
}

/** `config check`: checks a gateway file. */
export function configCommand(): Command {
  return new Command('config').description('The gateway file.').addCommand(checkFileCommand())
}

function checkFileCommand(): Command {
  return withJson(new Command('check'))
    .description('Checks a gateway file and the files that it names, and lists every fault.')
    .argument('[file]', 'the file (default: GATEWAY_CONFIG)')
    .addHelpText(
      'after',
      `
Needs no other settings and no connection. To check the whole configuration and VICIdial, use check.
${example('config check gateway.yaml')}`
    )
    .action(checkFile)
}

async function checkFile(argument: string | undefined, { json }: Flags, command: Command): Promise<void> {
  const path = argument ?? process.env['GATEWAY_CONFIG'] ?? ''
  if (path === '') command.error('error: name the file, or set GATEWAY_CONFIG')
  const { readGatewayFile } = await import('../../config/gateway-file.ts')
  const { untypedWarnings } = await import('../../config/read-custom-fields.ts')
  const faults: string[] = []
  const file = readGatewayFile(path, faults)
  const ok = faults.length === 0
  const warnings = ok && file ? untypedWarnings(file.customFields) : []
  if (json) print(command, JSON.stringify({ ok, faults, warnings }))
  else {
    for (const warning of warnings) tell(command, warning)
    if (file && ok) print(command, `${path} has no faults: ${contentsOf(file)}.`)
  }
  if (!ok) throw new CommandFailure(json ? '' : faults.join('\n'))
}

function contentsOf({ accounts, callers, customFields, webhooks }: GatewayFile): string {
  const counts: [count: number, one: string][] = [
    [accounts.length, 'account'],
    [callers.length, 'caller'],
    [customFields.size, 'custom field'],
    [webhooks.length, 'webhook']
  ]
  return counts.map(([count, one]) => `${count} ${one}${count === 1 ? '' : 's'}`).join(', ')
}
