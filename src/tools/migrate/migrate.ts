import type { SQLInputValue } from 'node:sqlite'
import type { PoolOptions } from '../../outbox/postgres/database/open-pool.ts'
import { NotMigrated } from './not-migrated.ts'
import { Source } from './source.ts'
import { TABLES } from './tables.ts'
import { type Position, Target } from './target.ts'

/** Rows that are copied at once, in one transaction. */
const PAGE = 5_000

export interface MigrateOptions {
  /** The DATA_DIR of a gateway that does not run. */
  readonly from: string
  readonly to: Omit<PoolOptions, 'log'>
  /** Called with the rows copied so far by this run. */
  readonly onProgress: (table: string, rows: number) => void
}

/** What was migrated. */
export interface Migrated {
  /** How many of each thing the database has, all of them the same as before. */
  readonly counts: ReadonlyMap<string, number>
  /** Rows that could not be read, and were left out. */
  readonly setAside: number
  /** The file that the old database is now. */
  readonly file: string
}

/**
 * Copies a gateway's SQLite database to PostgreSQL, compares the counts, and gives the file another name. An interrupted
 * copy continues where it was.
 * @throws NotMigrated, StorageError
 */
export async function migrateOutbox({ from, to, onProgress }: MigrateOptions): Promise<Migrated> {
  const source = new Source(from)
  try {
    const target = await Target.open(to)
    try {
      const position = await target.begin(source.fingerprint)
      if (position !== undefined) {
        await copy(source, target, position, onProgress)
        await requireSame(source, target)
        await target.finish(source.next)
      }
      return { counts: source.counts(), setAside: source.setAside, file: source.retire() }
    } finally {
      await target.close()
    }
  } catch (error) {
    source.close()
    throw error
  }
}

/** Copies what is left after a position. */
async function copy(
  source: Source,
  target: Target,
  position: Position,
  onProgress: MigrateOptions['onProgress']
): Promise<void> {
  let { table: index, after } = position
  for (let table = TABLES[index]; table !== undefined; table = TABLES[index]) {
    let copied = 0
    for (;;) {
      const rows = source.page(table, after, PAGE)
      const last = rows.at(-1)
      if (last === undefined) break
      const key = Object.keys(table.columns).slice(0, table.keyColumns)
      after = key.map(
        (column) => last[column] as Exclude<SQLInputValue, null | bigint | NodeJS.ArrayBufferView>
      )
      await target.add(table, rows, { table: index, after })
      copied += rows.length
      onProgress(table.name, copied)
    }
    index++
    after = TABLES[index]?.start ?? []
    await target.add(table, [], { table: index, after })
  }
}

/** @throws NotMigrated if the counts differ */
async function requireSame(source: Source, target: Target): Promise<void> {
  const copied = await target.counts()
  for (const [what, count] of source.counts()) {
    const found = copied.get(what)
    if (found !== count)
      throw new NotMigrated(
        `The copy differs: ${found} instead of ${count} ${what}. Nothing was changed in SQLite.`
      )
  }
}
