import { rmSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { GatewayClient } from '../../client/client.ts'
import type { RetrySchedule } from '../../jobs/retry-schedule.ts'
import { Checkpoint, type PushIdentity } from './checkpoint/checkpoint.ts'
import { RejectsFile } from './checkpoint/rejects-file.ts'
import type { Mapping } from './columns/mapping.ts'
import { RowReader } from './columns/row-reader.ts'
import { deliverAll } from './delivery/deliver.ts'
import { GatewayApi } from './delivery/gateway-api.ts'
import { Recorder } from './delivery/recorder.ts'
import { Sender } from './delivery/sender.ts'
import { PushFailure } from './errors.ts'
import { type Input, type InputOptions, openInput, readRows } from './input/input.ts'
import type { Row, RowSource } from './input/row.ts'
import type { PushSummary } from './summary.ts'

export interface PushOptions extends InputOptions {
  /** `-` for standard input; such a push can't be resumed. */
  readonly file: string
  readonly standardInput: Readable
  readonly client: GatewayClient
  /** The URL of the client's gateway. */
  readonly url: string
  readonly mapping: Mapping
  /** Members of every request besides `updates`. */
  readonly request: Readonly<Record<string, unknown>>
  /** Rows per request. */
  readonly batch: number
  /** Concurrent requests. */
  readonly concurrency: number
  /** Pauses between attempts. The push stops if nothing succeeds for `forMs`. */
  readonly retry: RetrySchedule
  /** Changes nothing in VICIdial, and keeps no checkpoint. */
  readonly dryRun: boolean
  /** Discards the checkpoint of an earlier push of the file. */
  readonly restart: boolean
  /** Path of the checkpoint, if not the default. */
  readonly checkpoint?: string
  /** Path of the rejects file, if not the default. */
  readonly rejects?: string
  /** Ends the push. Requests in flight are finished. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export interface Progress {
  /** Rows that have an outcome. */
  readonly rows: number
  readonly updated: number
  /** Bytes read. */
  readonly bytes: number
  /** Undefined for standard input. */
  readonly totalBytes: number | undefined
}

/**
 * Sends the rows of a file as updates, except those that an earlier run has sent.
 * @throws PushFailure if it can't start
 */
export async function push(options: PushOptions): Promise<PushSummary> {
  const started = performance.now()
  const { file } = options
  const gateway = new GatewayApi(options.client, options.url, options.concurrency)
  const input = await openInput(file, options.standardInput)
  const interrupt = interruptStandardInput(input)
  options.signal.addEventListener('abort', interrupt)
  try {
    const known = await gateway.knownFields()
    const source = await readRows(file, input.stream, options)
    const reader = new RowReader(source.header, options.mapping, known)
    if (reader.faults.length > 0) throw new PushFailure(reader.faults.join('\n'), 2)
    const [first, rows] = await peekFirst(source.rows)
    if (first !== undefined && source.header === undefined) checkFirstRow(first, reader)
    const summary = await run(options, gateway, input, { ...source, rows }, reader)
    return { ...summary, seconds: (performance.now() - started) / 1_000 }
  } finally {
    options.signal.removeEventListener('abort', interrupt)
    await input.close()
  }
}

/** Standard input can be silent for long, so an interrupted push doesn't wait for its next row. */
function interruptStandardInput({ identity, stream }: Input): () => void {
  if (identity !== undefined) return () => undefined
  // If nobody reads the stream at that moment, its next reader gets the error.
  stream.on('error', () => undefined)
  return () => {
    stream.destroy(new PushFailure('It was interrupted.', 1))
  }
}

/** Reads the first element. Returns it, and an iterable of all elements. */
async function peekFirst<T>(all: AsyncIterable<T>): Promise<[first: T | undefined, all: AsyncIterable<T>]> {
  const iterator = all[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) return [undefined, all]
  const again = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return [first.value, again()]
}

const UNCLEAR: readonly string[] = ['row_malformed', 'columns_unclear']

/**
 * JSON objects have no header, so the first one is checked in its place.
 * @throws PushFailure
 */
function checkFirstRow(first: Row, reader: RowReader): void {
  const read = reader.read(first)
  if (!('reason' in read) || !UNCLEAR.includes(read.reason.code)) return
  throw new PushFailure(`Row ${first.line}: ${read.reason.detail}`, 2)
}

async function run(
  options: PushOptions,
  gateway: GatewayApi,
  { identity: fileIdentity }: Input,
  source: RowSource,
  reader: RowReader
): Promise<Omit<PushSummary, 'seconds'>> {
  const { file, dryRun, restart } = options
  const identity =
    dryRun || fileIdentity === undefined ? undefined : identityOf(options, fileIdentity, gateway)
  const checkpointPath = identity && (options.checkpoint ?? `${file}.push-state`)
  const rejectsPath = options.rejects ?? defaultRejects(file, source, dryRun)
  const checkpoint = new Checkpoint(checkpointPath, identity, restart)
  try {
    // Deletes only the default file: a path that the user gave may be any file.
    if ((restart || dryRun) && options.rejects === undefined && file !== '-')
      rmSync(rejectsPath, { force: true })
    const rejects = new RejectsFile(rejectsPath, checkpoint.rejectBytes, checkpoint.isNew)
    checkpoint.begin(identity)
    const onRecorded = () => {
      const { rows, byStatus } = checkpoint.totals
      const updated = (byStatus['updated'] ?? 0) + (byStatus['planned'] ?? 0)
      options.onProgress({ rows, updated, bytes: source.bytesRead(), totalBytes: fileIdentity?.bytes })
    }
    const before = checkpoint.totals.rows
    const stopped = await deliverAll({
      ...options,
      rows: source.rows,
      reader,
      sender: createSender(options, gateway, checkpoint),
      recorder: new Recorder(checkpoint, rejects, source),
      checkpoint,
      onRecorded
    })
    rejects.close()
    return {
      totals: checkpoint.totals,
      rowsThisRun: checkpoint.totals.rows - before,
      waiting: checkpoint.waitingCount,
      stopped,
      bytesLeft: fileIdentity && (stopped === undefined ? 0 : fileIdentity.bytes - source.bytesRead()),
      rejects: rejects.bytes > 0 ? rejectsPath : undefined,
      checkpoint: checkpointPath
    }
  } finally {
    checkpoint.close()
  }
}

function identityOf(options: PushOptions, file: PushIdentity['file'], gateway: GatewayApi): PushIdentity {
  const { mapping, request, batch, encoding, format, delimiter, rejects } = options
  const { map, ignore, key, set, customPrefix, emptyClears } = mapping
  const named = { map, ignore, key, set, custom_prefix: customPrefix, empty_clears: emptyClears }
  return {
    file,
    gateway: gateway.address,
    options: { ...named, ...request, batch, encoding, format, delimiter, rejects }
  }
}

function createSender(options: PushOptions, gateway: GatewayApi, checkpoint: Checkpoint): Sender {
  const { dryRun, request, batch, retry, signal } = options
  return new Sender({
    gateway,
    run: dryRun ? undefined : checkpoint.run,
    request: dryRun ? { ...request, dry_run: true } : request,
    limit: checkpoint.limit ?? batch,
    onLimit: (limit) => {
      checkpoint.saveLimit(limit)
    },
    retry,
    signal
  })
}

function defaultRejects(file: string, { format }: RowSource, dryRun: boolean): string {
  const name = file === '-' ? 'push' : file
  return `${name}${dryRun ? '.dry-run' : ''}.rejects.${format === 'csv' ? 'csv' : 'jsonl'}`
}
