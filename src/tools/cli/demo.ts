import { Command } from 'commander'
import { CommandFailure } from './command-failure.ts'
import { readPort } from './number-option.ts'
import { example } from './output.ts'
import { errorCode } from '../../error-code.ts'

interface DemoFlags {
  readonly once?: true
  readonly port?: number
}

/** `demo`: the gateway on a sandbox, with examples. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Starts a sandbox VICIdial and the gateway on it, shows what they do, and keeps them running.'
    )
    .option('--once', 'end after the examples')
    .option(
      '--port <n>',
      'where the gateway listens; 3000 if absent, or any free port if that is taken',
      readPort
    )
    .addHelpText('after', example('demo --once'))
    .action(demo)
}

async function demo({ once, port }: DemoFlags): Promise<void> {
  const { runDemo } = await import('../demo/demo.ts')
  try {
    await runDemo({ once: once === true, port })
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error
    throw new CommandFailure(`Port ${port} is taken: give --port another, or leave it out.`)
  }
}
