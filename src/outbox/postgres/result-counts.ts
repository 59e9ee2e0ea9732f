import { readResultCount, type ResultCount, type ResultCountStore } from '../result-counts.ts'
import { byColumn, type Database } from './database/database.ts'

// In one order, so that two gateways that add to the same counts never wait for each other in a circle.
const ADD = `INSERT INTO result_counts AS c (at, status, code, count)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS a (at, status, code, count)
  ORDER BY at, status COLLATE "C", code COLLATE "C"
  ON CONFLICT (at, status, code) DO UPDATE SET count = c.count + excluded.count`
const PURGE = `DELETE FROM result_counts WHERE (at, status, code) IN (
    SELECT at, status, code FROM result_counts WHERE at < $1 ORDER BY at, status, code LIMIT $2
  ) RETURNING 1`

/** The counts of results in PostgreSQL, of all gateways together. */
export class PostgresResultCounts implements ResultCountStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async add(counts: readonly ResultCount[]): Promise<void> {
    const rows = counts.map(({ at, status, code, count }) => [at, status, code, count])
    if (rows.length > 0) await this.#database.write(ADD, ...byColumn(rows, 4))
  }

  async since(since: number, spanMs: number): Promise<ResultCount[]> {
    const rows = await this.#database.rows(
      `SELECT at - at % $2::bigint AS at, status, code, sum(count)::bigint AS count FROM result_counts
      WHERE at >= $1 GROUP BY 1, status, code ORDER BY 1, status, code`,
      since,
      spanMs
    )
    return rows.map(readResultCount)
  }

  async purge(before: number, limit: number): Promise<number> {
    return (await this.#database.write(PURGE, before, limit)).length
  }
}
