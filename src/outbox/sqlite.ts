import { EventEmitter } from 'node:events'
import type { DatabaseSync } from 'node:sqlite'
import type { Result } from '../../schemas/batch.ts'
import type { Changes } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import { Answers } from './answers.ts'
import { DEAD, DeadLetters } from './dead-letters.ts'
import { GroupCommit } from './group-commit.ts'
import {
  type HistoryEntry,
  type HistoryKeeping,
  type HistoryPage,
  type HistoryRecord,
  NO_HISTORY,
  settledRecords
} from './history.ts'
import { HistoryTable } from './history-table.ts'
import { JobTable } from './job-table.ts'
import { openDatabase } from './open-database.ts'
import {
  ANSWER_KNOWN_MS,
  EVENT_KNOWN_MS,
  type Claimed,
  type DeadLetter,
  type DeadLetterChoice,
  type DeadLetterPage,
  type DeliveredFields,
  type Job,
  type JobPage,
  type KnownAnswer,
  type NewJob,
  type Outbox,
  type Replay,
  type Settlement
} from './outbox.ts'
import { ReadyUpdates } from './ready-updates.ts'
import { namesIn, readResult, type Row, RowReader, writeChanges } from './rows.ts'
import { Statements } from './statements.ts'

/** `updates.state`, see MIGRATIONS. */
const OPEN = 0
const ENDED = 2
/** Nobody notices so long a wait, and 64 senders get 1.7 times as much stored (npm run bench). */
const GATHER_MS = 2
/** Written when writing has failed, to see whether there is room again; the next purge deletes it. No caller has this name. */
const TRIAL = {
  caller: '',
  key: '',
  fingerprint: '',
  httpStatus: 0,
  contentType: '',
  body: ' '.repeat(65_536)
}
/** So many leads are looked at in one go. */
const STEP = 500

export interface SqliteOptions {
  /** What is kept of the updates of jobs once they have ended; nothing by default. */
  readonly history?: HistoryKeeping
  /** So long a commit waits for company, in milliseconds. */
  readonly gatherMs?: number
}

/** The embedded engine: one file, one process, one writer. */
export class SqliteOutbox implements Outbox {
  readonly #database: DatabaseSync
  readonly #commits: GroupCommit
  readonly #sql: Statements
  readonly #answers: Answers
  readonly #jobs: JobTable
  readonly #deadLetters: DeadLetters
  readonly #ready: ReadyUpdates
  readonly #history: HistoryTable
  readonly #keeps: HistoryKeeping
  /** Its events are the ids of jobs that have ended. */
  readonly #ends = new EventEmitter()
  #nextSeq: number
  #open = 0
  #dead = 0

