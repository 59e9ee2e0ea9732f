import { Command, InvalidArgumentError, Option } from 'commander'
import { CommandFailure } from './command-failure.ts'
import { numberOption, readPort } from './number-option.ts'
import { example, print } from './output.ts'

interface SandboxFlags {
  readonly port: number
  readonly host: string
  readonly fixture?: string
  readonly leads?: number
  readonly useNonLatin: '0' | '1'
  readonly build?: string
  readonly callMs: number
  readonly leadUs: number
  readonly json?: true
}

const readCount = numberOption(/^\d+$/, 'a whole number of at most 9 digits', 999_999_999)
const readTime = numberOption(/^\d+(\.\d+)?$/, 'a number of at least 0, like 3.5')

/** `sandbox`: starts a simulated VICIdial. */
export function sandboxCommand(): Command {
  return new Command('sandbox')
    .description('Starts an in-memory VICIdial Non-Agent API for testing, until SIGTERM or Ctrl+C.')
    .option('--port <n>', '0 for any free port', readPort, 0)
    .option('--host <host>', 'where to listen', '127.0.0.1')
    .addOption(
      new Option('--fixture <file>', 'JSON with leads, users, lists and user_groups').conflicts('leads')
    )
    .option('--leads <n>', 'without a fixture: generate leads 1 to N in list 101 (default: 1000)', readCount)
    .addOption(
      new Option('--use-non-latin <0|1>', 'which letters to keep; 0: only A to Z')
        .choices(['0', '1'])
        .default('0')
    )
    .option(
      '--build <build>',
      'the VICIdial build, like 210316-2207; it has no functions that came later',
      readBuild
    )
    .option('--call-ms <a>', 'time per call, in milliseconds', readTime, 0)
    .option('--lead-us <b>', 'time per lead of a call, in microseconds', readTime, 0)
    .option('--json', 'print the address as JSON')
    .addHelpText('after', example('sandbox --port 8080 --leads 100'))
    .action(sandbox)
}

async function sandbox({ fixture, build, json, ...flags }: SandboxFlags, command: Command): Promise<void> {
  const { readFixture } = await import('../sandbox/database/fixture.ts')
  const { startSandbox } = await import('../sandbox/sandbox.ts')
  const useNonLatin = flags.useNonLatin === '1' ? 1 : 0
  const { MEASURED } = await import('../sandbox/api/version.ts')
  const release = { ...MEASURED, ...(build !== undefined && { build }) }
  const tables = fixture === undefined ? {} : { fixture: readOrRefuse(fixture) }
  try {
    const running = await startSandbox({ ...flags, ...tables, useNonLatin, release })
    const { origin, url } = running
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void running.close())
    print(command, json ? JSON.stringify({ origin, url }) : `listening on ${origin}`)
  } catch (error) {
    throw new CommandFailure(`The sandbox can't listen: ${String(error)}`)
  }

  function readOrRefuse(file: string) {
    try {
      return readFixture(file)
    } catch (error) {
      return command.error(`error: --fixture: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function readBuild(text: string): string {
  if (!/^\d{6}-\d{4}$/.test(text)) throw new InvalidArgumentError('It must have the form YYMMDD-HHMM.')
  return text
}
