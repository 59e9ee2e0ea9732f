import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import type { Mapping } from '../../push/columns/mapping.ts'
import { FORMATS, type Format } from '../../push/input/row.ts'
import { quoted } from '../../push/quoted.ts'
import { CommandFailure } from '../command-failure.ts'
import { connect, type ConnectionFlags, withConnection } from '../connection.ts'
import { numberOption } from '../number-option.ts'
import { example, print, tell, withJson } from '../output.ts'

interface Flags extends ConnectionFlags {
  readonly mapping?: string
  readonly map?: Readonly<Record<string, string>>
  readonly ignore?: readonly string[]
  readonly key?: string
  readonly set?: Readonly<Record<string, string>>
  readonly customPrefix: string
  readonly emptyClears?: true
  readonly nullWords?: true
  readonly wholeNumbers?: true
  readonly dateFormat?: string
  readonly stripPrefix?: Readonly<Record<string, readonly string[]>>
  readonly format?: Format
  readonly encoding: string
  readonly delimiter?: string
  readonly source?: string
  readonly onMultiple?: string
  readonly addToList?: number
  readonly phoneCode: string
  readonly keyMatch?: string
  readonly onLossy?: string
  readonly onInvalid?: string
  readonly verify?: true | number
  readonly hopper?: true | number
  readonly callTimeCheck?: true
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
/** What a mapping says instead. */
const COLUMN_OPTIONS = [
  'map',
  'ignore',
  'key',
  'set',
  'customPrefix',
  'emptyClears',
  'nullWords',
  'wholeNumbers',
  'dateFormat',
  'stripPrefix'
]
const ESCAPED_TAB = '\\t'

/** `push`: updates leads from a file. */
export function pushCommand(): Command {
  const command = new Command('push')
    .description(
      'Updates leads from a CSV or JSON file through a running gateway. Run it again to send what is missing.'
    )
    .addArgument(new Argument('<file>', 'CSV, JSON lines or a JSON array; - for standard input'))
    .option('--map <column=name>', "the API's name for a column with another name; repeatable", addMapping)
    .option('--ignore <column>', 'leave out a column; repeatable', addName)
    .option('--key <column>', 'the column that names the lead, if several can; the others are set')
    .option('--set <name=value>', 'set the same value in every row; repeatable', addSetting)
    .option('--custom-prefix <text>', "prefix of a custom field's label in a column name", 'custom_fields.')
    .option('--empty-clears', 'an empty cell empties the field (default: it is left out)')
    .option('--null-words', 'cells with NULL, N/A, None and the like are empty (default: they are values)')
    .option('--whole-numbers', 'cells like 212555010.0 are whole numbers')
    .option('--date-format <format>', 'how dates are written, like DD.MM.YYYY (default: YYYY-MM-DD)')
    .option(
      '--strip-prefix <name=prefix>',
      'remove a prefix, like phone_number=+1, from a column named as in the API; repeatable',
      addPrefix
    )
    .addOption(
      new Option(
        '--mapping <file>',
        "a YAML file, written like a webhook's mapping, that says what each row means"
      ).conflicts(COLUMN_OPTIONS)
    )
    .addOption(new Option('--format <format>', 'default: guessed from the file').choices(FORMATS))
    .option('--encoding <label>', 'encoding of the file, like latin1', 'utf-8')
    .option(
      '--delimiter <character>',
      'delimiter of a CSV file, \\t for a tab (default: guessed from the header)',
      readDelimiter
    )
    .option('--source <name>', 'the VICIdial source of the calls')
    .addOption(
      new Option('--on-multiple <what>', 'what to do if several leads have the key').choices([
        'reject',
        'all',
        'newest'
      ])
    )
    .option(
      '--add-to-list <id>',
      'add leads that VICIdial lacks to this list; columns named add.NAME are for these only',
      numberOption(/^[1-9]\d{2,13}$/, 'a list id of 3 digits or more')
    )
    .option('--phone-code <code>', 'the phone code of leads that are added', '1')
    .addOption(
      new Option('--key-match <how>', 'whether codes must be spelt exactly as the key').choices([
        'collation',
        'exact'
      ])
    )
    .addOption(
      new Option('--on-lossy <what>', 'whether text may lose characters').choices(['accept', 'reject'])
    )
    .addOption(
      new Option(
        '--on-invalid <what>',
        'what a faulty value does: drop_field sets the others, so that an e-mail with a + does not cost a DNC'
      ).choices(['reject_update', 'drop_field'])
    )
    .option(
      '--verify [share]',
      'read each lead, or a share such as 0.01, after its update, and report those that hold something else',
      readShare
    )
    .option(
      '--hopper [priority]',
      'put each lead into the hopper after its update, with a priority from -99 to 99 (default: 0)',
      readPriority
    )
    .option('--call-time-check', 'with --hopper: not if the lead must not be called at this time of its day')
    .option(
      '--batch <n>',
      'rows per request',
      numberOption(/^[1-9]\d*$/, `from 1 to ${MAX_BATCH}`, MAX_BATCH),
      2_000
    )
    .option(
      '--concurrency <n>',
      'concurrent requests',
      numberOption(/^[1-9]\d*$/, `from 1 to ${MAX_CONCURRENCY}`, MAX_CONCURRENCY),
      2
    )
    .option(
      '--retry-for <seconds>',
      'stop if nothing succeeds for this long',
      numberOption(/^\d+$/, 'a whole number of seconds'),
      600
    )
    .option('--state <file>', 'file for the progress of the push (default: FILE.push-state)')
    .option('--rejects <file>', 'file for rejected rows (default: FILE.rejects.csv or .jsonl)')
    .option('--restart', 'start over, and delete the default rejects file')
    .option('--dry-run', 'change nothing, and report the result that each row would have')
  return withJson(withConnection(command))
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

async function run(file: string, flags: Flags, command: Command): Promise<void> {
  const client = await connect(flags, command)
  const { push } = await import('../../push/push.ts')
  const { PushFailure } = await import('../../push/errors.ts')
  const { isSuccess, summaryJson, summaryText } = await import('../../push/summary.ts')
  const { reportProgress } = await import('../../push/progress-bar.ts')
  const { source, onMultiple, addToList, phoneCode, keyMatch, onLossy, onInvalid, verify, hopper } = flags
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
      request: given({
        source,
        on_multiple: onMultiple,
        ...(addToList !== undefined && {
          on_missing: 'add',
          add: { list_id: addToList, phone_code: phoneCode }
        }),
        key_match: keyMatch,
        on_lossy: onLossy,
        on_invalid: onInvalid,
        verify,
        hopper: hopper && hopperOf(hopper, flags)
      }),
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

/** What columns and cells mean, as the options say. */
function columnsOf(flags: Flags): Mapping {
  const { map = {}, ignore = [], key, set = {}, customPrefix, emptyClears = false } = flags
  const { nullWords = false, wholeNumbers = false, dateFormat, stripPrefix = {} } = flags
  return {
    map,
    ignore,
    set,
    customPrefix,
    emptyClears,
    nullWords,
    wholeNumbers,
    stripPrefix,
    ...given({ key, dateFormat })
  }
}

const NEEDS_NO_QUOTES = /^[\w@%+=:,./-]+$/

/** The command as it was given, with options to add. It can be copied into a shell. */
function remedyText(command: Command, options: readonly string[] | undefined): string {
  if (options === undefined) return ''
  const { rawArgs = [] } = (command.parent ?? {}) as { readonly rawArgs?: readonly string[] }
  const isPartial = options.includes('--ignore')
  const words = ['vicidial-gateway', ...rawArgs, ...options]
  const copy = words.map((word) => (NEEDS_NO_QUOTES.test(word) ? word : quoted(word))).join(' ')
  return `\nThis command starts${isPartial ? ', without the columns after --ignore' : ''}:\n  ${copy}`
}

/** The values that are not undefined. */
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

function addPrefix(
  text: string,
  known: Readonly<Record<string, readonly string[]>> = {}
): Record<string, readonly string[]> {
  const [[name, prefix] = ['', '']] = Object.entries(addSetting(text))
  // A longer prefix first: `+1` would take a part of `+1212`.
  const prefixes = [...(known[name] ?? []), prefix].toSorted((a, b) => b.length - a.length)
  return { ...known, [name]: prefixes }
}

function addPair(text: string, at: number, known: Readonly<Record<string, string>>): Record<string, string> {
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('It must have the form NAME=VALUE.')
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

/** Reads a priority of the hopper. @throws InvalidArgumentError */
function readPriority(text: string): number {
  if (/^-?\d{1,2}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from -99 to 99.')
}

function hopperOf(priority: true | number, { callTimeCheck }: Flags): Readonly<Record<string, unknown>> {
  return {
    ...(priority !== true && { priority }),
    ...(callTimeCheck && { local_call_time_check: true })
  }
}

/** Reads the share of rows to verify. @throws InvalidArgumentError */
function readShare(text: string): number {
  const share = /^(?:0?\.\d{1,6}|1)$/.test(text) ? Number(text) : Number.NaN
  if (share > 0) return share
  throw new InvalidArgumentError(
    'It must be a share of the rows, such as 0.01; without one, every row is verified.'
  )
}
