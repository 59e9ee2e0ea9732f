import { StorageError } from '../../errors.ts'
import { isLeadId } from '../../leads/lead-key.ts'
import { type HistoryPolicy, type HistoryStore, NO_HISTORY } from '../history.ts'
import type { Result } from '../../../schemas/batch.ts'
import type { Outbox } from '../outbox.ts'
import type { ResultCountStore } from '../result-counts.ts'
import { QueueEvents } from '../queue-events.ts'
import { readObject } from '../rows.ts'
import { AcceptGroups } from './accept-groups.ts'
import { Database } from './database/database.ts'
import { migrate } from './database/migrate.ts'
import { MIGRATIONS } from './database/migrations/migrations.ts'
import { openPool, type PoolOptions } from './database/open-pool.ts'
import { PostgresHistory } from './history.ts'
import { PostgresIdempotency } from './idempotency.ts'
import { PostgresJobs } from './jobs.ts'
import { PostgresQueue } from './queue.ts'
import { PostgresResultCounts } from './result-counts.ts'
import { SetAside, type SetAsideLog } from './set-aside.ts'

/** Also without a hint from the gateway that has stored updates, the owner finds them after this time. */
const LOOK_EVERY_MS = 25
/** How often the end of a job is looked for that somebody waits for, in milliseconds. */
const WATCH_EVERY_MS = 100
/** How often counts are exchanged between gateways, and the database's size is measured, in milliseconds. */
const REPORT_EVERY_MS = 1_000
/** How often requests in progress are shown to go on, in milliseconds: often enough that some may be missed. */
const KEEP_ALIVE_EVERY_MS = 2_000
/** Updates and entries of the history that are read for `updatedLeads`. */
const UPDATES_READ = 5_000
/** The history has the updates of all requests, if it is kept; the table of updates has the stored ones. */
const UPDATED = `SELECT lead, result FROM (
    (SELECT lead, NULL::text AS result, status FROM history ORDER BY id DESC LIMIT $1)
    UNION ALL
    (SELECT NULL::bigint, result, status FROM updates ORDER BY id DESC LIMIT $1)
  ) AS latest WHERE status IN ('updated', 'added')`

export interface PostgresOptions extends Omit<PoolOptions, 'log'> {
  /** What is kept of a job's updates once they have ended; nothing by default. */
  readonly history?: HistoryPolicy
  /** The longest pause before a retry, in milliseconds; see `OwnedQueueOptions`. */
  readonly longestPauseMs?: number
  /** How often the owner looks for updates that other gateways have stored, in milliseconds. */
  readonly lookEveryMs?: number
  /** Updates that the owner reads at once; see `OwnedQueueOptions`. */
  readonly pageSize?: number
  /** A gateway that was not seen for this long does not run, in milliseconds; see `migrate`. */
  readonly goneMs?: number
  readonly log?: OutboxLog
}

interface OutboxLog extends SetAsideLog {
  info(members: object, message: string): void
  warn(members: object, message: string): void
}

const NO_LOG: OutboxLog = { info: () => {}, warn: () => {}, error: () => {} }

/** The engine for several gateways: one database, one owner of the queue. */
export class PostgresOutbox implements Outbox {
  readonly queue: PostgresQueue
  readonly jobs: PostgresJobs
  readonly idempotency: PostgresIdempotency
  readonly history: HistoryStore
  readonly resultCounts: ResultCountStore
  readonly #database: Database
  readonly #accepts: AcceptGroups
  readonly #timers: NodeJS.Timeout[] = []
  readonly #log: OutboxLog
  #bytes = 0
  #isFailing = false
  #closed: Promise<void> | undefined

