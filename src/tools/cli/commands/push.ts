import { Argument, Command } from 'commander'
import { quoted } from '../../push/quoted.ts'
import { CommandFailure } from '../command-failure.ts'
import { connect, withConnection } from '../connection.ts'
import { example, print, tell, withJson } from '../output.ts'
import { columnsOf, given, type PushFlags, requestOf, withPushOptions } from './push-options.ts'

const PAUSES = { firstMs: 500, longestMs: 60_000 }
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** `push`: updates leads from a file. */
export function pushCommand(): Command {
  const command = new Command('push')
    .description(
      'Updates leads from a CSV or JSON file through a running gateway. Run it again to send what is missing.'
    )
    .addArgument(new Argument('<file>', 'CSV, JSON lines or a JSON array; - for standard input'))
  return withJson(withConnection(withPushOptions(command)))
    .addHelpText(
      'after',
      `${NOTES}${example('push leads.csv --map "Stage=status" --ignore "Notes"', 'vicidial-gateway push - --format jsonl --set status=CALLBK < leads.jsonl')}`
    )
    .action(run)
}

const NOTES = `
Columns are named as in the API. Ctrl-C waits up to 2 seconds for requests in flight; a second one exits at once.
Exits with 0 if every row was updated or added (or ignored by --mapping) and none was found to differ, 1 otherwise or
if it stopped early.
`

async function run(file: string, flags: PushFlags, command: Command): Promise<void> {
  const client = await connect(flags, command)
  const { push } = await import('../../push/push.ts')
  const { PushFailure } = await import('../../push/errors.ts')
  const { isSuccess, summaryJson, summaryText } = await import('../../push/summary.ts')
  const { reportProgress } = await import('../../push/progress-bar.ts')
  const interruption = new AbortController()
  const interrupt = () => {
    tell(command, 'Stopping: waiting up to 2 seconds for requests in flight.')
    interruption.abort()
  }
  const progress = reportProgress(process.stderr, (line) => {
    tell(command, line)
  })
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    const summary = await push({
      file,
      standardInput: process.stdin,
      client,
      url: flags.url,
      mapping: flags.mapping === undefined ? columnsOf(flags) : { file: flags.mapping },
      request: requestOf(flags),
      ...given({
        format: flags.format,
        delimiter: flags.delimiter,
        checkpoint: flags.state,
        rejects: flags.rejects
      }),
      encoding: flags.encoding,
      batch: flags.batch,
      concurrency: flags.concurrency,
      retry: { ...PAUSES, forMs: flags.retryFor * 1_000 },
      dryRun: flags.dryRun ?? false,
      restart: flags.restart ?? false,
      signal: interruption.signal,
      onProgress: progress.report,
      onNotice: (text) => {
        tell(command, text)
      }
    })
    progress.end()
    print(command, flags.json ? JSON.stringify(summaryJson(summary, file)) : summaryText(summary))
    if (!isSuccess(summary)) throw new CommandFailure('')
  } catch (error) {
    progress.end()
    if (!(error instanceof PushFailure)) throw error
    throw new CommandFailure(`${error.message}${remedyText(command, error.remedy)}`, error.exitCode)
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupt)
  }
}

const NEEDS_NO_QUOTES = /^[\w@%+=:,./-]+$/

/** The command as it was given, with options to add. It can be copied into a shell. */
function remedyText(command: Command, options: readonly string[] | undefined): string {
  if (options === undefined) return ''
  const { rawArgs = [] } = (command.parent ?? {}) as { readonly rawArgs?: readonly string[] }
  const ignored = options.filter((_, index) => options[index - 1] === '--ignore')
  const words = ['vicidial-gateway', ...rawArgs, ...options]
  const copy = words.map((word) => (NEEDS_NO_QUOTES.test(word) ? word : quoted(word))).join(' ')
  const heading =
    ignored.length === 0
      ? 'This command starts'
      : `To start without the column${ignored.length === 1 ? '' : 's'} ${ignored.map((name) => JSON.stringify(name)).join(', ')}`
  return `\n${heading}:\n  ${copy}`
}
