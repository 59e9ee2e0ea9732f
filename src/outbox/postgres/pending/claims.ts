import { isFoldable } from '../../folding.ts'
import { type Claimed, MIN_FOLDED } from '../../queue.ts'
import { type Row, RowReader } from '../../rows.ts'
import { PENDING } from '../../update-state.ts'
import type { Sql } from '../database/database.ts'
import { UPDATE_COLUMNS } from '../update-columns.ts'

/** The id of an update that was taken, with those of the updates of its lead right after it that it may be folded into. */
interface Run {
  readonly first: number
  readonly later: readonly number[]
}

/** What was read of updates that were taken. */
export interface ReadClaims {
  /** One for each update that was taken, is still there and can be read. */
  readonly claimed: readonly Claimed[]
  /** The ids of those that were taken and are not there. */
  readonly missing: readonly number[]
  /** The ids of those that can't be read. */
  readonly unreadable: readonly number[]
}

/**
 * Reads updates that were taken, and folds long runs of updates of one lead into the newest of each.
 * @param taken their ids
 * @param after the ids of up to `limit` updates of a lead right after one
 * @param maxFolded most updates to fold into others
 * @throws StorageError
 */
export async function readClaims(
  sql: Sql,
  taken: readonly number[],
  after: (id: number, limit: number) => number[],
  maxFolded: number
): Promise<ReadClaims> {
  const runs = runsOf(taken, after, maxFolded)
  const ids = runs.flatMap(({ first, later }) => [first, ...later])
  const rows = await sql.rows(
    `SELECT ${UPDATE_COLUMNS} FROM updates AS u JOIN jobs AS j ON j.n = u.job
    WHERE u.id = ANY ($1::bigint[]) AND u.state = ${PENDING}`,
    ids
  )
  const { readable, unreadable } = readUpdates(rows)
  const found = new Map(readable.map((claimed) => [claimed.id, claimed]))
  const there = new Set(rows.map(({ id }) => Number(id)))
  return {
    claimed: runs.flatMap(({ first, later }) => {
      const oldest = found.get(first)
      return oldest ? [folded(oldest, later, found)] : []
    }),
    missing: taken.filter((id) => !there.has(id)),
    unreadable
  }
}

/** Reads updates. Those that can't be read are left out; `unreadable` are their ids. */
export function readUpdates(rows: readonly Row[]): { readable: Claimed[]; unreadable: number[] } {
  const reader = new RowReader()
  const readable: Claimed[] = []
  const unreadable: number[] = []
  for (const row of rows) {
    if (reader.isReadable(row)) readable.push(reader.claimed(row))
    else unreadable.push(Number(row['id']))
  }
  return { readable, unreadable }
}

/** The updates with those that may be read to fold them, `room` in all. */
function runsOf(
  taken: readonly number[],
  after: (id: number, limit: number) => number[],
  room: number
): Run[] {
  let left = room
  return taken.map((first) => {
    const later = after(first, left)
    if (later.length < MIN_FOLDED) return { first, later: [] }
    left -= later.length
    return { first, later }
  })
}

/** The newest update into which `oldest` can be folded, or itself. */
function folded(oldest: Claimed, later: readonly number[], found: ReadonlyMap<number, Claimed>): Claimed {
  const before: Claimed[] = []
  let newest = oldest
  for (const id of later) {
    const next = found.get(id)
    if (next === undefined || !isFoldable(newest, next)) break
    before.push(newest)
    newest = next
  }
  return before.length < MIN_FOLDED ? oldest : { ...newest, folded: before }
}
