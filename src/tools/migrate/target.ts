import type { Row } from '../../outbox/rows.ts'
import { byColumn, Database } from '../../outbox/postgres/database/database.ts'
import { migrate } from '../../outbox/postgres/database/migrate.ts'
import { openPool, type PoolOptions } from '../../outbox/postgres/database/open-pool.ts'
import { NotMigrated } from './not-migrated.ts'
import type { Source } from './source.ts'
import { type CopiedTable, COUNTED, TABLES } from './tables.ts'

/** A gateway that was not seen for this long does not run. */
const GONE = "interval '30 seconds'"

/** How far a copy has come. */
export interface Position {
  /** The index of the table in TABLES; behind the last one: everything is copied. */
  readonly table: number
  /** The key of the last row that was copied of it. */
  readonly after: readonly (number | string)[]
}

const START: Position = { table: 0, after: TABLES[0]?.start ?? [] }

/** The database that gets the copy. */
export class Target {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  /**
   * Connects to a database, and creates its tables.
   * @throws NotMigrated if a gateway uses it
   * @throws StorageError if it cannot be used
   */
  static async open(options: Omit<PoolOptions, 'log'>): Promise<Target> {
    const pool = openPool({ ...options, log: { warn: () => {} } })
    try {
      await migrate(pool)
      const target = new Target(new Database(pool))
      await target.#requireUnused()
      return target
    } catch (error) {
      await pool.end()
      throw error
    }
  }

  /**
   * Begins the copy of a source, or continues it. Returns undefined if it was finished before.
   * @throws NotMigrated if the database has something else
   */
  async begin(source: string): Promise<Position | undefined> {
    const [found] = await this.#database.rows('SELECT source, next_table, position, finished_at FROM imports')
    if (found === undefined) {
      await this.#requireEmpty()
      await this.#database.write(
        'INSERT INTO imports (source, next_table, position) VALUES ($1, $2, $3)',
        source,
        START.table,
        JSON.stringify(START.after)
      )
      return START
    }
    if (found['source'] !== source)
      throw new NotMigrated(
        found['finished_at'] === null
          ? 'The database has part of a copy of another database, or of this one before a gateway changed it: empty it first.'
          : 'The database has a copy of another database: choose an empty one.'
      )
    if (found['finished_at'] !== null) return undefined
    const after = JSON.parse(String(found['position'])) as Position['after']
    return { table: Number(found['next_table']), after }
  }

  /** Adds rows of a table, and notes how far the copy has come, in one transaction. */
  async add({ name, columns }: CopiedTable, rows: readonly Row[], position: Position): Promise<void> {
    const names = Object.keys(columns)
    const types = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`)
    const values = rows.map((row) => names.map((column) => row[column]))
    await this.#database.transaction(async (sql) => {
      if (rows.length > 0)
        await sql.rows(
          `INSERT INTO ${name} (${names.join()}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest(${types.join()})`,
          ...byColumn(values, names.length)
        )
      await sql.rows(
        'UPDATE imports SET next_table = $1, position = $2',
        position.table,
        JSON.stringify(position.after)
      )
    }, 'starting')
  }

  /** What was copied. */
  async counts(): Promise<Map<string, number>> {
    const counts = new Map<string, number>()
    await this.#database.transaction(async (sql) => {
      for (const [what, { sqlite, postgres = sqlite }] of Object.entries(COUNTED)) {
        const [row] = await sql.rows(postgres)
        counts.set(what, Number(row?.['count']))
      }
    }, 'starting')
    return counts
  }

  /** Ends the copy: from now on gateways may use the database. */
  async finish({ update, job, entry, hour }: Source['next']): Promise<void> {
    await this.#database.transaction(async (sql) => {
      const next = {
        update_ids: update,
        jobs_n_seq: job,
        history_id_seq: entry,
        running_hours_hour_seq: hour
      }
      for (const [sequence, value] of Object.entries(next))
        await sql.rows('SELECT setval($1::regclass, $2, false)', sequence, value)
      await sql.rows('ANALYZE jobs, updates, history, idempotency_records')
      await sql.rows('UPDATE imports SET finished_at = now()')
    }, 'starting')
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  async #requireUnused(): Promise<void> {
    const members = await this.#database.rows(
      `SELECT gateway FROM members WHERE seen_at > clock_timestamp() - ${GONE} ORDER BY gateway`
    )
    if (members.length === 0) return
    const names = members.map(({ gateway }) => String(gateway)).join(', ')
    throw new NotMigrated(`Gateways use the database (${names}): stop them first.`)
  }

  async #requireEmpty(): Promise<void> {
    for (const { name } of TABLES) {
      const rows = await this.#database.rows(`SELECT 1 FROM ${name} LIMIT 1`)
      if (rows.length > 0)
        throw new NotMigrated(`The database is not empty: its table ${name} has rows. Choose another one.`)
    }
  }
}
