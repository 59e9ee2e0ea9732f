import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { Reject } from '../columns/reject.ts'
import type { Rows } from '../columns/row-reader.ts'
import { PushFailure, PushStopped } from '../errors.ts'
import type { FileRow } from '../input/file-row.ts'
import type { Row } from '../input/row.ts'
import { leadRefOf, LeadSet } from './lead-set.ts'
import type { BatchOutcome, Recorder } from './recorder.ts'
import type { Plan } from '../time-left.ts'
import type { Delivered, Entry, Sender } from './sender.ts'

export interface DeliverOptions {
  readonly rows: AsyncIterable<Row>
  readonly reader: Rows
  readonly sender: Sender
  readonly recorder: Recorder
  readonly checkpoint: Checkpoint
  /** Rows per batch. */
  readonly batch: number
  /** Concurrent requests. One more batch is prepared meanwhile, ready to go when a request ends. */
  readonly concurrency: number
  readonly signal: AbortSignal
  /** Called before the first row is sent, with what a batch needs if the gateway tells it. */
  readonly onPlanned: (plan: Plan | undefined) => void
  /** Called when more rows have an outcome in the checkpoint. */
  readonly onRecorded: (delivered: Delivered) => void
  /** Called with the index of a row from which on the file is not what it was. Rows sent from there on don't count. */
  readonly onChanged: (row: number) => void
  /** Called when the whole file was delivered. */
  readonly onEnd: () => void
}

/** How many rows may wait. With more, something is wrong with VICIdial, and the push stops. */
const MAX_WAITING = 10_000

/**
 * Delivers every row that has no outcome yet: first the rest of the file, in batches, then the rows that wait.
 *
 * The updates of each lead take effect in the order of the file. So batches run concurrently only if no lead can be in
 * both, and a row after a waiting row of its lead waits too.
 * @returns why it stopped early; undefined if everything was sent
 */
export async function deliverAll(options: DeliverOptions): Promise<string | undefined> {
  const { checkpoint } = options
  const stopped = checkpoint.isAtEnd ? undefined : await deliverFile(options)
  if (stopped !== undefined) return stopped
  options.onEnd()
  return deliverWaiting(options).then(
    () => undefined,
    (error: unknown) => reasonToStop(error)
  )
}

async function deliverFile(options: DeliverOptions): Promise<string | undefined> {
  const { reader, sender, checkpoint, concurrency, signal, onPlanned } = options
  const waiting = new LeadSet((await readRows(checkpoint.waiting(), reader)).entries.map(({ lead }) => lead))
  const inFlight = new Map<Promise<void>, LeadSet>()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)

  const launch = (read: ReadRows, leads: LeadSet) => {
    const task = deliverBatch(options, waiting, read)
      .catch(failure.reject)
      .finally(() => inFlight.delete(task))
    inFlight.set(task, leads)
  }
  const canStart = (leads: LeadSet) =>
    inFlight.size <= concurrency && !inFlight.values().some((other) => other.mayOverlap(leads))

  let isPlanned = false
  try {
    for await (const rows of pendingBatches(options)) {
      const read = await readRows(rows, reader)
      if (!isPlanned && read.entries.length > 0) {
        isPlanned = true
        onPlanned(await sender.plan(read.entries))
      }
      const leads = new LeadSet(read.entries.map(({ lead }) => lead))
      while (!canStart(leads)) await Promise.race([...inFlight.keys(), failure.promise])
      if (signal.aborted) throw new PushStopped('It was interrupted.')
      launch(read, leads)
    }
    await Promise.race([Promise.all(inFlight.keys()), failure.promise])
    return undefined
  } catch (error) {
    await Promise.all(inFlight.keys())
    return reasonToStop(error)
  }
}

/** @throws errors that are faults of this program */
function reasonToStop(error: unknown): string {
  if (error instanceof PushStopped || error instanceof PushFailure) return error.message
  throw error
}