  private constructor(
    database: Database,
    { history = NO_HISTORY, longestPauseMs, pageSize, log }: PostgresOptions
  ) {
    const events = new QueueEvents()
    this.#database = database
    this.#log = log ?? NO_LOG
    const setAside = new SetAside(this.#log)
    this.queue = new PostgresQueue({
      database,
      setAside,
      events,
      policy: history,
      longestPauseMs: longestPauseMs ?? Number.POSITIVE_INFINITY,
      pageSize
    })
    this.#accepts = new AcceptGroups(database, (updates, acceptedAt) => {
      this.queue.stored(updates, acceptedAt)
    })
    this.jobs = new PostgresJobs({ database, accepts: this.#accepts, queue: this.queue, events, setAside })
    this.idempotency = new PostgresIdempotency(database)
    this.history = new PostgresHistory(database, setAside)
    this.resultCounts = new PostgresResultCounts(database)
  }

  /**
   * Connects to the database, and creates or migrates its tables. The queue is only read by `queue.take`.
   * @throws StorageError if it cannot be used
   */
  static async open(options: PostgresOptions): Promise<PostgresOutbox> {
    const { log = NO_LOG } = options
    const pool = openPool({ ...options, log })
    try {
      await migrate(pool, MIGRATIONS, options.goneMs)
      const database = new Database(pool)
      await requireWhole(database)
      const outbox = new PostgresOutbox(database, options)
      await outbox.#start(options.lookEveryMs ?? LOOK_EVERY_MS)
      return outbox
    } catch (error) {
      await pool.end()
      throw error
    }
  }

  async updatedLeads(limit: number): Promise<readonly number[]> {
    const leads = new Set<number>()
    for (const { lead, result } of await this.#database.rows(UPDATED, UPDATES_READ)) {
      const read: Partial<Result> = readObject(result) ?? {}
      const id = lead ?? read.lead_id
      if (isLeadId(id)) leads.add(id)
    }
    return [...leads].slice(0, limit)
  }

  get bytes(): number {
    return this.#bytes
  }

  get fault(): string | undefined {
    return this.#database.fault
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#accepts.idle()
    await this.queue.close()
    await this.#database.close()
  }

  async #start(lookEveryMs: number): Promise<void> {
    await this.#measure()
    await this.queue.report()
    this.#repeat(lookEveryMs, () => this.queue.look())
    this.#repeat(WATCH_EVERY_MS, async () => {
      if (!this.queue.isOwned) await this.jobs.watch()
    })
    this.#repeat(REPORT_EVERY_MS, async () => {
      // Only a write shows whether writing works again.
      if (this.#database.fault !== undefined) await this.#database.tryToWrite()
      try {
        await this.queue.report()
        // The owner learns the end of a job when it settles, unless the database did not answer then.
        await this.jobs.watch()
        await this.#measure()
      } catch (error) {
        // Without requests nothing else would show that writing fails too.
        await this.#database.tryToWrite()
        throw error
      }
    })
    this.#repeat(KEEP_ALIVE_EVERY_MS, () => this.idempotency.keepAlive())
  }

  async #measure(): Promise<void> {
    const [row] = await this.#database.rows('SELECT pg_database_size(current_database()) AS bytes')
    this.#bytes = Number(row?.['bytes'])
  }

  /** Runs `run` every `ms` milliseconds, unless it is still running. */
  #repeat(ms: number, run: () => Promise<void>): void {
    let isRunning = false
    const timer = setInterval(() => {
      if (isRunning) return
      isRunning = true
      void run()
        .then(
          () => {
            if (this.#isFailing) this.#log.info({}, 'the database answers again')
            this.#isFailing = false
          },
          (error: unknown) => {
            if (!this.#isFailing) this.#log.warn({ err: error }, 'the database does not answer')
            this.#isFailing = true
          }
        )
        .finally(() => (isRunning = false))
    }, ms)
    this.#timers.push(timer)
  }
}

/** @throws StorageError while the tables have only part of a copy from SQLite */
async function requireWhole(database: Database): Promise<void> {
  const unfinished = await database.rows('SELECT 1 FROM imports WHERE finished_at IS NULL')
  if (unfinished.length === 0) return
  throw new StorageError(
    'The database has only part of a copy from SQLite: run vicidial-gateway migrate again, which continues it.'
  )
}
