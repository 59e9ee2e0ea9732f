import { EventEmitter } from 'node:events'
import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../../../schemas/batch.ts'
import { IDEMPOTENCY_KEY_TTL_MS, type IdempotencyRecord } from '../../http/idempotency-record.ts'
import { Answers } from './idempotency-records.ts'
import { DeadLetters } from './dead-letters.ts'
import { GroupCommit } from './group-commit.ts'
import {
  type HistoryEntry,
  type HistoryPolicy,
  type HistoryPage,
  type HistoryRecord,
  NO_HISTORY,
  settledRecords
} from '../history.ts'
import { HistoryTable } from './history-table.ts'
import { JobTable } from './job-table.ts'
import { openDatabase } from './open-database.ts'
import {
  EVENT_ID_TTL_MS,
  type Claimed,
  type DeadLetter,
  type DeadLetterChoice,
  type DeadLetterPage,
  type DeliveredFields,
  type Job,
  type JobPage,
  type NewJob,
  type Outbox,
  type Replay,
  type Settlement
} from '../outbox.ts'
import { ReadyUpdates } from './ready-updates.ts'
import { RowReader } from './rows.ts'
import { Statements } from './statements.ts'
import { OPEN, UpdateTable } from './update-table.ts'

/** Nobody notices so long a wait, and 64 senders get 1.7 times as much stored (npm run bench). */
const GATHER_MS = 2
/** Updates were settled: the event's argument. */
const SETTLED = Symbol('settled')
/** So many leads are looked at in one go. */
const STEP = 500

export interface SqliteOptions {
  /** What is kept of the updates of jobs once they have ended; nothing by default. */
  readonly history?: HistoryPolicy
  /** So long a commit waits for company, in milliseconds. */
  readonly gatherMs?: number
}

/** The embedded engine: one file, one process, one writer. */
export class SqliteOutbox implements Outbox {
  readonly #database: DatabaseSync
  readonly #sql: Statements
  readonly #commits: GroupCommit
  readonly #answers: Answers
  readonly #jobs: JobTable
  readonly #deadLetters: DeadLetters
  readonly #ready: ReadyUpdates
  readonly #history: HistoryTable
  readonly #keeps: HistoryPolicy
  readonly #updates: UpdateTable
  /** Its events are the ids of jobs that have ended, and SETTLED. */
  readonly #ends = new EventEmitter()

  /**
   * @param directory where its file is, or will be
   * @throws StorageError if it cannot be used
   */
  constructor(directory: string, { history = NO_HISTORY, gatherMs = GATHER_MS }: SqliteOptions = {}) {
    this.#database = openDatabase(directory)
    // As many as wait.
    this.#ends.setMaxListeners(0)
    const sql = new Statements(this.#database)
    this.#sql = sql
    this.#answers = new Answers(sql)
    this.#jobs = new JobTable(sql)
    this.#deadLetters = new DeadLetters(sql)
    this.#history = new HistoryTable(sql)
    this.#keeps = history
    this.#ready = new ReadyUpdates(this.#database, OPEN)
    const updates = new UpdateTable(sql, this.#jobs, this.#ready)
    this.#updates = updates
    this.#commits = new GroupCommit(this.#database, gatherMs, {
      get changes() {
        return sql.changes
      },
      recount: () => {
        updates.recount()
      }
    })
  }

  get size() {
    const { open, dead } = this.#updates
    return { open: open.values().reduce((sum, count) => sum + count, 0), dead }
  }

  get pendingByAccount(): ReadonlyMap<string, number> {
    return this.#updates.open
  }

  get oldestPendingAt(): number | undefined {
    return this.#jobs.oldestOpenAt
  }

