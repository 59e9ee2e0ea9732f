import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { Reject } from '../columns/reject.ts'
import type { RowReader } from '../columns/row-reader.ts'
import { PushFailure, PushStopped } from '../errors.ts'
import type { Row } from '../input/row.ts'
import { leadRefOf, LeadSet } from './lead-set.ts'
import type { Recorder } from './recorder.ts'
import type { Entry, Sender } from './sender.ts'

export interface DeliverOptions {
  readonly rows: AsyncIterable<Row>
  readonly reader: RowReader
  readonly sender: Sender
  readonly recorder: Recorder
  readonly checkpoint: Checkpoint
  /** Rows per batch. */
  readonly batch: number
  /** Concurrent requests. One more batch is prepared meanwhile, ready to go when a request ends. */
  readonly concurrency: number
  readonly signal: AbortSignal
  /** Called when more rows have an outcome. */
  readonly onRecorded: () => void
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
  checkpoint.saveEnd()
  return deliverWaiting(options).then(
    () => undefined,
    (error: unknown) => reasonToStop(error)
  )
}

async function deliverFile(options: DeliverOptions): Promise<string | undefined> {
  const { reader, checkpoint, concurrency, signal } = options
  const waiting = new LeadSet(readRows(checkpoint.waiting(), reader).entries.map(({ lead }) => lead))
  const inFlight = new Map<Promise<void>, LeadSet>()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)

  const launch = (batch: number, read: ReadRows, leads: LeadSet) => {
    const task = deliverBatch(options, waiting, batch, read)
      .catch(failure.reject)
      .finally(() => inFlight.delete(task))
    inFlight.set(task, leads)
  }
  const canStart = (leads: LeadSet) =>
    inFlight.size <= concurrency && !inFlight.values().some((other) => other.mayOverlap(leads))

  try {
    for await (const { batch, rows } of pendingBatches(options)) {
      const read = readRows(rows, reader)
      const leads = new LeadSet(read.entries.map(({ lead }) => lead))
      while (!canStart(leads)) await Promise.race([...inFlight.keys(), failure.promise])
      if (signal.aborted) throw new PushStopped('It was interrupted.')
      launch(batch, read, leads)
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

/** The batches of the file that have no outcome yet. */
async function* pendingBatches({ rows: all, batch: size, checkpoint }: DeliverOptions) {
  let batch = 0
  let rows: Row[] = []
  for await (const row of all) {
    rows.push(row)
    if (rows.length < size) continue
    if (!checkpoint.isDone(batch)) yield { batch, rows }
    batch++
    rows = []
  }
  if (rows.length > 0 && !checkpoint.isDone(batch)) yield { batch, rows }
}

/** @param waiting leads with a waiting row; the batch's own are added */
async function deliverBatch(
  { sender, recorder, checkpoint, onRecorded }: DeliverOptions,
  waiting: LeadSet,
  batch: number,
  { entries, rejected }: ReadRows
): Promise<void> {
  const [sent, blocked] = splitBlocked(entries, waiting)
  const delivered = await sender.deliver(sent)
  for (const { lead } of recorder.record({ batch, sent, delivered, rejected, blocked })) waiting.add(lead)
  onRecorded()
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
    const { entries, rejected } = readRows(rows.slice(start, start + size), reader)
    const [sent, blocked] = splitBlocked(entries, waiting)
    const delivered = await sender.deliver(sent)
    for (const { lead } of recorder.record({ sent, delivered, rejected, blocked })) waiting.add(lead)
    onRecorded()
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
}

function readRows(rows: readonly Row[], reader: RowReader): ReadRows {
  const entries: Entry[] = []
  const rejected: Reject[] = []
  for (const row of rows) {
    const read = reader.read(row)
    if ('reason' in read) rejected.push({ row, reason: read.reason })
    else entries.push({ row, update: read.update, lead: leadRefOf(read.update) })
  }
  return { entries, rejected }
}
