import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Result } from '../../schemas/batch.ts'
import type { Changes } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import { GroupCommit } from './group-commit.ts'
import { openDatabase } from './open-database.ts'
import {
  ANSWER_KNOWN_MS,
  EVENT_KNOWN_MS,
  type Claimed,
  type DeadLetter,
  type DeliveredFields,
  type Job,
  type JobStatus,
  type KnownAnswer,
  type NewJob,
  type Outbox,
  type Page,
  type Settlement,
  StorageError
} from './outbox.ts'
import { namesIn, readAnswer, readJob, readResult, type Row, RowReader, writeChanges } from './rows.ts'

/** `updates.state`, see MIGRATIONS. */
const OPEN = 0
const DEAD = 1
const ENDED = 2
/** Nobody notices so long a wait, and 64 senders get 1.7 times as much stored (npm run bench). */
const GATHER_MS = 2
/** So many leads are looked at in one go. */
const STEP = 500
/** A row of `updates` with what is needed of its job. */
const WITH_JOB = 'updates.*, jobs.id, jobs.caller, jobs.source FROM updates JOIN jobs ON jobs.n = updates.job'

/** The embedded engine: one file, one process, one writer. */
export class SqliteOutbox implements Outbox {
  readonly #database: DatabaseSync
  readonly #commits: GroupCommit
  readonly #statements = new Map<string, StatementSync>()
  #nextSeq: number
  #open = 0
  #dead = 0