  get bytes(): number {
    const size = this.#sql.row(
      'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()'
    )
    return Number(size?.['bytes'])
  }

  get fault(): string | undefined {
    return this.#commits.fault
  }

  accept(job: NewJob): Promise<IdempotencyRecord | undefined> {
    return this.#commits.write(() => {
      const { answer } = job
      if (answer) {
        const knownMs = answer.fingerprint === '' ? EVENT_ID_TTL_MS : IDEMPOTENCY_KEY_TTL_MS
        const known = this.#answers.known(answer.caller, answer.key, answer.at - knownMs)
        if (known) return known
        this.#answers.remember(answer)
      }
      this.#updates.insert(job)
      return undefined
    })
  }

  replay(
    choice: DeadLetterChoice,
    replay: (letters: readonly DeadLetter[], remaining: () => number) => Replay | undefined,
    repeat?: Pick<IdempotencyRecord, 'caller' | 'key'>
  ): Promise<IdempotencyRecord | undefined> {
    return this.#commits.write(() => {
      const known =
        repeat && this.#answers.known(repeat.caller, repeat.key, Date.now() - IDEMPOTENCY_KEY_TTL_MS)
      if (known) return known
      const { letters, remaining } = this.#deadLetters.choose(choice)
      if (letters.length === 0) return undefined
      const made = replay(letters, remaining)
      if (made === undefined) return undefined
      const { jobs, answer } = made
      for (const job of jobs) this.#updates.insert(job)
      if (repeat) this.#answers.remember(answer)
      return answer
    })
  }

  async findAnswer(caller: string, key: string, since: number): Promise<IdempotencyRecord | undefined> {
    return this.#answers.known(caller, key, since)
  }

  saveAnswer(answer: IdempotencyRecord): Promise<void> {
    return this.#commits.write(() => {
      this.#answers.remember(answer)
    })
  }

  claim(account: string, limit: number, now: number): Promise<Claimed[]> {
    return this.#commits.write(() => {
      const reader = new RowReader()
      return this.#ready.take(account, limit, now).map((row) => reader.claimed(row))
    })
  }

  async settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<void> {
    const endedJobs = await this.#commits.write(() => {
      const ended = new Map<string, number>()
      for (const settlement of settlements) {
        const { job } = settlement.claimed
        const isEnded = this.#updates.settle(settlement)
        ended.set(job.id, (ended.get(job.id) ?? 0) + (isEnded ? 1 : 0))
      }
      if (this.#keeps.entries) this.#history.add(settledRecords(settlements, this.#keeps.values))
      const ids = [...new Set([...ended.keys(), ...calls.keys()])]
      return ids.filter((id) => this.#jobs.noteProgress(id, ended.get(id) ?? 0, calls.get(id) ?? 0))
    })
    this.#ends.emit(SETTLED, settlements)
    for (const id of endedJobs) this.#ends.emit(id)
  }

  get nextSequence(): number {
    return this.#updates.nextSeq
  }

  async supersede(delivered: readonly DeliveredFields[], order: number): Promise<void> {
    const { open, dead } = this.size
    if (open + dead === 0) return
    for (let start = 0; start < delivered.length; start += STEP) {
      await this.#commits.write(() => {
        for (const fields of delivered.slice(start, start + STEP)) this.#updates.supersede(fields, order)
      })
    }
  }

  nextDueAt(account: string): number | undefined {
    return this.#ready.nextDueAt(account)
  }

  async job(id: string): Promise<Job | undefined> {
    return this.#jobs.find(id)
  }

  onEnd(id: string, listener: () => void): () => void {
    this.#ends.once(id, listener)
    return () => this.#ends.off(id, listener)
  }

  onSettled(listener: (settlements: readonly Settlement[]) => void): void {
    this.#ends.on(SETTLED, listener)
  }

  async results(id: string, part?: { readonly from: number; readonly limit: number }): Promise<Result[]> {
    return this.#jobs.results(id, part)
  }

  async jobs(page: JobPage): Promise<Job[]> {
    return this.#jobs.list(page)
  }

  async cancel(id: string, now: number): Promise<number> {
    const { settlements, isEnd } = await this.#commits.write(() => {
      const settlements = this.#updates.cancel(id, now)
      if (this.#keeps.entries) this.#history.add(settledRecords(settlements, this.#keeps.values))
      const cancelled = settlements.length
      const isEnd = cancelled > 0 && this.#jobs.noteProgress(id, cancelled, 0)
      return { settlements, isEnd }
    })
    this.#ends.emit(SETTLED, settlements)
    if (isEnd) this.#ends.emit(id)
    return settlements.length
  }

  async deadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#deadLetters.list(page)
  }

  purge(before: number, answersBefore: number, limit: number): Promise<number> {
    return this.#commits.write(() => {
      const answers = this.#answers.purge(answersBefore, limit)
      if (this.fault !== undefined) this.#answers.rememberTrial(answersBefore)
      return answers + this.#updates.purge(before, limit)
    })
  }

  record(records: readonly HistoryRecord[]): Promise<void> {
    return this.#commits.write(() => {
      this.#history.add(records)
    })
  }

  async history(page: HistoryPage): Promise<HistoryEntry[]> {
    return this.#history.list(page)
  }

  purgeHistory(before: number, limit: number): Promise<number> {
    return this.#commits.write(() => this.#history.purge(before, limit))
  }

  async close(): Promise<void> {
    this.#commits.flush()
    this.#database.close()
  }
}
