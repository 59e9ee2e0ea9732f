import { UNREADABLE } from '../rows.ts'
import { type DEAD_LETTER, ENDED, type PENDING } from '../update-state.ts'
import type { Sql } from './database/database.ts'

const RESULT = `json_build_object('index', position, 'status', 'failed', 'error', '${JSON.stringify(UNREADABLE)}'::json)::text`
const END = `WITH ended AS (
    UPDATE updates SET state = ${ENDED}, status = 'failed', result = ${RESULT}, due_at = $1::bigint
    WHERE id = ANY ($2::bigint[]) AND state = $3 RETURNING id, job, account, lead, changes
  ), kept AS (
    INSERT INTO set_aside (at, origin, content)
    SELECT $1::bigint, 'updates', json_build_object('id', id, 'account', account, 'lead', lead, 'changes', changes)::text FROM ended
  )
  SELECT j.id AS job FROM ended AS e JOIN jobs AS j ON j.n = e.job`
const MOVE = `WITH moved AS (DELETE FROM history WHERE id = ANY ($2::bigint[]) RETURNING *)
  INSERT INTO set_aside (at, origin, content) SELECT $1::bigint, 'history', row_to_json(moved)::text FROM moved RETURNING 1`

export interface SetAsideLog {
  error(members: object, message: string): void
}

/**
 * Keeps rows that can't be read in the table `set_aside`, so that each costs nothing but itself. Other gateways write the
 * tables too, so such rows are found when they are read.
 */
export class SetAside {
  readonly #log: SetAsideLog

  constructor(log: SetAsideLog) {
    this.#log = log
  }

  /**
   * Ends updates as failed.
   * @param state what they are, if nobody else has ended them meanwhile
   * @returns the id of its job for each of them
   */
  async updates(
    sql: Sql,
    ids: readonly number[],
    state: typeof PENDING | typeof DEAD_LETTER
  ): Promise<string[]> {
    const ended = await sql.rows(END, Date.now(), ids, state)
    this.#tell(ended.length)
    return ended.map(({ job }) => String(job))
  }

  /** Removes entries of the history. */
  async entries(sql: Sql, ids: readonly number[]): Promise<void> {
    this.#tell((await sql.rows(MOVE, Date.now(), ids)).length)
  }

  #tell(rows: number): void {
    if (rows === 0) return
    this.#log.error({ rows }, 'rows of the database that cannot be read were moved to its table set_aside')
  }
}
