import { Footprint, traceOf } from './lead-set.ts'
import { PushFailure } from './push-failure.ts'
import type { Recorder } from './recorder.ts'
import type { Reject } from './reject.ts'
import type { Row } from './row.ts'
import type { RowReader } from './row-reader.ts'
import type { Entry, Sender } from './sender.ts'
import type { State } from './checkpoint.ts'
import { Stop } from './push-stopped.ts'

export interface Delivering {
  readonly rows: AsyncIterable<Row>
  readonly reader: RowReader
  readonly sender: Sender
  readonly recorder: Recorder
  readonly state: State
  /** Rows a batch. */
  readonly batch: number
  /** Requests at once; one batch more is made ready meanwhile, so that it goes out when there is place. */
  readonly concurrency: number
  readonly signal: AbortSignal
  /** Called when more rows have an outcome. */
  readonly onRecorded: () => void
}

/** So many rows may wait; if more would, something is wrong with VICIdial. */
const MAX_WAITING = 10_000

/**
 * Delivers every row that has no outcome yet: first those of the file, in batches, then those that wait. Batches run
 * beside each other only if no lead can stand in both, and what comes after a waiting row of its lead waits too, so that
 * the updates of each lead take effect in the order of the file.
 * @returns why it ended before everything was sent; undefined if it was not so
 */
export async function deliverAll(work: Delivering): Promise<string | undefined> {
  const stopped = work.state.isAtEnd ? undefined : await deliverFile(work)
  if (stopped !== undefined) return stopped
  work.state.noteEnd()
  return deliverWaiting(work).then(
    () => undefined,
    (error: unknown) => reasonToStop(error)
  )
}

async function deliverFile(work: Delivering): Promise<string | undefined> {
  const { reader, state, concurrency, signal } = work
  const waits = new Footprint()
  for (const row of state.waiting()) for (const { trace } of readAll([row], reader).entries) waits.add(trace)
  const inFlight = new Map<Promise<void>, Footprint>()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)

  const launch = (batch: number, { entries, refused }: ReadRows, footprint: Footprint) => {
    const task = deliverBatch(work, waits, batch, entries, refused)
      .catch(failure.reject)
      .finally(() => inFlight.delete(task))
    inFlight.set(task, footprint)
  }
  const isFree = (footprint: Footprint) =>
    inFlight.size <= concurrency && !inFlight.values().some((other) => other.meetsAny(footprint))

  try {
    for await (const { batch, rows } of undone(work)) {
      const read = readAll(rows, reader)
      const footprint = footprintOf(read.entries)
      while (!isFree(footprint)) await Promise.race([...inFlight.keys(), failure.promise])
      if (signal.aborted) throw new Stop(INTERRUPTED)
      launch(batch, read, footprint)
    }
    await Promise.race([Promise.all(inFlight.keys()), failure.promise])
    return undefined
  } catch (error) {
    await Promise.all(inFlight.keys())
    return reasonToStop(error)
  }
}

const INTERRUPTED = 'It was interrupted.'

/** @throws what is a fault of this program */
function reasonToStop(error: unknown): string {
  if (error instanceof Stop || error instanceof PushFailure) return error.message
  throw error
}

/** The batches of the file that have no outcome yet. */
async function* undone({ rows: all, batch: size, state }: Delivering) {
  let batch = 0
  let rows: Row[] = []
  for await (const row of all) {
    rows.push(row)
    if (rows.length < size) continue
    if (!state.isDone(batch)) yield { batch, rows }
    batch++
    rows = []
  }
  if (rows.length > 0 && !state.isDone(batch)) yield { batch, rows }
}

async function deliverBatch(
  { sender, recorder, state, onRecorded }: Delivering,
  waits: Footprint,
  batch: number,
  entries: readonly Entry[],
  refused: readonly Reject[]
): Promise<void> {
  const [sent, behind] = partWaiting(entries, waits)
  const delivered = await sender.deliver(sent)
  const waiting = recorder.record({ batch, sent, delivered, refused, behind })
  for (const { trace } of waiting) waits.add(trace)
  onRecorded()
  const { waitingCount } = state
  if (waitingCount > MAX_WAITING)
    throw new Stop(
      `${waitingCount} rows failed for now, though others did not: see to VICIdial, then run it again.`
    )
}

/** Sends what waits once more, in the order of the file. */
async function deliverWaiting({
  reader,
  sender,
  recorder,
  state,
  batch: size,
  onRecorded
}: Delivering): Promise<void> {
  const rows = state.waiting()
  const waits = new Footprint()
  for (let start = 0; start < rows.length; start += size) {
    const { entries, refused } = readAll(rows.slice(start, start + size), reader)
    const [sent, behind] = partWaiting(entries, waits)
    const delivered = await sender.deliver(sent)
    for (const { trace } of recorder.record({ sent, delivered, refused, behind })) waits.add(trace)
    onRecorded()
  }
}

/** Parts entries into those that can be sent, and those that come after a waiting row of their lead. */
function partWaiting(entries: readonly Entry[], waits: Footprint): [sent: Entry[], behind: Entry[]] {
  const sent: Entry[] = []
  const behind: Entry[] = []
  for (const entry of entries) {
    if (!waits.meets(entry.trace)) sent.push(entry)
    else {
      behind.push(entry)
      waits.add(entry.trace)
    }
  }
  return [sent, behind]
}

interface ReadRows {
  readonly entries: readonly Entry[]
  readonly refused: readonly Reject[]
}

function readAll(rows: readonly Row[], reader: RowReader): ReadRows {
  const entries: Entry[] = []
  const refused: Reject[] = []
  for (const row of rows) {
    const read = reader.read(row)
    if ('reason' in read) refused.push({ row, reason: read.reason })
    else entries.push({ row, update: read.update, trace: traceOf(read.update) })
  }
  return { entries, refused }
}

function footprintOf(entries: readonly Entry[]): Footprint {
  const footprint = new Footprint()
  for (const { trace } of entries) footprint.add(trace)
  return footprint
}