  /**
   * @param directory where its file is, or will be
   * @param gatherMs so long a commit waits for company, in milliseconds
   * @throws StorageError if it cannot be used
   */
  constructor(directory: string, gatherMs = GATHER_MS) {
    this.#database = openDatabase(directory)
    this.#commits = new GroupCommit(this.#database, gatherMs, () => {
      this.#recount()
    })
    // What was being delivered when the process ended is delivered again.
    this.#database.exec(
      `PRAGMA temp_store = MEMORY;
      CREATE TEMP TABLE ready (due_at INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (due_at, seq)) WITHOUT ROWID;
      INSERT INTO ready (due_at, seq)
        SELECT due_at, min(seq) FROM updates WHERE state < 2 AND state = ${OPEN} GROUP BY lead`
    )
    this.#nextSeq = Number(this.#row('SELECT max(first_seq + received) AS next FROM jobs')?.['next'] ?? 1)
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
        const known = this.#known(answer.caller, answer.key)
        const knownMs = answer.fingerprint === '' ? EVENT_KNOWN_MS : ANSWER_KNOWN_MS
        if (known && known.at >= answer.at - knownMs) return known
        this.#remember(answer)
      }
      this.#insert(job)
      return undefined
    })
  }

  #insert(job: NewJob): void {
    const received = job.updates.length + job.refused.length
    const firstSeq = this.#nextSeq
    const status = job.updates.length > 0 ? 'queued' : 'failed'
    const finishedAt = job.updates.length > 0 ? null : job.acceptedAt
    const { lastInsertRowid: n } = this.#run(
      `INSERT INTO jobs (id, caller, source, origin, status, first_seq, received, open, calls, accepted_at, finished_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
      job.id,
      job.caller,
      job.source,
      job.origin,
      status,
      firstSeq,
      received,
      job.updates.length,
      job.acceptedAt,
      finishedAt
    )
    const written = new Map<Changes, string>()
    for (const update of job.updates) {
      const seq = firstSeq + update.index
      const lead = keyName(update.key)
      const changes = written.get(update.changes) ?? writeChanges(update.changes)
      written.set(update.changes, changes)
      const isNext = this.#nextOf(lead) === undefined
      this.#run(
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
      if (isNext) this.#makeReady(seq, job.acceptedAt)
    }
    for (const result of job.refused) {
      const seq = firstSeq + result.index
      this.#run(
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
      const { changes } = this.#run(
        `UPDATE updates SET state = ${ENDED} WHERE seq = ? AND state = ${DEAD}`,
        seq
      )
      this.#dead -= Number(changes)
    }
    this.#nextSeq += received
    this.#open += job.updates.length
  }

  async known(caller: string, key: string, since: number): Promise<KnownAnswer | undefined> {
    const known = this.#known(caller, key)
    return known && known.at >= since ? known : undefined
  }

  remember(answer: KnownAnswer): Promise<void> {
    return this.#commits.write(() => {
      this.#remember(answer)
    })
  }

  #known(caller: string, key: string): KnownAnswer | undefined {
    const row = this.#row('SELECT * FROM answers WHERE caller = ? AND key = ?', caller, key)
    return row && readAnswer(row)
  }

  #remember({ caller, key, fingerprint, httpStatus, contentType, body, at }: KnownAnswer): void {
    this.#run(
      `INSERT OR REPLACE INTO answers (caller, key, fingerprint, http_status, content_type, body, at)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
      caller,
      key,
      fingerprint,
      httpStatus,
      contentType,
      body,
      at
    )
  }

  claim(limit: number, now: number): Promise<Claimed[]> {
    return this.#commits.write(() => {
      const rows = this.#rows(
        `SELECT ready.due_at AS ready_at, updates.*, jobs.id, jobs.caller, jobs.source
        FROM ready CROSS JOIN updates ON updates.seq = ready.seq CROSS JOIN jobs ON jobs.n = updates.job
        WHERE ready.due_at <= ? ORDER BY ready.due_at, ready.seq LIMIT ?`,
        now,
        limit
      )
      const last = rows.at(-1)
      if (last === undefined) return []
      this.#run(
        'DELETE FROM ready WHERE (due_at, seq) <= (?, ?)',
        Number(last['ready_at']),
        Number(last['seq'])
      )
      const reader = new RowReader()
      return rows.map((row) => reader.claimed(row))
    })
  }

  settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<void> {
    return this.#commits.write(() => {
      const ended = new Map<string, number>()
      for (const settlement of settlements) {
        const { job } = settlement.claimed
        const isEnded = this.#settle(settlement)
        ended.set(job.id, (ended.get(job.id) ?? 0) + (isEnded ? 1 : 0))
      }
      const ids = new Set([...ended.keys(), ...calls.keys()])
      for (const id of ids) this.#noteProgress(id, ended.get(id) ?? 0, calls.get(id) ?? 0)
    })
  }

  /** Tells whether the update has ended. */
  #settle(settlement: Settlement): boolean {
    const { seq, order, update } = settlement.claimed
    if (settlement.as === 'waiting') {
      const { dueAt, tries, result } = settlement
      const error = result ? JSON.stringify(result) : null
      this.#run(
        'UPDATE updates SET tries = ?, due_at = ?, result = ? WHERE seq = ?',
        tries,
        dueAt,
        error,
        seq
      )
      this.#makeReady(seq, dueAt)
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
    this.#run(
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

  #noteProgress(id: string, ended: number, calls: number): void {
    const job = this.#row('SELECT n, first_seq, received, open FROM jobs WHERE id = ?', id)
    if (job === undefined) return
    const open = Number(job['open']) - ended
    const n = Number(job['n'])
    if (ended === 0 || open > 0) {
      this.#run(
        "UPDATE jobs SET open = ?, calls = calls + ?, status = replace(status, 'queued', 'running') WHERE n = ?",
        open,
        calls,
        n
      )
      return
    }
    const counts = this.#counts(job)
    const { updated = 0 } = counts
    const some = updated > 0 ? 'partial' : 'failed'
    const status = updated === Number(job['received']) ? 'completed' : some
    this.#run(
      'UPDATE jobs SET open = ?, calls = calls + ?, status = ?, counts = ?, finished_at = ? WHERE n = ?',
      open,
      calls,
      status,
      JSON.stringify(counts),
      Date.now(),
      n
    )
  }

  /** Fields that an update accepted before `order` is not to set any more. */
  #supersede({ lead, fields }: DeliveredFields, order: number): void {
    for (const row of this.#rows(
      'SELECT seq, superseded FROM updates WHERE lead = ? AND state < 2 AND accepted_as < ?',
      lead,
      order
    )) {
      const names = [...new Set([...namesIn(row['superseded']), ...fields])]
      this.#run('UPDATE updates SET superseded = ? WHERE seq = ?', JSON.stringify(names), Number(row['seq']))
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

  nextDueAt(): number | undefined {
    const due = this.#row('SELECT min(due_at) AS due FROM ready')?.['due']
    return typeof due === 'number' ? due : undefined
  }

  async job(id: string): Promise<Job | undefined> {
    const row = this.#row('SELECT * FROM jobs WHERE id = ?', id)
    return row && readJob(row, this.#counts(row))
  }

  async results(id: string): Promise<Result[]> {
    const job = this.#row('SELECT first_seq, received FROM jobs WHERE id = ?', id)
    if (job === undefined) return []
    const first = Number(job['first_seq'])
    return this.#rows(
      'SELECT place, lead, status, result FROM updates WHERE seq >= ? AND seq < ? ORDER BY seq',
      first,
      first + Number(job['received'])
    ).map(readResult)
  }

  async jobs(page: Page & { readonly status?: JobStatus; readonly source?: string }): Promise<Job[]> {
    const { caller = null, status = null, source = null, after = null, limit } = page
    return this.#rows(
      `SELECT * FROM jobs
      WHERE (?1 IS NULL OR n < coalesce((SELECT n FROM jobs WHERE id = ?1), (SELECT max(n) + 1 FROM jobs WHERE id < ?1)))
        AND (?2 IS NULL OR caller = ?2) AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR source = ?4)
      ORDER BY n DESC LIMIT ?5`,
      after,
      caller,
      status,
      source,
      limit
    ).map((row) => readJob(row, this.#counts(row)))
  }

  cancel(id: string, now: number): Promise<number> {
    return this.#commits.write(() => {
      const rows = this.#rows(
        `SELECT seq, place, lead, status, NULL AS result FROM updates
        WHERE job = (SELECT n FROM jobs WHERE id = ?1) AND state = ${OPEN} AND seq >= (SELECT first_seq FROM jobs WHERE id = ?1)
          AND seq < (SELECT first_seq + received FROM jobs WHERE id = ?1)`,
        id
      )
      const next = new Map(rows.map(({ lead }) => [String(lead), this.#nextOf(String(lead))]))
      // The next one of a lead is ready, or on its way.
      const waiting = rows.filter(
        ({ lead, seq }) => next.get(String(lead)) !== Number(seq) || this.#isReady(Number(seq))
      )
      for (const row of waiting) {
        const seq = Number(row['seq'])
        this.#run(
          'DELETE FROM ready WHERE (due_at, seq) = (SELECT due_at, seq FROM updates WHERE seq = ?)',
          seq
        )
        this.#end(seq, ENDED, { ...readResult(row), status: 'cancelled' }, now)
      }
      for (const [lead, before] of next) if (this.#nextOf(lead) !== before) this.#makeNextReady(lead)
      if (waiting.length > 0) this.#noteProgress(id, waiting.length, 0)
      return waiting.length
    })
  }

  async deadLetters(page: Page & { readonly jobId?: string }): Promise<DeadLetter[]> {
    const { caller = null, jobId = null, after = null, limit } = page
    const reader = new RowReader()
    return this.#rows(
      `SELECT ${WITH_JOB} WHERE state = ${DEAD} AND seq < coalesce(?1, 9e15)
        AND (?2 IS NULL OR caller = ?2) AND (?3 IS NULL OR jobs.id = ?3)
      ORDER BY seq DESC LIMIT ?4`,
      after === null ? null : Number(after),
      caller,
      jobId,
      limit
    ).map((row) => reader.deadLetter(row))
  }

  purge(before: number, answersBefore: number, limit: number): Promise<number> {
    return this.#commits.write(() => {
      const answers = this.#run(
        'DELETE FROM answers WHERE (caller, key) IN (SELECT caller, key FROM answers WHERE at < ? LIMIT ?)',
        answersBefore,
        limit
      )
      let left = limit
      for (const job of this.#rows(
        'SELECT n, first_seq, received FROM jobs WHERE finished_at < ? ORDER BY finished_at LIMIT ?',
        before,
        limit
      )) {
        if (left <= 0) break
        left -= this.#purgeJob(job, left)
      }
      return Number(answers.changes) + limit - left
    })
  }

  /** Deletes a job, or as many of its updates as `limit` says. Returns how many rows. */
  #purgeJob(job: Row, limit: number): number {
    const first = Number(job['first_seq'])
    const updates = this.#rows(
      'SELECT seq, state FROM updates WHERE seq >= ? AND seq < ? LIMIT ?',
      first,
      first + Number(job['received']),
      limit
    )
    for (const { seq = null, state } of updates) {
      this.#run('DELETE FROM updates WHERE seq = ?', seq)
      if (state === DEAD) this.#dead--
    }
    if (updates.length === limit) return limit
    this.#run('DELETE FROM jobs WHERE n = ?', Number(job['n']))
    return updates.length + 1
  }

  async close(): Promise<void> {
    this.#commits.flush()
    this.#database.close()
  }

  /** The oldest update of a lead that has not ended. */
  #nextOf(lead: string): number | undefined {
    const row = this.#row(
      `SELECT seq FROM updates WHERE lead = ? AND state < 2 AND state = ${OPEN} ORDER BY seq LIMIT 1`,
      lead
    )
    return row && Number(row['seq'])
  }

  #isReady(seq: number): boolean {
    const ready = 'SELECT 1 FROM ready WHERE (due_at, seq) = (SELECT due_at, seq FROM updates WHERE seq = ?)'
    return this.#row(ready, seq) !== undefined
  }

  #makeReady(seq: number, dueAt: number): void {
    this.#run('INSERT INTO ready (due_at, seq) VALUES (?, ?)', dueAt, seq)
  }

  #makeNextReady(lead: string): void {
    const next = this.#nextOf(lead)
    if (next !== undefined) {
      this.#run(
        'INSERT OR IGNORE INTO ready (due_at, seq) SELECT due_at, seq FROM updates WHERE seq = ?',
        next
      )
    }
  }

  /** How many updates have a result of each status: kept once the job has ended. */
  #counts(job: Row): Record<string, number> {
    if (typeof job['counts'] === 'string') return JSON.parse(job['counts']) as Record<string, number>
    const first = Number(job['first_seq'])
    const rows = this.#rows(
      `SELECT coalesce(status, 'queued') AS result, count(*) AS count FROM updates WHERE seq >= ? AND seq < ? GROUP BY 1`,
      first,
      first + Number(job['received'])
    )
    return Object.fromEntries(rows.map(({ result, count }) => [String(result), Number(count)]))
  }

  #recount(): void {
    this.#open = Number(
      this.#row('SELECT count(*) AS open FROM updates WHERE state < 2 AND state = 0')?.['open']
    )
    this.#dead = Number(this.#row('SELECT count(*) AS dead FROM updates WHERE state = 1')?.['dead'])
  }

  #rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#read(() => this.#statement(sql).all(...values))
  }

  #row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#read(() => this.#statement(sql).get(...values))
  }

  #read<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw new StorageError('The database cannot be read.', error)
    }
  }

  #run(sql: string, ...values: SQLInputValue[]) {
    return this.#statement(sql).run(...values)
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const made = this.#database.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }
}
