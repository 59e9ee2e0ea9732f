import type { DatabaseSync } from 'node:sqlite'
import { HASH_BYTES } from '../input/file-row.ts'
import { countResult, emptyTotals, type Totals } from './totals.ts'

export const ROW_TABLES = `
  CREATE TABLE IF NOT EXISTS batches (first INTEGER PRIMARY KEY, hashes BLOB NOT NULL, outcomes TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS rejects (row INTEGER PRIMARY KEY, start INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
`
export const DROP_ROW_TABLES = 'DROP TABLE IF EXISTS batches; DROP TABLE IF EXISTS rejects;'

/** How a row ended. */
export interface RowOutcome {
  readonly status: string
  /** Codes. */
  readonly warnings: readonly string[]
}

/** Where a row's reject is in the rejects file. */
export interface RejectPlace {
  /** The row's index in the input. */
  readonly row: number
  /** In bytes. */
  readonly start: number
  readonly bytes: number
}

const WAITS = '-'

/** What a checkpoint knows of each row of a file: a hash, how it ended, and where its reject is. */
export class RowRecords {
  readonly #database: DatabaseSync
  readonly #size: number

  /** @param size rows in a batch, which share a record */
  constructor(database: DatabaseSync, size: number) {
    this.#database = database
    this.#size = size
  }

  /** The hashes of the rows of a batch that were sent, one after the other. Empty if none was. */
  hashesOf(first: number): Buffer {
    const found = this.#database.prepare('SELECT hashes FROM batches WHERE first = ?').get(first)
    return Buffer.from((found?.['hashes'] as Uint8Array | undefined) ?? [])
  }

  /** The index after the last row that was sent. */
  get end(): number {
    const first = this.#database.prepare('SELECT max(first) AS first FROM batches').get()?.['first']
    return typeof first === 'number' ? first + this.hashesOf(first).length / HASH_BYTES : 0
  }

  /** Adds rows of one batch, in order. A row without an outcome waits. */
  add(
    rows: readonly { readonly index: number; readonly hash: Buffer; readonly outcome?: RowOutcome }[]
  ): void {
    const first = this.#firstOf(rows[0]?.index ?? 0)
    const hashes = Buffer.concat([this.hashesOf(first), ...rows.map(({ hash }) => hash)])
    this.#write(first, hashes, [...this.#outcomesOf(first), ...rows.map(({ outcome }) => textOf(outcome))])
  }

  /** Notes how rows ended that had to wait. */
  update(rows: readonly { readonly index: number; readonly outcome: RowOutcome }[]): void {
    for (const [first, some] of Map.groupBy(rows, ({ index }) => this.#firstOf(index))) {
      const outcomes = this.#outcomesOf(first)
      for (const { index, outcome } of some) outcomes[index - first] = textOf(outcome)
      this.#write(first, this.hashesOf(first), outcomes)
    }
  }

  addRejects(places: readonly RejectPlace[]): void {
    const insert = this.#database.prepare('INSERT INTO rejects VALUES (?, ?, ?)')
    for (const { row, start, bytes } of places) insert.run(row, start, bytes)
  }

  /** The places of rejects, in the order of the file. */
  rejects(): RejectPlace[] {
    const found = this.#database.prepare('SELECT * FROM rejects ORDER BY start').all()
    return found.map(({ row, start, bytes }) => ({
      row: Number(row),
      start: Number(start),
      bytes: Number(bytes)
    }))
  }

  forgetRejects(): void {
    this.#database.exec('DELETE FROM rejects')
  }

  /** Forgets all rows from one on. */
  cut(row: number): void {
    const first = this.#firstOf(row)
    const outcomes = this.#outcomesOf(first).slice(0, row - first)
    const hashes = this.hashesOf(first).subarray(0, outcomes.length * HASH_BYTES)
    this.#database.prepare('DELETE FROM batches WHERE first >= ?').run(first)
    if (outcomes.length > 0) this.#write(first, hashes, outcomes)
  }

  /** Counts the rows that have an outcome, without the calls that they took. */
  count(): Totals {
    const totals = emptyTotals()
    for (const { outcomes } of this.#database.prepare('SELECT outcomes FROM batches').iterate()) {
      for (const text of String(outcomes).split(' ')) {
        if (text === WAITS) continue
        const [status = '', ...warnings] = text.split('+')
        countResult(totals, { status, warnings })
      }
    }
    return totals
  }

  #firstOf(row: number): number {
    return row - (row % this.#size)
  }

  #outcomesOf(first: number): string[] {
    const found = this.#database.prepare('SELECT outcomes FROM batches WHERE first = ?').get(first)
    return found === undefined ? [] : String(found['outcomes']).split(' ')
  }

  #write(first: number, hashes: Buffer, outcomes: readonly string[]): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO batches VALUES (?, ?, ?)')
      .run(first, hashes, outcomes.join(' '))
  }
}

/** Statuses and codes are names without a space or a plus sign. */
function textOf(outcome: RowOutcome | undefined): string {
  return outcome === undefined ? WAITS : [outcome.status, ...outcome.warnings].join('+')
}
