import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { FORMATS, type Format } from '../push/input/row.ts'
import { CommandFailure } from './command-failure.ts'
import { connect, type ConnectionFlags, withConnection } from './connection.ts'
import { numberOption } from './number-option.ts'
import { example, print, tell, withJson } from './output.ts'

interface Flags extends ConnectionFlags {
  readonly map?: Readonly<Record<string, string>>
  readonly ignore?: readonly string[]
  readonly key?: string
  readonly set?: Readonly<Record<string, string>>
  readonly customPrefix: string
  readonly emptyClears?: true
  readonly format?: Format
  readonly encoding: string
  readonly delimiter?: string
  readonly source?: string
  readonly onMultiple?: string
  readonly onLossy?: string
  readonly batch: number
  readonly concurrency: number
  readonly retryFor: number
  readonly state?: string
  readonly rejects?: string
  readonly restart?: true
  readonly dryRun?: true
  readonly json?: true
}

const MAX_BATCH = 100_000
const MAX_CONCURRENCY = 16
const PAUSES = { firstMs: 500, longestMs: 60_000 }
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const ESCAPED_TAB = '\\t'

/** `push`: updates leads from a file. */
export function pushCommand(): Command {
  const command = new Command('push')
    .description(
      'Updates leads from a CSV or JSON file through a running gateway; run again, it sends what is missing.'
    )
    .addArgument(new Argument('<file>', 'CSV, JSON lines or a JSON array; - for standard input'))
    .option(
      '--map <column=name>',
      'what a column means, if its name does not say it; may be repeated',
      addMapping
    )
    .option('--ignore <column>', 'leaves a column out; may be repeated', addName)
    .option('--key <column>', 'the column that names the lead, if several could; the others are set')
    .option('--set <name=value>', 'sets the same in every row; may be repeated', addSetting)
    .option(
      '--custom-prefix <text>',
      "before a custom field's label in the name of a column",
      'custom_fields.'
    )
    .option('--empty-clears', 'an empty cell empties the field; without it, it is not given')
    .addOption(new Option('--format <format>', 'by default told from the file').choices(FORMATS))
    .option('--encoding <label>', 'of the file, like latin1', 'utf-8')
    .option(
      '--delimiter <character>',
      'of a CSV file, \\t for a tab; by default told from the header',
      readDelimiter
    )
    .option('--source <name>', "VICIdial's source of the calls")
    .addOption(
      new Option('--on-multiple <what>', 'what a key that several leads have means').choices([
        'reject',
        'all',
        'newest'
      ])
    )
    .addOption(
      new Option('--on-lossy <what>', 'whether prose may lose characters').choices(['accept', 'reject'])
    )
    .option(
      '--batch <n>',
      'rows a request',
      numberOption(/^[1-9]\d*$/, `from 1 to ${MAX_BATCH}`, MAX_BATCH),
      2_000
    )
    .option(
      '--concurrency <n>',
      'requests at once',
      numberOption(/^[1-9]\d*$/, `from 1 to ${MAX_CONCURRENCY}`, MAX_CONCURRENCY),
      2
    )
    .option(
      '--retry-for <seconds>',
      'stops if nothing has succeeded for so long',
      numberOption(/^\d+$/, 'whole seconds from 0 on'),
      600
    )
    .option('--state <file>', 'where it is noted how far this has come (default: FILE.push-state)')
    .option('--rejects <file>', 'where rejected rows go (default: FILE.rejects.csv or .jsonl)')
    .option('--restart', 'forgets an earlier push of the file, and the rejects in the default place')
    .option('--dry-run', 'sets nothing: tells what would become of each row')
  return withJson(withConnection(command))
    .addHelpText(
      'after',
      `${NOTES}${example('push leads.csv --map "Stage=status" --ignore "Notes"', 'vicidial-gateway push - --format jsonl --set status=CALLBK < leads.jsonl')}`
    )
    .action(run)
}

const NOTES = `
Columns are named as in the API. Ctrl-C waits for what is on its way, and ends; a second one ends at once.
Ends with 0 if every row was updated, 1 if some were not or it stopped early.
`

async function run(file: string, flags: Flags, command: Command): Promise<void> {
  const client = await connect(flags, command)
  const { push } = await import('../push/push.ts')
  const { PushFailure } = await import('../push/errors.ts')
  const { isSuccess, summaryJson, summaryText } = await import('../push/summary.ts')
  const { reportProgress } = await import('../push/progress-bar.ts')
  const {
    map = {},
    ignore = [],
    key,
    set = {},
    customPrefix,
    emptyClears,
    source,
    onMultiple,
    onLossy
  } = flags
  const interruption = new AbortController()
  const interrupt = () => {
    tell(command, 'Ending: waiting for what is on its way.')
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
      mapping: { map, ignore, ...given({ key }), set, customPrefix, emptyClears: emptyClears ?? false },
      request: given({ source, on_multiple: onMultiple, on_lossy: onLossy }),
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
      onProgress: progress.report
    })
    progress.end()
    print(command, flags.json ? JSON.stringify(summaryJson(summary, file)) : summaryText(summary))
    if (!isSuccess(summary)) throw new CommandFailure('')
  } catch (error) {
    progress.end()
    throw error instanceof PushFailure ? new CommandFailure(error.message, error.exitCode) : error
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupt)
  }
}

/** Without what was not given. */
function given<T extends Record<string, unknown>>(
  values: T
): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> }
}

function addMapping(text: string, known: Readonly<Record<string, string>> = {}): Record<string, string> {
  return addPair(text, text.lastIndexOf('='), known)
}

function addSetting(text: string, known: Readonly<Record<string, string>> = {}): Record<string, string> {
  return addPair(text, text.indexOf('='), known)
}

function addPair(text: string, at: number, known: Readonly<Record<string, string>>): Record<string, string> {
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Write it with an = between both.')
  return { ...known, [text.slice(0, at).trim()]: text.slice(at + 1).trim() }
}

function addName(text: string, known: readonly string[] = []): string[] {
  return [...known, text]
}

function readDelimiter(text: string): string {
  const delimiter = text === ESCAPED_TAB ? '\t' : text
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw new InvalidArgumentError('It must be one character.')
  return delimiter
}
