import { execFile } from 'node:child_process'
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { changesOf } from '../src/leads/changes.ts'
import type { NewJob } from '../src/outbox/jobs.ts'
import type { Outbox } from '../src/outbox/outbox.ts'
import { PostgresOutbox } from '../src/outbox/postgres/postgres-outbox.ts'
import { SqliteOutbox } from '../src/outbox/sqlite/sqlite-outbox.ts'
import { startPostgres } from '../test/postgres-server.ts'
import { alternate, closedLoop, median, medianRatio } from './measure.ts'
import type { Owned } from './outbox-owner.ts'
import { endingWith } from './servers.ts'

const SENDERS = 64
const ROUNDS = 5
const ROUND_MS = 2_000
/** Updates stored at once to fill an outbox. */
const PART = 1_000
const FILL_AT_ONCE = 4
/** As in production: every commit is on disk. */
const DURABLE = ['-c', 'synchronous_commit=on', '-c', 'listen_addresses=127.0.0.1']
const CHANGES = changesOf('batch_update_lead', { status: 'SALE' }, { status: 'SALE' }, [])

/** Both engines, measured in turn on the same disk. */
export interface OutboxFigures {
  readonly senders: number
  readonly accepts: {
    readonly postgresPerSecond: number
    readonly sqlitePerSecond: number
    readonly ratio: number
  }
  /** Updates that wait while the rest is measured. */
  readonly waiting: number
  readonly postgres: Owned
  readonly sqlite: Owned
}

/** Measures the engines: accepting updates, then claiming and settling them while `waiting` wait. */
export async function outboxFigures(waiting: number): Promise<OutboxFigures> {
  await using ended = new AsyncDisposableStack()
  const server = await startPostgres(endingWith(ended), DURABLE)
  const directory = ended.use(mkdtempDisposableSync(join(tmpdir(), 'gateway-bench-'))).path
  const url = await server.newDatabase()
  const postgres = await PostgresOutbox.open({ url })
  const sqlite = new SqliteOutbox(directory)
  const perSecond = (outbox: Outbox) => async () =>
    (await closedLoop(SENDERS, ROUND_MS, (n) => outbox.jobs.accept(job([1 + (n % 100_000)])))).perSecond
  await perSecond(postgres)()
  const { a, b } = await alternate(ROUNDS, perSecond(postgres), perSecond(sqlite))
  for (const outbox of [postgres, sqlite]) await fill(outbox, waiting)
  await Promise.all([postgres.close(), sqlite.close()])
  return {
    senders: SENDERS,
    accepts: { postgresPerSecond: median(a), sqlitePerSecond: median(b), ratio: medianRatio(a, b) },
    waiting,
    postgres: await owned('postgres', url),
    sqlite: await owned('sqlite', directory)
  }
}

/** Stores updates of as many leads. */
async function fill(outbox: Outbox, updates: number): Promise<void> {
  let next = 1
  await Promise.all(
    Array.from({ length: FILL_AT_ONCE }, async () => {
      while (next <= updates) {
        const first = next
        next += PART
        await outbox.jobs.accept(job(Array.from({ length: PART }, (_, n) => first + n)))
      }
    })
  )
}

function job(leads: readonly number[]): NewJob {
  const now = Date.now()
  return {
    id: `job_${crypto.randomUUID()}`,
    caller: 'bench',
    requestId: 'bench',
    account: 'default',
    source: 'bench',
    origin: 'batch',
    acceptedAt: now,
    updates: leads.map((value, index) => ({
      index,
      key: { by: 'lead_id', value },
      onMultiple: 'reject',
      changes: CHANGES
    })),
    rejected: []
  }
}

/** Measures an outbox in a process of its own, for its memory. */
async function owned(engine: 'postgres' | 'sqlite', place: string): Promise<Owned> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--max-semi-space-size=16',
    join(import.meta.dirname, 'outbox-owner.ts'),
    engine,
    place
  ])
  return JSON.parse(stdout) as Owned
}
