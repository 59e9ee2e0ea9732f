import { Command, InvalidArgumentError, Option } from 'commander'
import { CommandFailure } from '../command-failure.ts'
import { numberOption, readPort } from '../number-option.ts'
import { example, print } from '../output.ts'
import { MEASURED, RELEASES } from '../../sandbox/api/builds.ts'
import { DB_CHARSETS, type DbCharset } from '../../sandbox/database/connection.ts'

interface SandboxFlags {
  readonly port: number
  readonly host: string
  readonly fixture?: string
  readonly leads?: number
  readonly useNonLatin: '0' | '1'
  readonly build?: string
  readonly php?: '7' | '8'
  readonly dbCharset: DbCharset
  readonly timeZone?: string
  readonly callMs: number
  readonly leadUs: number
  readonly json?: true
}

/** The dates of the builds that were measured. */
const dates = RELEASES.map(({ build }) => build.slice(0, 6))

const readCount = numberOption(/^\d+$/, 'a whole number of at most 9 digits', 999_999_999)
const readTime = numberOption(/^\d+(\.\d+)?$/, 'a number of at least 0, like 3.5')

/** `sandbox`: starts a simulated VICIdial. */
export function sandboxCommand(): Command {
  return new Command('sandbox')
    .description('Starts an in-memory VICIdial Non-Agent API for testing, until SIGTERM or Ctrl+C.')
    .option('--port <n>', '0 for any free port', readPort, 0)
    .option('--host <host>', 'where to listen', '127.0.0.1')
    .addOption(
      new Option('--fixture <file>', 'JSON with leads, users, lists, user_groups and other tables').conflicts(
        'leads'
      )
    )
    .option('--leads <n>', 'without a fixture: generate leads 1 to N in list 101 (default: 1000)', readCount)
    .addOption(
      new Option('--use-non-latin <0|1>', 'which letters to keep; 0: only A to Z')
        .choices(['0', '1'])
        .default('0')
    )
    .option(
      '--build <build>',
      `the VICIdial build, like 210316-2207; the date is enough for ${dates.join(', ')}`,
      readBuild,
      MEASURED.build
    )
    .addOption(
      new Option(
        '--php <7|8>',
        '7: continues after a database error; 8: ends with HTTP 500 (default: 8 if the build runs on it)'
      ).choices(['7', '8'])
    )
    .addOption(
      new Option('--db-charset <charset>', "the database's default; latin1 counts bytes with use_non_latin 0")
        .choices(DB_CHARSETS)
        .default('utf8')
    )
    .option('--time-zone <zone>', "the server's, like America/New_York (default: UTC)", readTimeZone)
    .option('--call-ms <a>', 'time per call, in milliseconds', readTime, 0)
    .option('--lead-us <b>', 'time per lead of a call, in microseconds', readTime, 0)
    .option('--json', 'print the address as JSON')
    .addHelpText('after', example('sandbox --port 8080 --leads 100'))
    .action(sandbox)
}

async function sandbox({ fixture, json, php, ...flags }: SandboxFlags, command: Command): Promise<void> {
  const { readFixture } = await import('../../sandbox/database/fixture.ts')
  const { startSandbox } = await import('../../sandbox/sandbox.ts')
  const useNonLatin = flags.useNonLatin === '1' ? 1 : 0
  const tables = fixture === undefined ? {} : { fixture: readOrRefuse(fixture) }
  try {
    const running = await startSandbox({
      ...flags,
      ...tables,
      useNonLatin,
      ...(php !== undefined && { php: php === '7' ? 7 : 8 })
    })
    const { origin, url } = running
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void running.close())
    print(command, json ? JSON.stringify({ origin, url }) : `listening on ${origin}`)
  } catch (error) {
    throw new CommandFailure(`The sandbox can't start: ${String(error)}`)
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
  if (/^\d{6}-\d{4}$/.test(text) || dates.includes(text)) return text
  throw new InvalidArgumentError('It must have the form YYMMDD-HHMM.')
}

function readTimeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    throw new InvalidArgumentError('It must be a name like America/New_York.')
  }
}