/** The rows of the file that have no outcome yet, in batches. */
async function* pendingBatches({ rows: all, batch: size, checkpoint, signal, onChanged }: DeliverOptions) {
  let index = 0
  let batch: FileRow[] = []
  const pending = () => {
    const { rows, changedAt } = checkpoint.pendingOf(batch)
    batch = []
    if (changedAt !== undefined) onChanged(changedAt)
    return rows
  }
  for await (const row of all) {
    batch.push({ ...row, index: index++ })
    if (batch.length < size) continue
    if (signal.aborted) throw new PushStopped('It was interrupted.')
    const rows = pending()
    if (rows.length > 0) yield rows
  }
  const rows = pending()
  if (rows.length > 0) yield rows
  if (checkpoint.end > index) onChanged(index)
}

/** @param waiting leads with a waiting row; the batch's own are added */
async function deliverBatch(
  { sender, recorder, checkpoint, onRecorded }: DeliverOptions,
  waiting: LeadSet,
  { entries, rejected, ignored }: ReadRows
): Promise<void> {
  const [sent, blocked] = splitBlocked(entries, waiting)
  const delivered = await sender.deliver(sent)
  const outcome = answeredPart({ hadWaited: false, sent, delivered, rejected, ignored, blocked })
  for (const { lead } of recorder.record(outcome)) waiting.add(lead)
  onRecorded(delivered)
  if (delivered.stopped !== undefined) throw delivered.stopped
  const { waitingCount } = checkpoint
  if (waitingCount > MAX_WAITING) {
    const why = `${waitingCount} rows failed and wait to be sent again, although others succeeded`
    throw new PushStopped(`${why}: check VICIdial, then run the push again.`)
  }
}

/** Sends the waiting rows once more, in the order of the file. */
async function deliverWaiting(options: DeliverOptions): Promise<void> {
  const { reader, sender, recorder, checkpoint, batch: size, onRecorded } = options
  const rows = checkpoint.waiting()
  const waiting = new LeadSet()
  for (let start = 0; start < rows.length; start += size) {
    const { entries, rejected, ignored } = await readRows(rows.slice(start, start + size), reader)
    const [sent, blocked] = splitBlocked(entries, waiting)
    const delivered = await sender.deliver(sent)
    const outcome = answeredPart({ hadWaited: true, sent, delivered, rejected, ignored, blocked })
    for (const { lead } of recorder.record(outcome)) waiting.add(lead)
    onRecorded(delivered)
    if (delivered.stopped !== undefined) throw delivered.stopped
  }
}

/** Leaves out the rows from the first one on that has no answer: the next run sends them. */
function answeredPart(outcome: BatchOutcome): BatchOutcome {
  const { sent, delivered, rejected, ignored, blocked } = outcome
  const end = sent[delivered.answered]?.row.index ?? Number.POSITIVE_INFINITY
  const isBefore = ({ row }: { readonly row: FileRow }) => row.index < end
  return {
    ...outcome,
    sent: sent.slice(0, delivered.answered),
    rejected: rejected.filter(isBefore),
    ignored: ignored.filter(({ index }) => index < end),
    blocked: blocked.filter(isBefore)
  }
}

/** Splits entries into those to send, and those blocked by a waiting row of their lead. */
function splitBlocked(entries: readonly Entry[], waiting: LeadSet): [sent: Entry[], blocked: Entry[]] {
  const sent: Entry[] = []
  const blocked: Entry[] = []
  for (const entry of entries) {
    if (!waiting.mayContain(entry.lead)) sent.push(entry)
    else {
      blocked.push(entry)
      waiting.add(entry.lead)
    }
  }
  return [sent, blocked]
}

interface ReadRows {
  readonly entries: readonly Entry[]
  readonly rejected: readonly Reject[]
  /** Rows that change nothing. */
  readonly ignored: readonly FileRow[]
}

async function readRows(rows: readonly FileRow[], reader: Rows): Promise<ReadRows> {
  const entries: Entry[] = []
  const rejected: Reject[] = []
  const ignored: FileRow[] = []
  const all = (await reader.readAll(rows)).values()
  for (const row of rows) {
    const read = all.next().value
    if (read === undefined) throw new Error(`Row ${row.index} was not read.`)
    if ('reason' in read) rejected.push({ row, reason: read.reason })
    else if ('isIgnored' in read) ignored.push(row)
    else entries.push({ row, update: read.update, lead: leadRefOf(read.update) })
  }
  return { entries, rejected, ignored }
}
