import { type FileHandle, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_LEAD_ID } from '../../leads/lead-key.ts'
import { type HistoryPolicy, type HistoryStore, NO_HISTORY } from '../history.ts'
import type { IdempotencyStore } from '../idempotency.ts'
import type { JobStore } from '../jobs.ts'
import type { DiskSpace, Outbox } from '../outbox.ts'
import type { UpdateQueue } from '../queue.ts'
import type { ResultCountStore } from '../result-counts.ts'
import { QueueEvents } from '../queue-events.ts'
import { AttemptTable } from './attempts.ts'
import { DatabaseCopy } from './database/database-copy.ts'
import { DatabaseFiles } from './database/database-files.ts'
import { DeadLetters } from './dead-letters.ts'
import { DiskReserve } from './database/disk-reserve.ts'
import { GroupCommit } from './database/group-commit.ts'
import { SqliteHistory } from './history.ts'
import { SqliteIdempotency } from './idempotency.ts'
import { JobProgress } from './job-progress.ts'
import { JobTable } from './job-table.ts'
import { SqliteJobs } from './jobs.ts'
import { NewestWrites } from './newest-writes.ts'
import { FILE, openDatabase, wasLeftOpen } from './database/open-database.ts'
import { SqliteQueue } from './queue.ts'
import { ReadyUpdates } from './ready-updates.ts'
import { SqliteResultCounts } from './result-counts.ts'
import { Statements } from './database/statements.ts'
import { WriteAheadLog } from './database/write-ahead-log.ts'
import { setAsideUnreadable } from './database/unreadable-rows.ts'
import { UpdateTable } from './update-table.ts'

/** How long a commit waits for others to share it, in milliseconds: with it 64 senders store 1.7 times as much (npm run bench). */
const GATHER_MS = 2

/** Updates and entries of the history that are read for `updatedLeads`. */
const UPDATES_READ = 5_000
/** The history has the updates of all requests, if it is kept; the table of updates has the stored ones. */
const UPDATED_LEADS = `SELECT DISTINCT lead FROM (
    SELECT * FROM (SELECT lead, status FROM history ORDER BY id DESC LIMIT ?1)
    UNION ALL
    SELECT iif(json_valid(result), result ->> 'lead_id', NULL), status
      FROM (SELECT result, status FROM updates ORDER BY id DESC LIMIT ?1)
  ) WHERE status IN ('updated', 'added') AND lead BETWEEN 1 AND ${MAX_LEAD_ID} LIMIT ?2`

export interface SqliteOptions {
  /** What is kept of a job's updates once they have ended; nothing by default. */
  readonly history?: HistoryPolicy
  /** How long a commit waits for others to share it, in milliseconds. */
  readonly gatherMs?: number
  /** The longest pause before a retry, in milliseconds; see `openDatabase`. */
  readonly longestPauseMs?: number
  /** Syncs what was committed to disk; by default `WriteAheadLog.sync`. */
  readonly sync?: (log: WriteAheadLog) => Promise<void>
  readonly log?: OutboxLog
}

export interface OutboxLog {
  error(members: object, message: string): void
}

const NO_LOG: OutboxLog = { error: () => {} }

/** The embedded engine: one file, one process, one writer. */
export class SqliteOutbox implements Outbox {
  readonly queue: UpdateQueue
  readonly jobs: JobStore
  readonly idempotency: IdempotencyStore
  readonly history: HistoryStore
  readonly resultCounts: ResultCountStore
  readonly wasKilled: boolean
  readonly #sql: Statements
  readonly #commits: GroupCommit
  readonly #files: DatabaseFiles
  readonly #log: WriteAheadLog
  readonly #copy: DatabaseCopy
  readonly #directory: string

  /**
   * @param directory where its file is, or will be
   * @throws StorageError if it cannot be used
   */
  constructor(
    directory: string,
    {
      history: policy = NO_HISTORY,
      gatherMs = GATHER_MS,
      longestPauseMs,
      sync = (file) => file.sync(),
      log = NO_LOG
    }: SqliteOptions = {}
  ) {
    this.#directory = directory
    this.wasKilled = wasLeftOpen(directory)
    const database = openDatabase(directory, longestPauseMs)
    const path = join(directory, FILE)
    const files = new DatabaseFiles(path, (fault) => {
      log.error(
        { fault },
        'the database will be lost when this process ends: let it deliver the stored updates, then restart it'
      )
    })
    this.#files = files
    this.#log = new WriteAheadLog(database, path)
    this.#copy = new DatabaseCopy(database, directory)
    const rows = setAsideUnreadable(database, Date.now())
    if (rows > 0)
      log.error({ rows }, 'rows of the database that cannot be read were moved to its table set_aside')
    const sql = new Statements(database)
    this.#sql = sql
    const jobs = new JobTable(sql)
    const ready = new ReadyUpdates(database)
    const writes = new NewestWrites(sql)
    const updates = new UpdateTable(sql, jobs, ready, writes)
    const attempts = new AttemptTable(sql)
    const deadLetters = new DeadLetters(sql)
    const recount = () => {
      updates.recount()
    }
    const counts = { statements: sql, recount }
    const commits = new GroupCommit(database, counts, {
      gatherMs,
      reserve: new DiskReserve(directory),
      files,
      sync: () => sync(this.#log)
    })
    this.#commits = commits
    const idempotency = new SqliteIdempotency(sql, commits)
    const history = new SqliteHistory(sql, commits)
    const events = new QueueEvents()
    const progress = new JobProgress(jobs, history, policy)
    this.queue = new SqliteQueue({ commits, jobs, updates, attempts, ready, writes, progress, events })
    this.jobs = new SqliteJobs({
      commits,
      jobs,
      updates,
      attempts,
      deadLetters,
      idempotency,
      progress,
      events
    })
    this.idempotency = idempotency
    this.history = history
    this.resultCounts = new SqliteResultCounts(sql, commits)
  }

  async updatedLeads(limit: number): Promise<readonly number[]> {
    return this.#sql.rows(UPDATED_LEADS, UPDATES_READ, limit).map(({ lead }) => Number(lead))
  }

  get bytes(): number {
    const size = this.#sql.row(
      'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()'
    )
    return Number(size?.['bytes'])
  }

  get fault(): string | undefined {
    return this.#commits.fault ?? this.#files.fault
  }

  backup(): Promise<FileHandle> {
    return this.#copy.make(this.bytes)
  }

  async diskSpace(): Promise<DiskSpace> {
    const { bavail, bfree, blocks, bsize } = await statfs(this.#directory)
    return { free: bavail * bsize, total: (blocks - bfree + bavail) * bsize }
  }

  async close(): Promise<void> {
    await this.#commits.flush()
    // After a failed sync the log stays, so that the next start reads it.
    if (!this.#commits.isLost) this.#log.close()
  }
}
