import type { DeadLetter, DeadLetterChoice, DeadLetterPage } from '../jobs.ts'
import { errorText, type Row, RowReader } from '../rows.ts'
import { DEAD_LETTER, ENDED } from '../update-state.ts'
import type { Database, Sql } from './database/database.ts'
import type { SetAside } from './set-aside.ts'
import { UPDATE_COLUMNS } from './update-columns.ts'

/** Parameters 1 to 5: a caller or null, a range of ids, the id of a job or null, the text of an error or null. */
const LETTERS_WITH_JOB = `updates AS u JOIN jobs AS j ON j.n = u.job
  WHERE u.state = ${DEAD_LETTER} AND ($1::text IS NULL OR j.caller = $1) AND u.id > $2::bigint AND u.id < $3::bigint
    AND ($4::text IS NULL OR j.id = $4 AND u.id BETWEEN j.first_id AND j.last_id)
    AND ($5::text IS NULL OR strpos(u.result, $5) > 0)`
const CHOSEN = `${LETTERS_WITH_JOB} AND ($6::bigint[] IS NULL OR u.id = ANY ($6))`
/** Greater than every id. */
const END = Number.MAX_SAFE_INTEGER

/** Lists dead letters, newest first. Those that can't be read end as failed. */
export async function listDeadLetters(
  database: Database,
  setAside: SetAside,
  page: DeadLetterPage
): Promise<DeadLetter[]> {
  const { caller, jobId, code, after = END, limit } = page
  const select = () =>
    database.rows(
      `SELECT ${UPDATE_COLUMNS} FROM ${LETTERS_WITH_JOB} ORDER BY u.id DESC LIMIT $6`,
      caller,
      0,
      Number(after),
      jobId,
      code === undefined ? null : errorText(code),
      limit
    )
  return readLetters(select, async (ids) => {
    await database.transaction((sql) => endUnreadable(sql, setAside, ids))
  })
}

/** The chosen dead letters, oldest first, and how many are left beyond the limit. Those that can't be read end as failed. */
export async function chooseDeadLetters(
  sql: Sql,
  setAside: SetAside,
  { caller, jobId, code, ids, after = 0, limit }: DeadLetterChoice
): Promise<{ letters: DeadLetter[]; remaining: number }> {
  const chosen = [caller, after, END, jobId, code === undefined ? null : errorText(code), ids]
  const letters = await readLetters(
    () => sql.rows(`SELECT ${UPDATE_COLUMNS} FROM ${CHOSEN} ORDER BY u.id LIMIT $7`, ...chosen, limit),
    (unreadable) => endUnreadable(sql, setAside, unreadable)
  )
  if (letters.length < limit) return { letters, remaining: 0 }
  const [row] = await sql.rows(`SELECT count(*) AS count FROM ${CHOSEN}`, ...chosen)
  return { letters, remaining: Number(row?.['count']) - letters.length }
}

/** Reads letters, once those that can't be read are no letters any more. */
async function readLetters(
  select: () => Promise<Row[]>,
  end: (unreadable: readonly number[]) => Promise<void>
): Promise<DeadLetter[]> {
  for (;;) {
    const rows = await select()
    const reader = new RowReader()
    const unreadable = rows.filter((row) => !reader.isReadable(row)).map(({ id }) => Number(id))
    if (unreadable.length === 0) return rows.map((row) => reader.deadLetter(row))
    await end(unreadable)
  }
}

async function endUnreadable(sql: Sql, setAside: SetAside, ids: readonly number[]): Promise<void> {
  const jobs = await setAside.updates(sql, ids, DEAD_LETTER)
  await noteRemoved(sql, jobs.length)
}

/** Ends dead letters that are replayed. Returns how many there were. */
export async function endDeadLetters(sql: Sql, ids: readonly number[]): Promise<number> {
  const ended = await sql.rows(
    `UPDATE updates SET state = ${ENDED} WHERE id = ANY ($1::bigint[]) AND state = ${DEAD_LETTER} RETURNING id`,
    ids
  )
  return ended.length
}

/** Counts dead letters that were replayed or deleted, so that the owner learns of it. Returns how many there were so far. */
export async function noteRemoved(sql: Sql, count: number): Promise<number> {
  if (count === 0) return 0
  const [row] = await sql.rows(
    'UPDATE queue_state SET dead_letters_removed = dead_letters_removed + $1 RETURNING dead_letters_removed AS removed',
    count
  )
  return Number(row?.['removed'])
}

/** How many there are, and how many were removed so far. */
export async function countDeadLetters(sql: Sql): Promise<{ count: number; removed: number }> {
  const [row] = await sql.rows(
    `SELECT dead_letters_removed AS removed, (SELECT count(*) FROM updates WHERE state = ${DEAD_LETTER}) AS count
    FROM queue_state`
  )
  return { count: Number(row?.['count']), removed: Number(row?.['removed']) }
}
