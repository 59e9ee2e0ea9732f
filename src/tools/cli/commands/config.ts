import { hostname } from 'node:os'
import { Command } from 'commander'
import type { AlertsConfig } from '../../../config/read-alerts.ts'
import type { GatewayFile } from '../../../config/gateway-file.ts'
import { CommandFailure } from '../command-failure.ts'
import { example, print, tell, withJson } from '../output.ts'

interface Flags {
  readonly json?: true
  readonly tryAlerts?: true
}

const TEST_ALERT = 'This is a test. Alerts of this gateway arrive here.'

/** `config check`: checks a gateway file. */
export function configCommand(): Command {
  return new Command('config').description('The gateway file.').addCommand(checkFileCommand())
}

function checkFileCommand(): Command {
  return withJson(new Command('check'))
    .description('Checks a gateway file and the files that it names, and lists every fault.')
    .argument('[file]', 'the file (default: GATEWAY_CONFIG)')
    .option('--try-alerts', 'also post a test message to the webhook for alerts')
    .addHelpText(
      'after',
      `
Needs no other settings, and no connection without --try-alerts. To check the whole configuration and VICIdial, use check.
${example('config check gateway.yaml')}`
    )
    .action(checkFile)
}

async function checkFile(
  argument: string | undefined,
  { json, tryAlerts }: Flags,
  command: Command
): Promise<void> {
  const path = argument ?? process.env['GATEWAY_CONFIG'] ?? ''
  if (path === '') command.error('error: name the file, or set GATEWAY_CONFIG')
  const { readGatewayFile } = await import('../../../config/gateway-file.ts')
  const { untypedWarnings } = await import('../../../config/read-custom-fields.ts')
  const faults: string[] = []
  const file = readGatewayFile(path, faults)
  if (tryAlerts && faults.length === 0) faults.push(...(await faultsOfAlerts(file?.alerts)))
  const ok = faults.length === 0
  const warnings = ok && file ? untypedWarnings(file.customFields) : []
  if (json) print(command, JSON.stringify({ ok, faults, warnings }))
  else {
    for (const warning of warnings) tell(command, warning)
    if (file && ok) print(command, `${path} has no faults: ${contentsOf(file)}.`)
    if (ok && tryAlerts) print(command, 'The webhook for alerts took a test message.')
  }
  if (!ok) throw new CommandFailure(json ? '' : faults.join('\n'))
}

/** Posts a test message. Returns why that failed. */
async function faultsOfAlerts(alerts: AlertsConfig | undefined): Promise<string[]> {
  if (alerts === undefined) return ['The file has no alerts.']
  const { messageOf } = await import('../../../alerts/message.ts')
  const { AlertWebhook } = await import('../../../alerts/webhook.ts')
  const now = Date.now()
  const line = { kind: 'test', since: now, text: TEST_ALERT } as const
  const webhook = new AlertWebhook()
  const fault = await webhook.post(alerts.url, messageOf([line], { gateway: hostname(), ...alerts }, now))
  webhook.close()
  return fault === undefined ? [] : [`The webhook for alerts does not take a test message: ${fault}.`]
}

function contentsOf({ accounts, alerts, callers, customFields, webhooks }: GatewayFile): string {
  const counts: [count: number, one: string][] = [
    [accounts.length, 'account'],
    [callers.length, 'caller'],
    [customFields.size, 'custom field'],
    [webhooks.length, 'webhook']
  ]
  const listed = counts.map(([count, one]) => `${count} ${one}${count === 1 ? '' : 's'}`)
  const keeping = webhooks.filter(({ storesPayloads }) => storesPayloads).length
  return [
    ...listed,
    ...(keeping === 0 ? [] : [`payloads kept of ${keeping}`]),
    ...(alerts === undefined ? [] : ['alerts'])
  ].join(', ')
}
