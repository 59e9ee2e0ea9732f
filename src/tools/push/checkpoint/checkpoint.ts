import { DatabaseSync } from 'node:sqlite'
import { ulid } from 'ulid'
import type { FileIdentity } from '../input/input.ts'
import { PushFailure } from '../errors.ts'
import type { Row } from '../input/row.ts'
import { addTotals, emptyTotals, type Totals } from './totals.ts'

/** What makes two runs the same push. A run resumes an earlier one only if all of this is equal. */
export interface PushIdentity {
  readonly file: FileIdentity
  readonly gateway: string
  /** The options that decide which updates the rows become, and where rejects go. */
  readonly options: Readonly<Record<string, unknown>>
}

/** Stored values by their stored name. */
interface Facts {
  readonly run: string
  readonly purpose: PushIdentity
  readonly totals: Totals
  readonly reject_bytes: number
  readonly at_end: boolean
  readonly limit: number
}

/** Changes that one batch makes to the checkpoint, saved atomically. */
export interface BatchRecord {
  /** The batch's index in the file; undefined for rows that had to wait. */
  readonly batch?: number
  readonly totals: Totals
  /** Rows that may succeed later. */
  readonly waiting: readonly Row[]
  /** Lines of rows that no longer wait. */
  readonly ended: readonly number[]
  /** The length of the rejects file, this batch's rejects included. */
  readonly rejectBytes: number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batches (batch INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS waiting (line INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;
`

/**
 * EXCLUSIVE: no other process may resume the push meanwhile. The system releases the lock even after a crash. A commit
 * waits for the disk once, and so delays the next batch.
 */
const SETTINGS = 'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'
const DROP = 'DROP TABLE IF EXISTS facts; DROP TABLE IF EXISTS batches; DROP TABLE IF EXISTS waiting;'

/** How far a push has come, in a file that survives a crash, or only in memory. */
export class Checkpoint {
  readonly #database: DatabaseSync
  /** The id of the push. */
  readonly run: string
  /** Whether there is nothing to resume. */
  readonly isNew: boolean
  #totals: Totals

  /**
   * @param path undefined for in memory
   * @param restart deletes what is there
   * @throws PushFailure if the file is in use, belongs to another push, or can't be used
   */
  constructor(path: string | undefined, identity: PushIdentity | undefined, restart: boolean) {
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
    this.run = run ?? ulid()
    this.#totals = this.#read('totals') ?? emptyTotals()
  }

  /** Marks the push as started, so that it can be resumed. */
  begin(identity: PushIdentity | undefined): void {
    this.#database.exec('BEGIN')
    this.#write('run', this.run)
    if (identity !== undefined) this.#write('purpose', identity)
    this.#database.exec('COMMIT')
  }

  get totals(): Totals {
    return this.#totals
  }

  get rejectBytes(): number {
    return this.#read('reject_bytes') ?? 0
  }

  /** Whether every batch of the file was delivered. */
  get isAtEnd(): boolean {
    return this.#read('at_end') ?? false
  }

  /** How many updates the gateway accepts in a request; undefined if unknown. */
  get limit(): number | undefined {
    return this.#read('limit')
  }

  saveLimit(limit: number): void {
    this.#write('limit', limit)
  }

  saveEnd(): void {
    this.#write('at_end', true)
  }

  isDone(batch: number): boolean {
    return this.#database.prepare('SELECT 1 FROM batches WHERE batch = ?').get(batch) !== undefined
  }

  get waitingCount(): number {
    return Number(this.#database.prepare('SELECT count(*) AS count FROM waiting').get()?.['count'])
  }

  /** The waiting rows, in the order of the file. */
  waiting(): Row[] {
    const rows = this.#database.prepare('SELECT line, value FROM waiting ORDER BY line').all()
    return rows.map(({ line, value }) => ({
      line: Number(line),
      value: JSON.parse(String(value)) as unknown
    }))
  }

  /** Saves a batch. It is on disk when this returns. */
  save({ batch, totals, waiting, ended, rejectBytes }: BatchRecord): void {
    const sum = addTotals(this.#totals, totals)
    this.#database.exec('BEGIN')
    if (batch !== undefined) this.#database.prepare('INSERT INTO batches VALUES (?)').run(batch)
    const remove = this.#database.prepare('DELETE FROM waiting WHERE line = ?')
    for (const line of ended) remove.run(line)
    const add = this.#database.prepare('INSERT INTO waiting VALUES (?, ?)')
    for (const { line, value } of waiting) add.run(line, JSON.stringify(value))
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

function differenceOf(known: PushIdentity, now: PushIdentity): string | undefined {
  if (known.file.sha256 !== now.file.sha256) {
    return `the file has changed (it had ${known.file.bytes} bytes, now ${now.file.bytes}).`
  }
  if (known.gateway !== now.gateway) return `it went to ${known.gateway}, not to ${now.gateway}.`
  for (const name of new Set([...Object.keys(known.options), ...Object.keys(now.options)])) {
    const was = format(known.options[name])
    const is = format(now.options[name])
    if (was !== is) return `${name} was ${was}, now it is ${is}.`
  }
  return undefined
}

function format(option: unknown): string {
  return option === undefined ? 'not given' : JSON.stringify(option)
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
