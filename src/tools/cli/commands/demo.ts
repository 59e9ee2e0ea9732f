import { Command } from 'commander'
import { CommandFailure } from '../command-failure.ts'
import { readPort } from '../number-option.ts'
import { example } from '../output.ts'
import { errorCode } from '../../../error-code.ts'

interface DemoFlags {
  readonly once?: true
  readonly port?: number
}

/** `demo`: starts the gateway with a sandbox, and shows examples. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Starts a sandbox VICIdial and a gateway for it, shows what they do, and keeps them running.'
    )
    .option('--once', 'exit after the examples')
    .option('--port <n>', 'port of the gateway (default: 3000, or any free port if it is in use)', readPort)
    .addHelpText('after', example('demo --once'))
    .action(demo)
}

async function demo({ once, port }: DemoFlags): Promise<void> {
  const { runDemo } = await import('../../demo/demo.ts')
  try {
    await runDemo({ once: once === true, port })
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error
    throw new CommandFailure(`Port ${port} is in use: choose another --port, or omit it.`)
  }
}
