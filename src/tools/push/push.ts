import { rmSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { GatewayClient } from '../../client/client.ts'
import type { RetrySchedule } from '../../jobs/retry-schedule.ts'
import { Checkpoint } from './checkpoint/checkpoint.ts'
import type { PushIdentity } from './checkpoint/push-identity.ts'
import { RejectsFile } from './checkpoint/rejects-file.ts'
import { deliverAll } from './delivery/deliver.ts'
import { GatewayApi } from './delivery/gateway-api.ts'
import { Recorder } from './delivery/recorder.ts'
import { type AnsweredRows, Sender } from './delivery/sender.ts'
import { PushFailure } from './errors.ts'
import { peek } from './first-rows.ts'
import { type Input, type InputOptions, openInput, readRows } from './input/input.ts'
import type { Row, RowSource } from './input/row.ts'
import { type OpenedRows, openRows, type RowMapping } from './open-rows.ts'
import { type Progress, PushProgress } from './progress.ts'
import type { PushSummary } from './summary.ts'
import { aboutTime, leastTime, type Limits, type Plan } from './time-left.ts'

export interface PushOptions extends InputOptions {
  /** `-` for standard input; such a push can't be resumed. */
  readonly file: string
  readonly standardInput: Readable
  readonly client: GatewayClient
  /** The URL of the client's gateway. */
  readonly url: string
  readonly mapping: RowMapping
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
  /** Ends the push. Requests in flight get a moment to finish. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** Called with what the user should know before the end. */
  readonly onNotice: (text: string) => void
}

/**
 * Sends the rows of a file as updates, except those that an earlier run has sent.
 * @throws PushFailure if it can't start
 */
export async function push(options: PushOptions): Promise<PushSummary> {
  const started = performance.now()
  const { file } = options
  const gateway = new GatewayApi(options.client, options.url, options.concurrency)
  const input = await openInput(file, options.standardInput, options.signal)
  const interrupt = interruptStandardInput(input)
  options.signal.addEventListener('abort', interrupt)
  try {
    const { known, limits } = await gateway.catalogue()
    const source = await readRows(file, input.stream, options)
    const [peeked, rows] = await peek(source.rows)
    const opened = await openRows(options.mapping, source, peeked, known, options.signal)
    try {
      const summary = await run(options, gateway, input, { ...source, rows }, opened, limits, peeked[0])
      return { ...summary, seconds: (performance.now() - started) / 1_000 }
    } finally {
      await opened.close()
    }
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

async function run(
  options: PushOptions,
  gateway: GatewayApi,
  input: Input,
  source: RowSource,
  { reader, identity: mapping }: OpenedRows,
  limits: Limits,
  first: Row | undefined
): Promise<Omit<PushSummary, 'seconds'>> {
  const { file, dryRun, restart } = options
  const { identity: fileIdentity } = input
  const identity =
    dryRun || fileIdentity === undefined
      ? undefined
      : identityOf(options, fileIdentity, gateway, source.header, mapping)
  const checkpointPath = identity && (options.checkpoint ?? `${file}.push-state`)
  const rejectsPath = options.rejects ?? defaultRejects(file, source, dryRun)
  const checkpoint = new Checkpoint(checkpointPath, identity, options.batch, restart)
  try {
    // Deletes only the default file: a path that the user gave may be any file.
    if ((restart || dryRun) && options.rejects === undefined && file !== '-')
      rmSync(rejectsPath, { force: true })
    checkSameStart(checkpoint, first, checkpointPath)
    const rejects = new RejectsFile(rejectsPath, checkpoint)
    checkpoint.begin(identity)
    const progress = new PushProgress({
      checkpoint,
      input,
      source,
      limits: dryRun ? UNLIMITED : limits,
      onProgress: options.onProgress
    })
    const onPlanned = (plan: Plan | undefined) => {
      progress.begin(plan)
      const notice = dryRun
        ? undefined
        : plan && noticeOf(plan, progress.totalRows, checkpoint.totals.rows, limits)
      if (notice !== undefined) options.onNotice(notice)
    }
    const recorder = new Recorder(checkpoint, rejects, source)
    let before = checkpoint.totals.rows
    const onChanged = (row: number) => {
      const was = checkpoint.totals.rows
      rejects.goBack(checkpoint, row)
      before -= was - checkpoint.totals.rows
      options.onNotice(
        `The file has changed. Its first ${row} rows are the same as before: this run continues after them.`
      )
    }
    const stopped = await deliverAll({
      ...options,
      rows: progress.rows(),
      reader,
      sender: createSender(options, gateway, checkpoint, limits, progress.onAnswered),
      recorder,
      checkpoint,
      onPlanned,
      onRecorded: progress.onRecorded,
      onChanged,
      onEnd: () => {
        checkpoint.saveEnd(identity)
      }
    })
    rejects.close()
    return {
      totals: checkpoint.totals,
      rowsThisRun: checkpoint.totals.rows - before,
      waiting: checkpoint.waitingCount,
      stopped,
      rowsLeft: stopped === undefined ? 0 : progress.rowsLeft,
      rejects: rejects.bytes > 0 ? rejectsPath : undefined,
      checkpoint: checkpointPath,
      isDryRun: dryRun,
      leastTime: dryRun ? leastTime(checkpoint.totals, limits) : undefined,
      blankRows: source.blankRows(),
      notes: [...recorder.notes(), ...reader.notes(checkpoint.totals.byStatus['not_found'] ?? 0)]
    }
  } finally {
    checkpoint.close()
  }
}

/**
 * A file that is another from its first row on is not an edited one.
 * @throws PushFailure
 */
function checkSameStart(checkpoint: Checkpoint, first: Row | undefined, path: string | undefined): void {
  if (checkpoint.isSameFile) return
  const isOther = first === undefined ? checkpoint.end > 0 : checkpoint.startsOtherThan(first)
  if (!isOther) return
  throw new PushFailure(
    `${path} belongs to a different push: the file has changed from its first row on. Use --restart to send every row.`,
    2
  )
}

function identityOf(
  options: PushOptions,
  file: PushIdentity['file'],
  gateway: GatewayApi,
  columns: readonly string[] | undefined,
  mapping: OpenedRows['identity']
): PushIdentity {
  const { request, batch, encoding, format, delimiter, rejects } = options
  return {
    file,
    ...(columns === undefined ? {} : { columns }),
    gateway: gateway.address,
    options: { ...mapping, ...request, batch, encoding, format, delimiter, rejects }
  }
}

function createSender(
  options: PushOptions,
  gateway: GatewayApi,
  checkpoint: Checkpoint,
  limits: Limits,
  onAnswered: (answered: AnsweredRows) => void
): Sender {
  const { dryRun, request, batch, retry, signal } = options
  return new Sender({
    gateway,
    run: () => (dryRun ? undefined : checkpoint.run),
    request: dryRun ? { ...request, dry_run: true } : request,
    limit: checkpoint.limit ?? batch,
    callsPerSecond: limits.callsPerSecond,
    onLimit: (limit) => {
      checkpoint.saveLimit(limit)
    },
    retry,
    signal,
    onAnswered
  })
}

/** A dry run makes no calls. */
const UNLIMITED: Limits = { callsPerSecond: undefined, updatesPerMinute: undefined }
/** A push that takes less time needs no announcement, in seconds. */
const MIN_ANNOUNCED = 60

/** What the user should know before a push that takes long. */
function noticeOf(
  plan: Plan,
  totalRows: number | undefined,
  doneRows: number,
  limits: Limits
): string | undefined {
  if (totalRows === undefined || plan.rows === 0) return undefined
  const rows = totalRows - doneRows
  const calls = Math.round((rows * plan.calls) / plan.rows)
  const least = leastTime({ rows, calls }, limits)
  if (least === undefined || least.seconds < MIN_ANNOUNCED) return undefined
  const what = `about ${calls.toLocaleString('en-US')} calls to VICIdial, at most ${least.limit}`
  return `This takes about ${aboutTime(least.seconds)}: ${what}.`
}

function defaultRejects(file: string, { format }: RowSource, dryRun: boolean): string {
  const name = file === '-' ? 'push' : file
  return `${name}${dryRun ? '.dry-run' : ''}.rejects.${format === 'csv' ? 'csv' : 'jsonl'}`
}
