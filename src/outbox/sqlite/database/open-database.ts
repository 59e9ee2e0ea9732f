import { StorageError } from '../../../errors.ts'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { steadyNow } from '../../../steady-clock.ts'
import { MIGRATIONS } from './migrations.ts'
import { PENDING } from '../../update-state.ts'

/** The name of the database's file. */
export const FILE = 'gateway.db'
/** Marks the gateway's own files: "vgat". */
export const APPLICATION_ID = 0x76676174
/** How long to wait for a gateway that is just ending, in milliseconds. */
const LOCK_WAIT_MS = 2_000
/** SQLite's messages, and what they mean here. */
const MEANINGS: readonly [message: RegExp, meaning: string][] = [
  [/locked/, 'is in use by another process: each gateway needs a DATA_DIR of its own'],
  [/not a database|malformed/, 'is damaged, or no database: move it away or restore it from a backup'],
  [/readonly|read-only/, 'cannot be written: check the owner and the mode of DATA_DIR'],
  [/unable to open/, 'cannot be opened: check the owner and the mode of DATA_DIR'],
  [/full/, 'cannot be written: the disk is full']
]

/**
 * Opens the database in `directory` for this process alone, creates it if it is missing, and migrates it. A file that
 * cannot be used is left unchanged.
 * @param longestPauseMs the longest pause before a retry: updates due later than that were stored by a clock that was
 *   ahead, and become due earlier
 * @throws StorageError that says what is wrong and how to fix it
 */
export function openDatabase(directory: string, longestPauseMs = Infinity): DatabaseSync {
  const path = join(directory, FILE)
  let database: DatabaseSync | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    refuseLostFile(path)
    database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS })
    prepare(database, path, longestPauseMs)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof StorageError) throw error
    const message = error instanceof Error ? error.message : ''
    // Other errors contain the path, which could match by chance.
    const isOfSqlite = error instanceof Error && 'errcode' in error
    const known = isOfSqlite ? MEANINGS.find(([pattern]) => pattern.test(message))?.[1] : undefined
    const meaning = known ?? `cannot be used (${message})`
    throw new StorageError(`The database ${path} ${meaning}.`, error)
  }
}

/** Whether the process before ended without closing the database: closing it deletes the write-ahead log. */
export function wasLeftOpen(directory: string): boolean {
  return sizeOf(`${join(directory, FILE)}-wal`) > 0
}

/** SQLite would create an empty file, and delete the write-ahead log with its updates. */
function refuseLostFile(path: string): void {
  if (sizeOf(path) > 0 || sizeOf(`${path}-wal`) === 0) return
  throw new StorageError(
    `The database ${path} is missing or empty, but ${path}-wal is there and may hold accepted updates: ` +
      'restore both from the same copy, or move the -wal file away to start with an empty database.'
  )
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function prepare(database: DatabaseSync, path: string, longestPauseMs: number): void {
  // The lock is taken with the first read or write and held until the process ends.
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  const version = numberOf(database, 'user_version')
  const isNew = version === 0 && numberOf(database, 'schema_version') === 0
  if (!isNew && numberOf(database, 'application_id') !== APPLICATION_ID) {
    throw new StorageError(`The database ${path} is not one of this gateway: choose another DATA_DIR.`)
  }
  if (version > MIGRATIONS.length) {
    throw new StorageError(
      `The database ${path} was made by a newer gateway (schema ${version}, known up to ${MIGRATIONS.length}): ` +
        'run that one, or move the file away.'
    )
  }
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec('BEGIN EXCLUSIVE')
  for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
  if (isNew) database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
  if (longestPauseMs !== Infinity) bringForward(database, steadyNow(), longestPauseMs)
  database.exec('COMMIT')
  const [check] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})
  if (check !== 'ok') throw new StorageError(`The database ${path} is damaged: restore it from a backup.`)
}

/** Makes updates that are due too late due now if they were never sent, else after the longest pause. */
function bringForward(database: DatabaseSync, now: number, longestPauseMs: number): void {
  const latest = `iif(attempts = 0, ${now}, ${now + longestPauseMs})`
  database.exec(`UPDATE updates SET due_at = ${latest} WHERE state = ${PENDING} AND due_at > ${latest}`)
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
}
