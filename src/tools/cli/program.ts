import { Command, CommanderError, type OutputConfiguration } from 'commander'
import packageJson from '../../../package.json' with { type: 'json' }
import { backupCommand } from './commands/backup.ts'
import { checkCommand } from './commands/check.ts'
import { CommandFailure } from './command-failure.ts'
import { configCommand } from './commands/config.ts'
import { customFieldsCommand } from './commands/custom-fields.ts'
import { deadLettersCommand } from './commands/dead-letters.ts'
import { demoCommand } from './commands/demo.ts'
import { jobsCommand } from './commands/jobs.ts'
import { keyCommand } from './commands/key.ts'
import { migrateCommand } from './commands/migrate.ts'
import { pushCommand } from './commands/push.ts'
import { sandboxCommand } from './commands/sandbox.ts'
import { serveCommand } from './commands/serve.ts'
import { webhookCommand } from './commands/webhook.ts'

const WRONG_USAGE = 2
const EXIT_CODES = `
Exit codes: 0 success, 1 failed or refused, 2 wrong usage.`

/** Creates the program with all commands. */
export function createProgram(output: OutputConfiguration): Command {
  const program = new Command('vicidial-gateway')
    .description(packageJson.description)
    .version(packageJson.version)
    .configureOutput(output)
    .exitOverride()
    .showHelpAfterError()
    .addHelpText('after', '\nExample:\n  vicidial-gateway demo')
    .addHelpText('afterAll', EXIT_CODES)
    .addCommand(checkCommand())
    .addCommand(configCommand())
    .addCommand(customFieldsCommand())
    .addCommand(serveCommand())
    .addCommand(jobsCommand())
    .addCommand(deadLettersCommand())
    .addCommand(pushCommand())
    .addCommand(backupCommand())
    .addCommand(migrateCommand())
    .addCommand(keyCommand())
    .addCommand(webhookCommand())
    .addCommand(sandboxCommand())
    .addCommand(demoCommand())
  inherit(program)
  return program
}

/** Commander passes these settings only to commands that it creates itself. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent)
    inherit(command)
  }
}

/**
 * Runs a command. Prints to `output`, or to the process's own streams.
 * @param args the arguments after the program's name
 * @returns the exit code; a server that the command started may still run
 * @throws errors that are faults of this program
 */
export async function runProgram(args: readonly string[], output: OutputConfiguration = {}): Promise<number> {
  const program = createProgram(output)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE
    if (!(error instanceof CommandFailure)) throw error
    if (error.message !== '') program.configureOutput().writeErr?.(`${error.message}\n`)
    return error.exitCode
  }
}
