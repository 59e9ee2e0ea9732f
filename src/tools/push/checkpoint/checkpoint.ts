import { DatabaseSync } from 'node:sqlite'
import { ulid } from 'ulid'
import { PushFailure } from '../errors.ts'
import { type FileRow, HASH_BYTES, hashOf } from '../input/file-row.ts'
import type { Row } from '../input/row.ts'
import { differenceOf, type PushIdentity } from './push-identity.ts'
import { DROP_ROW_TABLES, type RejectPlace, ROW_TABLES, type RowOutcome, RowRecords } from './row-records.ts'
import { addTotals, countResult, emptyTotals, type Totals } from './totals.ts'

/** Stored values by their stored name. */
interface Facts {
  readonly run: string
  readonly purpose: PushIdentity
  readonly totals: Totals
  readonly reject_bytes: number
  readonly at_end: boolean
  readonly limit: number
  /** A new rejects file is about to replace the old one. */
  readonly replaces_rejects: boolean
}

/** Changes that one batch makes to the checkpoint, saved atomically. */
export interface BatchRecord {
  /** Rows of the batch that was sent, in order. A row without an outcome waits. */
  readonly sent: readonly { readonly row: FileRow; readonly outcome?: RowOutcome }[]
  /** Rows that had waited, and no longer do. */
  readonly ended: readonly { readonly row: FileRow; readonly outcome: RowOutcome }[]
  /** How many calls the gateway made to VICIdial. */
  readonly calls: number
  readonly rejects: readonly RejectPlace[]
  /** The length of the rejects file, this batch's rejects included. */
  readonly rejectBytes: number
}

