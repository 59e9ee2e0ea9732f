import { DatabaseSync } from 'node:sqlite'
import { ulid } from 'ulid'
import type { FileIdentity } from './input.ts'
import { PushFailure } from './push-failure.ts'
import type { Row } from './row.ts'
import { addTotals, noTotals, type Totals } from './totals.ts'

/** What a push is: a run goes on with another one's work only if all of this is the same. */
export interface Purpose {
  readonly file: FileIdentity
  readonly gateway: string
  /** Everything that says which updates are made of which rows, and where rejects go. */
  readonly options: Readonly<Record<string, unknown>>
}

/** What is noted, by name. */
interface Facts {
  readonly run: string
  readonly purpose: Purpose
  readonly totals: Totals
  readonly reject_bytes: number
  readonly at_end: boolean
  readonly limit: number
}

/** What one step of a push changes; it is stored whole or not at all. */
export interface Step {
  /** The batch that it was about; undefined: rows that had waited. */
  readonly batch?: number
  readonly totals: Totals
  /** Rows that may succeed later. */
  readonly waiting: readonly Row[]
  /** Rows that wait no longer, by line. */
  readonly settled: readonly number[]
  /** The length of the file of rejects, with those of this step. */
  readonly rejectBytes: number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batches (batch INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS waiting (line INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;
`

/**
 * Nobody else may go on with the same push meanwhile; the system gives the lock back however this ends. A commit waits
 * for the disk once, while the gateway waits for the next batch.
 */
const SETTINGS = 'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'
const FORGET = 'DROP TABLE IF EXISTS facts; DROP TABLE IF EXISTS batches; DROP TABLE IF EXISTS waiting;'

/** How far a push has come, in a file that outlives a crash, or only in memory. */
export class State {
  readonly #database: DatabaseSync
  /** The id of the push. */
  readonly run: string
  /** Whether there is nothing to go on with. */
  readonly isNew: boolean
  #totals: Totals

  /**
   * @param path undefined: in memory
   * @param restart whether what is there is to be forgotten
   * @throws PushFailure if the file is in use, is of another push, or cannot be used
   */
  constructor(path: string | undefined, purpose: Purpose | undefined, restart: boolean) {
    try {
      this.#database = new DatabaseSync(path ?? ':memory:')
      this.#database.exec(`${SETTINGS} BEGIN IMMEDIATE;`)
      this.#database.exec(`${restart ? FORGET : ''} ${SCHEMA} COMMIT`)
    } catch (error) {
      throw unusable(path, error)
    }
    const known = this.#fact('purpose')
    const difference = known && purpose && differenceOf(known, purpose)
    if (difference !== undefined) {
      this.close()
      const advice = 'Undo that to go on with it, or say --restart to forget it and send every row.'
      throw new PushFailure(`${path} is of a push that was begun otherwise: ${difference} ${advice}`, 2)
    }
    const run = this.#fact('run')
    this.isNew = run === undefined
    this.run = run ?? ulid()
    this.#totals = this.#fact('totals') ?? noTotals()
  }

  /** Makes it the state of a push, which is not new from now on. */
  begin(purpose: Purpose | undefined): void {
    this.#database.exec('BEGIN')
    this.#note('run', this.run)
    if (purpose !== undefined) this.#note('purpose', purpose)
    this.#database.exec('COMMIT')
  }

  get totals(): Totals {
    return this.#totals
  }

  get rejectBytes(): number {
    return this.#fact('reject_bytes') ?? 0
  }

  /** Whether every batch of the file was delivered. */
  get isAtEnd(): boolean {
    return this.#fact('at_end') ?? false
  }

  /** Updates that one request of the gateway has been found to take; undefined: not found out. */
  get limit(): number | undefined {
    return this.#fact('limit')
  }

  noteLimit(limit: number): void {
    this.#note('limit', limit)
  }

  noteEnd(): void {
    this.#note('at_end', true)
  }

  isDone(batch: number): boolean {
    return this.#database.prepare('SELECT 1 FROM batches WHERE batch = ?').get(batch) !== undefined
  }

  get waitingCount(): number {
    return Number(this.#database.prepare('SELECT count(*) AS count FROM waiting').get()?.['count'])
  }

  /** Rows that wait, in the order of the file. */
  waiting(): Row[] {
    const rows = this.#database.prepare('SELECT line, value FROM waiting ORDER BY line').all()
    return rows.map(({ line, value }) => ({
      line: Number(line),
      value: JSON.parse(String(value)) as unknown
    }))
  }

  /** Stores a step; when this returns it is on disk. */
  store({ batch, totals, waiting, settled, rejectBytes }: Step): void {
    const sum = addTotals(this.#totals, totals)
    this.#database.exec('BEGIN')
    if (batch !== undefined) this.#database.prepare('INSERT INTO batches VALUES (?)').run(batch)
    const remove = this.#database.prepare('DELETE FROM waiting WHERE line = ?')
    for (const line of settled) remove.run(line)
    const add = this.#database.prepare('INSERT INTO waiting VALUES (?, ?)')
    for (const { line, value } of waiting) add.run(line, JSON.stringify(value))
    this.#note('totals', sum)
    this.#note('reject_bytes', rejectBytes)
    this.#database.exec('COMMIT')
    this.#totals = sum
  }

  close(): void {
    this.#database.close()
  }

  #fact<Name extends keyof Facts>(name: Name): Facts[Name] | undefined {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(name)
    return row === undefined ? undefined : (JSON.parse(String(row['value'])) as Facts[Name])
  }

  #note<Name extends keyof Facts>(name: Name, value: Facts[Name]): void {
    this.#database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(name, JSON.stringify(value))
  }
}

function differenceOf(known: Purpose, now: Purpose): string | undefined {
  if (known.file.sha256 !== now.file.sha256) {
    return `the file has changed since (it had ${known.file.bytes} bytes, it has ${now.file.bytes}).`
  }
  if (known.gateway !== now.gateway) return `it went to ${known.gateway}, not to ${now.gateway}.`
  for (const name of new Set([...Object.keys(known.options), ...Object.keys(now.options)])) {
    const was = told(known.options[name])
    const is = told(now.options[name])
    if (was !== is) return `${name} was ${was}, and is ${is}.`
  }
  return undefined
}

function told(option: unknown): string {
  return option === undefined ? 'not given' : JSON.stringify(option)
}

function unusable(path: string | undefined, error: unknown): PushFailure {
  const said = error instanceof Error ? error.message : String(error)
  const meaning = /locked/.test(said)
    ? 'is in use: another push of this file is running'
    : /not a database/.test(said)
      ? 'is no state of a push: give another --state'
      : `cannot be used (${said})`
  return new PushFailure(`${path} ${meaning}.`, 2, { cause: error })
}
