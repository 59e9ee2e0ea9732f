import { StorageError } from '../../../errors.ts'
import type { DatabaseSync, SQLInputValue, StatementResultingChanges, StatementSync } from 'node:sqlite'
import type { Row } from '../../rows.ts'

/** Runs SQL on a database, preparing each statement once. */
export class Statements {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()
  #changes = 0

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** @throws StorageError */
  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    try {
      return this.#statement(sql).all(...values)
    } catch (error) {
      throw unreadable(error)
    }
  }

  /** @throws StorageError */
  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    try {
      return this.#statement(sql).get(...values)
    } catch (error) {
      throw unreadable(error)
    }
  }

  /** Reads rows one by one. @throws StorageError */
  *iterate(sql: string, ...values: SQLInputValue[]): Generator<Row> {
    try {
      yield* this.#statement(sql).iterate(...values)
    } catch (error) {
      throw unreadable(error)
    }
  }

  /** Writes. Call it in a transaction, whose commit turns errors into a StorageError. */
  run(sql: string, ...values: SQLInputValue[]): StatementResultingChanges {
    const ran = this.#statement(sql).run(...values)
    this.#changes += Number(ran.changes)
    return ran
  }

  /** Rows changed so far, rolled back ones included. */
  get changes(): number {
    return this.#changes
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql)
    if (known) return known
    const made = this.#database.prepare(sql)
    this.#prepared.set(sql, made)
    return made
  }
}

function unreadable(error: unknown): StorageError {
  return new StorageError('The database cannot be read.', error)
}