/** Rows to send. */
export interface PendingRows {
  readonly rows: readonly FileRow[]
  /** The index of the first row that is not the one that was sent before. */
  readonly changedAt?: number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS waiting (row INTEGER PRIMARY KEY, line INTEGER NOT NULL, value TEXT NOT NULL) STRICT;
  ${ROW_TABLES}
`

/**
 * EXCLUSIVE: no other process may resume the push meanwhile. The system releases the lock even after a crash. A commit
 * waits for the disk once, and so delays the next batch.
 */
const SETTINGS = 'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'
const DROP = `DROP TABLE IF EXISTS facts; DROP TABLE IF EXISTS waiting; ${DROP_ROW_TABLES}`

/** How far a push has come, in a file that survives a crash, or only in memory. */
export class Checkpoint {
  readonly #database: DatabaseSync
  /** Undefined if no other run can resume this one. */
  readonly #records: RowRecords | undefined
  #run: string
  /** Whether there is nothing to resume. */
  readonly isNew: boolean
  /** Whether the file is the one that was pushed before. */
  readonly isSameFile: boolean
  #totals: Totals

  /**
   * @param path undefined for in memory
   * @param batch rows in a batch
   * @param restart deletes what is there
   * @throws PushFailure if the file is in use, belongs to another push, or can't be used
   */
  constructor(path: string | undefined, identity: PushIdentity | undefined, batch: number, restart: boolean) {
    try {
      this.#database = new DatabaseSync(path ?? ':memory:')
      this.#database.exec(`${SETTINGS} BEGIN IMMEDIATE;`)
      this.#database.exec(`${restart ? DROP : ''} ${SCHEMA} COMMIT`)
    } catch (error) {
      throw openFailure(path, error)
    }
    const known = this.#read('purpose')
    const difference = known && identity && differenceOf(known, identity)
    if (difference !== undefined) {
      this.close()
      const advice = 'Undo this to resume that push, or use --restart to send every row again.'
      throw new PushFailure(`${path} belongs to a different push: ${difference} ${advice}`, 2)
    }
    const run = this.#read('run')
    this.isNew = run === undefined
    this.isSameFile = known === undefined || known.file.sha256 === identity?.file.sha256
    this.#records = path === undefined ? undefined : new RowRecords(this.#database, batch)
    this.#run = run ?? ulid()
    this.#totals = this.#read('totals') ?? emptyTotals()
  }

  /** Marks the push as started, so that it can be resumed. */
  begin(identity: PushIdentity | undefined): void {
    this.#database.exec('BEGIN')
    this.#write('run', this.#run)
    if (identity !== undefined && this.isNew) this.#write('purpose', identity)
    this.#database.exec('COMMIT')
  }

  /** The id of the push. */
  get run(): string {
    return this.#run
  }

  get totals(): Totals {
    return this.#totals
  }

  get rejectBytes(): number {
    return this.#read('reject_bytes') ?? 0
  }

  /** Whether a new rejects file has to replace the old one before anything else. */
  get replacesRejects(): boolean {
    return this.#read('replaces_rejects') ?? false
  }

  /** The new rejects file has replaced the old one. */
  saveRejectsReplaced(): void {
    this.#write('replaces_rejects', false)
  }

  /** Forgets the rejects: their file is gone. */
  forgetRejects(): void {
    this.#database.exec('BEGIN')
    this.#records?.forgetRejects()
    this.#write('reject_bytes', 0)
    this.#database.exec('COMMIT')
  }

  /** Whether every batch of this file was delivered. */
  get isAtEnd(): boolean {
    return this.isSameFile && (this.#read('at_end') ?? false)
  }

  /** How many updates the gateway accepts in a request; undefined if unknown. */
  get limit(): number | undefined {
    return this.#read('limit')
  }

  saveLimit(limit: number): void {
    this.#write('limit', limit)
  }

  saveEnd(identity: PushIdentity | undefined): void {
    this.#database.exec('BEGIN')
    if (identity !== undefined) this.#write('purpose', identity)
    this.#write('at_end', true)
    this.#database.exec('COMMIT')
  }

  /** The rows of a batch that have no record yet. If the file has changed, only the same rows count. */
  pendingOf(rows: readonly FileRow[]): PendingRows {
    const [first] = rows
    const records = this.#records
    if (records === undefined || first === undefined) return { rows }
    const known = records.hashesOf(first.index)
    const count = known.length / HASH_BYTES
    if (this.isSameFile) return { rows: rows.slice(count) }
    const changed = rows.findIndex((row, n) => n < count && !hashAt(known, n).equals(hashOf(row)))
    const same = changed >= 0 ? changed : Math.min(count, rows.length)
    // Rows without a record may have changed too, and then be of leads that later rows were sent for.
    const isBefore = same < rows.length && this.end > first.index + rows.length
    return { rows: rows.slice(same), ...(same < count || isBefore ? { changedAt: first.index + same } : {}) }
  }

  /** Whether the first row that was sent is another. */
  startsOtherThan(first: Row): boolean {
    const known = this.#records?.hashesOf(0) ?? Buffer.alloc(0)
    return known.length > 0 && !hashAt(known, 0).equals(hashOf(first))
  }

  /** The index after the last row that has a record. */
  get end(): number {
    return this.#records?.end ?? 0
  }

  /** The places of the rejects before a row. */
  rejectsBefore(row: number): readonly RejectPlace[] {
    return this.#records?.rejects().filter((place) => place.row < row) ?? []
  }

  /**
   * Goes back to a row, as if it and all after it were never sent. The run gets another id, as the gateway answers a
   * request with a known idempotency key without making its updates.
   * @param rejects the places of the remaining rejects in a new rejects file, which then replaces the old one
   */
  goBack(row: number, rejects: readonly RejectPlace[], rejectBytes: number): void {
    const records = this.#records
    if (records === undefined) return
    const run = ulid()
    this.#database.exec('BEGIN')
    records.cut(row)
    records.forgetRejects()
    records.addRejects(rejects)
    this.#database.prepare('DELETE FROM waiting WHERE row >= ?').run(row)
    const totals = { ...records.count(), calls: this.#totals.calls }
    this.#write('run', run)
    this.#write('totals', totals)
    this.#write('reject_bytes', rejectBytes)
    this.#write('replaces_rejects', true)
    this.#write('at_end', false)
    this.#database.exec('COMMIT')
    this.#run = run
    this.#totals = totals
  }

  get waitingCount(): number {
    return Number(this.#database.prepare('SELECT count(*) AS count FROM waiting').get()?.['count'])
  }

  /** The waiting rows, in the order of the file. */
  waiting(): FileRow[] {
    const rows = this.#database.prepare('SELECT row, line, value FROM waiting ORDER BY row').all()
    return rows.map(({ row, line, value }) => ({
      index: Number(row),
      line: Number(line),
      value: JSON.parse(String(value)) as unknown
    }))
  }

  /** Saves a batch. It is on disk when this returns. */
  save({ sent, ended, calls, rejects, rejectBytes }: BatchRecord): void {
    const sum = addTotals(this.#totals, { ...emptyTotals(), calls })
    for (const { outcome } of [...sent, ...ended]) if (outcome !== undefined) countResult(sum, outcome)
    this.#database.exec('BEGIN')
    if (sent.length > 0)
      this.#records?.add(sent.map(({ row, ...rest }) => ({ index: row.index, hash: hashOf(row), ...rest })))
    this.#records?.update(ended.map(({ row, outcome }) => ({ index: row.index, outcome })))
    this.#records?.addRejects(rejects)
    const remove = this.#database.prepare('DELETE FROM waiting WHERE row = ?')
    for (const { row } of ended) remove.run(row.index)
    const add = this.#database.prepare('INSERT INTO waiting VALUES (?, ?, ?)')
    for (const { row, outcome } of sent)
      if (outcome === undefined) add.run(row.index, row.line, JSON.stringify(row.value))
    this.#write('totals', sum)
    this.#write('reject_bytes', rejectBytes)
    this.#database.exec('COMMIT')
    this.#totals = sum
  }

  close(): void {
    this.#database.close()
  }

  #read<Name extends keyof Facts>(name: Name): Facts[Name] | undefined {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(name)
    return row === undefined ? undefined : (JSON.parse(String(row['value'])) as Facts[Name])
  }

  #write<Name extends keyof Facts>(name: Name, value: Facts[Name]): void {
    this.#database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(name, JSON.stringify(value))
  }
}

function hashAt(hashes: Buffer, n: number): Buffer {
  return hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES)
}

function openFailure(path: string | undefined, error: unknown): PushFailure {
  const text = error instanceof Error ? error.message : String(error)
  const meaning = /locked/.test(text)
    ? 'is in use: another push of this file is running'
    : /not a database/.test(text)
      ? 'is not a state file of a push: choose another --state'
      : `can't be used (${text})`
  return new PushFailure(`${path} ${meaning}.`, 2, { cause: error })
}