  /**
   * @param directory where its file is, or will be
   * @throws StorageError if it cannot be used
   */
  constructor(directory: string, { history = NO_HISTORY, gatherMs = GATHER_MS }: SqliteOptions = {}) {
    this.#database = openDatabase(directory)
    // As many as wait.
    this.#ends.setMaxListeners(0)
    this.#sql = new Statements(this.#database)
    this.#answers = new Answers(this.#sql)
    this.#jobs = new JobTable(this.#sql)
    this.#history = new HistoryTable(this.#sql)
    this.#keeps = history
    this.#deadLetters = new DeadLetters(this.#sql)
    const sql = this.#sql
    this.#commits = new GroupCommit(this.#database, gatherMs, {
      get changes() {
        return sql.changes
      },
      recount: () => {
        this.#recount()
      }
    })
    this.#ready = new ReadyUpdates(this.#database, OPEN)
    this.#nextSeq = Number(this.#sql.row('SELECT max(first_seq + received) AS next FROM jobs')?.['next'] ?? 1)
    this.#recount()
  }

  get size() {
    return { open: this.#open, dead: this.#dead }
  }

  get fault(): string | undefined {
    return this.#commits.fault
  }

  accept(job: NewJob): Promise<KnownAnswer | undefined> {
    return this.#commits.write(() => {
      const { answer } = job
      if (answer) {
        const knownMs = answer.fingerprint === '' ? EVENT_KNOWN_MS : ANSWER_KNOWN_MS
        const known = this.#answers.known(answer.caller, answer.key, answer.at - knownMs)
        if (known) return known
        this.#answers.remember(answer)
      }
      this.#insert(job)
      return undefined
    })
  }

  replay(
    choice: DeadLetterChoice,
    replay: (letters: readonly DeadLetter[], remaining: number) => Replay,
    repeat?: Pick<KnownAnswer, 'caller' | 'key'>
  ): Promise<KnownAnswer | undefined> {
    return this.#commits.write(() => {
      const known = repeat && this.#answers.known(repeat.caller, repeat.key, Date.now() - ANSWER_KNOWN_MS)
      if (known) return known
      const { letters, remaining } = this.#deadLetters.choose(choice)
      if (letters.length === 0) return undefined
      const { jobs, answer } = replay(letters, remaining)
      for (const job of jobs) this.#insert(job)
      if (repeat) this.#answers.remember(answer)
      return answer
    })
  }

  #insert(job: NewJob): void {
    const received = job.updates.length + job.refused.length
    const firstSeq = this.#nextSeq
    const n = this.#jobs.insert(job, firstSeq)
    const written = new Map<Changes, string>()
    for (const update of job.updates) {
      const seq = firstSeq + update.index
      const lead = keyName(update.key)
      const changes = written.get(update.changes) ?? writeChanges(update.changes)
      written.set(update.changes, changes)
      const isNext = this.#nextOf(lead) === undefined
      this.#sql.run(
        `INSERT INTO updates (seq, job, place, lead, on_multiple, changes, accepted_as, superseded, tries, due_at, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ${OPEN})`,
        seq,
        n,
        update.index,
        lead,
        update.onMultiple,
        changes,
        update.order ?? seq,
        update.superseded?.length ? JSON.stringify(update.superseded) : null,
        job.acceptedAt
      )
      if (isNext) this.#ready.add(job.account, job.acceptedAt, seq)
    }
    for (const result of job.refused) {
      const seq = firstSeq + result.index
      this.#sql.run(
        `INSERT INTO updates (seq, job, place, accepted_as, tries, due_at, state, status, result)
        VALUES (?, ?, ?, ?, 0, ?, ${ENDED}, ?, ?)`,
        seq,
        n,
        result.index,
        seq,
        job.acceptedAt,
        result.status,
        JSON.stringify(result)
      )
    }
    for (const seq of job.replays ?? []) {
      const { changes } = this.#sql.run(
        `UPDATE updates SET state = ${ENDED} WHERE seq = ? AND state = ${DEAD}`,
        seq
      )
      this.#dead -= Number(changes)
    }
    this.#nextSeq += received
    this.#open += job.updates.length
  }

  async known(caller: string, key: string, since: number): Promise<KnownAnswer | undefined> {
    return this.#answers.known(caller, key, since)
  }

  remember(answer: KnownAnswer): Promise<void> {
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
        const isEnded = this.#settle(settlement)
        ended.set(job.id, (ended.get(job.id) ?? 0) + (isEnded ? 1 : 0))
      }
      if (this.#keeps.entries) this.#history.add(settledRecords(settlements, this.#keeps.values))
      const ids = [...new Set([...ended.keys(), ...calls.keys()])]
      return ids.filter((id) => this.#jobs.noteProgress(id, ended.get(id) ?? 0, calls.get(id) ?? 0))
    })
    for (const id of endedJobs) this.#ends.emit(id)
  }

  /** Tells whether the update has ended. */
  #settle(settlement: Settlement): boolean {
    const { seq, order, update, job } = settlement.claimed
    if (settlement.as === 'waiting') {
      const { dueAt, tries, result } = settlement
      const error = result ? JSON.stringify(result) : null
      this.#sql.run(
        'UPDATE updates SET tries = ?, due_at = ?, result = ? WHERE seq = ?',
        tries,
        dueAt,
        error,
        seq
      )
      this.#ready.add(job.account, dueAt, seq)
      return false
    }
    const { result, as, delivered } = settlement
    const now = Date.now()
    this.#end(seq, as === 'dead' ? DEAD : ENDED, result, now)
    for (const fields of delivered) this.#supersede(fields, order)
    this.#makeNextReady(keyName(update.key))
    return true
  }

  #end(seq: number, state: number, result: Result, now: number): void {
    this.#sql.run(
      'UPDATE updates SET state = ?, status = ?, result = ?, due_at = ? WHERE seq = ?',
      state,
      result.status,
      JSON.stringify(result),
      now,
      seq
    )
    this.#open--
    if (state === DEAD) this.#dead++
  }

  /** Fields that an update accepted before `order` is not to set any more. */
  #supersede({ lead, fields }: DeliveredFields, order: number): void {
    for (const row of this.#sql.rows(
      'SELECT seq, superseded FROM updates WHERE lead = ? AND state < 2 AND accepted_as < ?',
      lead,
      order
    )) {
      const names = [...new Set([...namesIn(row['superseded']), ...fields])]
      this.#sql.run(
        'UPDATE updates SET superseded = ? WHERE seq = ?',
        JSON.stringify(names),
        Number(row['seq'])
      )
    }
  }

  get nextOrder(): number {
    return this.#nextSeq
  }

  async supersede(delivered: readonly DeliveredFields[], order: number): Promise<void> {
    if (this.#open + this.#dead === 0) return
    for (let start = 0; start < delivered.length; start += STEP) {
      await this.#commits.write(() => {
        for (const fields of delivered.slice(start, start + STEP)) this.#supersede(fields, order)
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

  async results(id: string): Promise<Result[]> {
    return this.#jobs.results(id)
  }

  async jobs(page: JobPage): Promise<Job[]> {
    return this.#jobs.list(page)
  }

  async cancel(id: string, now: number): Promise<number> {
    const { cancelled, isEnd } = await this.#commits.write(() => {
      const rows = this.#sql.rows(
        `SELECT seq, place, lead, status, NULL AS result FROM updates
        WHERE job = (SELECT n FROM jobs WHERE id = ?1) AND state = ${OPEN} AND seq >= (SELECT first_seq FROM jobs WHERE id = ?1)
          AND seq < (SELECT first_seq + received FROM jobs WHERE id = ?1)`,
        id
      )
      const next = new Map(rows.map(({ lead }) => [String(lead), this.#nextOf(String(lead))]))
      // The next one of a lead is ready, or on its way.
      const waiting = rows.filter(
        ({ lead, seq }) => next.get(String(lead)) !== Number(seq) || this.#ready.has(Number(seq))
      )
      for (const row of waiting) {
        const seq = Number(row['seq'])
        this.#ready.remove(seq)
        this.#end(seq, ENDED, { ...readResult(row), status: 'cancelled' }, now)
      }
      for (const [lead, before] of next) if (this.#nextOf(lead) !== before) this.#makeNextReady(lead)
      const isEnd = waiting.length > 0 && this.#jobs.noteProgress(id, waiting.length, 0)
      return { cancelled: waiting.length, isEnd }
    })
    if (isEnd) this.#ends.emit(id)
    return cancelled
  }

  async deadLetters(page: DeadLetterPage): Promise<DeadLetter[]> {
    return this.#deadLetters.list(page)
  }

  purge(before: number, answersBefore: number, limit: number): Promise<number> {
    return this.#commits.write(() => {
      const answers = this.#answers.purge(answersBefore, limit)
      if (this.fault !== undefined) this.#answers.remember({ ...TRIAL, at: answersBefore })
      let left = limit
      for (const job of this.#sql.rows(
        'SELECT n, first_seq, received FROM jobs WHERE finished_at < ? ORDER BY finished_at LIMIT ?',
        before,
        limit
      )) {
        if (left <= 0) break
        left -= this.#purgeJob(job, left)
      }
      return answers + limit - left
    })
  }

  /** Deletes a job, or as many of its updates as `limit` says. Returns how many rows. */
  #purgeJob(job: Row, limit: number): number {
    const first = Number(job['first_seq'])
    const updates = this.#sql.rows(
      'SELECT seq, state FROM updates WHERE seq >= ? AND seq < ? LIMIT ?',
      first,
      first + Number(job['received']),
      limit
    )
    for (const { seq = null, state } of updates) {
      this.#sql.run('DELETE FROM updates WHERE seq = ?', seq)
      if (state === DEAD) this.#dead--
    }
    if (updates.length === limit) return limit
    this.#sql.run('DELETE FROM jobs WHERE n = ?', Number(job['n']))
    return updates.length + 1
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

  /** The oldest update of a lead that has not ended. */
  #nextOf(lead: string): number | undefined {
    const row = this.#sql.row(
      `SELECT seq FROM updates WHERE lead = ? AND state < 2 AND state = ${OPEN} ORDER BY seq LIMIT 1`,
      lead
    )
    return row && Number(row['seq'])
  }

  #makeNextReady(lead: string): void {
    const next = this.#nextOf(lead)
    if (next !== undefined) this.#ready.addStored(next)
  }

  #recount(): void {
    this.#open = Number(
      this.#sql.row('SELECT count(*) AS open FROM updates WHERE state < 2 AND state = 0')?.['open']
    )
    this.#dead = Number(this.#sql.row('SELECT count(*) AS dead FROM updates WHERE state = 1')?.['dead'])
  }
}
