import { rmSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { GatewayClient } from '../../client/client.ts'
import { deliverAll } from './delivering.ts'
import type { RetrySchedule } from '../../jobs/retry-schedule.ts'
import { Gateway } from './gateway-api.ts'
import { type Input, type InputOptions, openInput, readRows } from './input.ts'
import type { Mapping } from './mapping.ts'
import { peek } from './peek.ts'
import { PushFailure } from './push-failure.ts'
import { Recorder } from './recorder.ts'
import { RejectsFile } from './rejects-file.ts'
import type { Row, RowSource } from './row.ts'
import { RowReader } from './row-reader.ts'
import { Sender } from './sender.ts'
import { type Purpose, State } from './checkpoint.ts'
import type { Totals } from './totals.ts'

export interface PushOptions extends InputOptions {
  /** `-` for standard input, which cannot be gone on with. */
  readonly file: string
  readonly standardInput: Readable
  readonly client: GatewayClient
  /** Where the gateway of the client is. */
  readonly url: string
  readonly mapping: Mapping
  /** What every request has beside its updates. */
  readonly request: Readonly<Record<string, unknown>>
  /** Rows a request. */
  readonly batch: number
  /** Requests at once. */
  readonly concurrency: number
  /** When what failed is tried again; it stops if nothing has succeeded for `forMs`. */
  readonly retry: RetrySchedule
  /** Nothing is set, and nothing remembered. */
  readonly dryRun: boolean
  /** Forgets what an earlier push of the file has done. */
  readonly restart: boolean
  readonly state?: string
  readonly rejects?: string
  /** Ends the push: what is on its way is waited for. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** How far it is. */
export interface Progress {
  /** Rows that have an outcome. */
  readonly rows: number
  readonly updated: number
  readonly bytes: number
  /** Undefined for standard input. */
  readonly totalBytes: number | undefined
}

/** What a push came to. */
export interface Outcome {
  /** Over all runs. */
  readonly totals: Totals
  /** Rows that got their outcome in this run, and how long it took. */
  readonly rowsNow: number
  readonly seconds: number
  /** Rows that a next run sends again. */
  readonly waiting: number
  /** Why it ended before everything was sent. */
  readonly stopped: string | undefined
  /** Bytes of the file that were not read; undefined if that is not known. */
  readonly bytesLeft: number | undefined
  /** Where rejects are, if there are any. */
  readonly rejects: string | undefined
  /** Where it is noted how far this has come. */
  readonly state: string | undefined
}

/**
 * Sends the rows of a file as updates; what an earlier run has sent it leaves out.
 * @throws PushFailure if it cannot begin
 */
export async function push(options: PushOptions): Promise<Outcome> {
  const started = performance.now()
  const { file } = options
  const gateway = new Gateway(options.client, options.url, options.concurrency)
  const input = await openInput(file, options.standardInput)
  const giveUp = giveUpStandardInput(input)
  options.signal.addEventListener('abort', giveUp)
  try {
    const catalogue = await gateway.catalogue()
    const source = await readRows(file, input.stream, options)
    const reader = new RowReader(source.header, options.mapping, catalogue)
    if (reader.faults.length > 0) throw new PushFailure(reader.faults.join('\n'), 2)
    const [first, rows] = await peek(source.rows)
    if (first !== undefined && source.header === undefined) refuseUnclear(first, reader)
    const outcome = await run(options, gateway, input, { ...source, rows }, reader)
    return { ...outcome, seconds: (performance.now() - started) / 1_000 }
  } finally {
    options.signal.removeEventListener('abort', giveUp)
    await input.close()
  }
}

/** Whoever writes to standard input may be silent for long: an interrupted push does not wait for the next row. */
function giveUpStandardInput({ identity, stream }: Input): () => void {
  if (identity !== undefined) return () => undefined
  // Where nobody reads it at that moment, the next one who does is told.
  stream.on('error', () => undefined)
  return () => {
    stream.destroy(new PushFailure('It was interrupted.', 1))
  }
}

const UNCLEAR: readonly string[] = ['row_malformed', 'columns_unclear']

/** Objects have no header: the first one stands for it. */
function refuseUnclear(first: Row, reader: RowReader): void {
  const read = reader.read(first)
  if (!('reason' in read) || !UNCLEAR.includes(read.reason.code)) return
  throw new PushFailure(`Row ${first.line}: ${read.reason.detail}`, 2)
}

async function run(
  options: PushOptions,
  gateway: Gateway,
  { identity }: Input,
  source: RowSource,
  reader: RowReader
): Promise<Omit<Outcome, 'seconds'>> {
  const { file, dryRun, restart } = options
  const purpose = dryRun || identity === undefined ? undefined : purposeOf(options, identity, gateway)
  const statePath = purpose && (options.state ?? `${file}.push-state`)
  const rejectsPath = options.rejects ?? defaultRejects(file, source, dryRun)
  const state = new State(statePath, purpose, restart)
  try {
    // A name that was given may be that of anything.
    if ((restart || dryRun) && options.rejects === undefined && file !== '-')
      rmSync(rejectsPath, { force: true })
    const rejects = new RejectsFile(rejectsPath, state.rejectBytes, state.isNew)
    state.begin(purpose)
    const onRecorded = () => {
      const { rows, byStatus } = state.totals
      const updated = (byStatus['updated'] ?? 0) + (byStatus['planned'] ?? 0)
      options.onProgress({ rows, updated, bytes: source.bytesRead(), totalBytes: identity?.bytes })
    }
    const before = state.totals.rows
    const stopped = await deliverAll({
      ...options,
      rows: source.rows,
      reader,
      sender: createSender(options, gateway, state),
      recorder: new Recorder(state, rejects, source),
      state,
      onRecorded
    })
    rejects.close()
    return {
      totals: state.totals,
      rowsNow: state.totals.rows - before,
      waiting: state.waitingCount,
      stopped,
      bytesLeft: identity && (stopped === undefined ? 0 : identity.bytes - source.bytesRead()),
      rejects: rejects.bytes > 0 ? rejectsPath : undefined,
      state: statePath
    }
  } finally {
    state.close()
  }
}

function purposeOf(options: PushOptions, file: Purpose['file'], gateway: Gateway): Purpose {
  const { mapping, request, batch, encoding, format, delimiter, rejects } = options
  const { map, ignore, key, set, customPrefix, emptyClears } = mapping
  const named = { map, ignore, key, set, custom_prefix: customPrefix, empty_clears: emptyClears }
  return {
    file,
    gateway: gateway.address,
    options: { ...named, ...request, batch, encoding, format, delimiter, rejects }
  }
}

function createSender(options: PushOptions, gateway: Gateway, state: State): Sender {
  const { dryRun, request, batch, retry, signal } = options
  return new Sender({
    gateway,
    run: dryRun ? undefined : state.run,
    request: dryRun ? { ...request, dry_run: true } : request,
    limit: state.limit ?? batch,
    onLimit: (limit) => {
      state.noteLimit(limit)
    },
    retry,
    signal
  })
}

function defaultRejects(file: string, { format }: RowSource, dryRun: boolean): string {
  const name = file === '-' ? 'push' : file
  return `${name}${dryRun ? '.dry-run' : ''}.rejects.${format === 'csv' ? 'csv' : 'jsonl'}`
}
