import { type Command, Option } from 'commander'
import type { Mapping } from '../../push/columns/mapping.ts'
import { FORMATS, type Format } from '../../push/input/row.ts'
import type { ConnectionFlags } from '../connection.ts'
import { numberOption } from '../number-option.ts'
import {
  addMapping,
  addName,
  addPrefix,
  addSetting,
  readDelimiter,
  readPriority,
  readShare
} from './push-values.ts'

/** What the options of `push` say. */
export interface PushFlags extends ConnectionFlags {
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

/** Options that a mapping file replaces. */
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

/** Adds the options of `push`. */
export function withPushOptions(command: Command): Command {
  return command
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
}

/** What columns and cells mean, as the options say. */
export function columnsOf(flags: PushFlags): Mapping {
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

/** The members of each request, as the options say. */
export function requestOf(flags: PushFlags): Readonly<Record<string, unknown>> {
  const { source, onMultiple, addToList, phoneCode, keyMatch, onLossy, onInvalid, verify, hopper } = flags
  return given({
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
  })
}

function hopperOf(priority: true | number, { callTimeCheck }: PushFlags): Readonly<Record<string, unknown>> {
  return {
    ...(priority !== true && { priority }),
    ...(callTimeCheck && { local_call_time_check: true })
  }
}

/** The values that are not undefined. */
export function given<T extends Record<string, unknown>>(
  values: T
): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> }
}
