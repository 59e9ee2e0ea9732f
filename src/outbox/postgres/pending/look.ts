import type { Row } from '../../rows.ts'
import { DEAD_LETTER, PENDING } from '../../update-state.ts'
import type { Sql } from '../database/database.ts'
import type { FoundUpdate } from './pending-updates.ts'

/** What the owner has seen of the database. */
export interface Seen {
  /** The transactions whose updates it has seen, as PostgreSQL's `pg_snapshot`. */
  readonly snapshot: string
  /** Tells servers apart, and their starts: another one may lack what was seen, and give its numbers to others. */
  readonly server: string
}

/** What a look has found. */
export interface Found {
  readonly seen: Seen
  /** See `UpdateQueue.nextSequence`. */
  readonly nextSequence: number
  readonly updates: readonly FoundUpdate[]
}

/** A pending update as it is read; transactions are numbered, see `updates.xid`. */
type ReadUpdate = readonly [
  xid: string,
  id: number,
  account: string,
  lead: string,
  dueAt: number,
  attempts: number
]

/** No transaction is visible in it. */
export const NOTHING_SEEN: Seen = { snapshot: '1:1:', server: '' }
/** Updates read at once, to bound memory. */
const PAGE = 20_000
/** Identifies the server that answers. */
export const SERVER = `concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time())`
export const NEXT_SEQUENCE =
  '(SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM update_ids)'
/**
 * The transactions that a snapshot, the parameter 1, does not show: later ones, and those that had not ended. Each is a
 * condition of its own, so that the index `new_updates` finds their updates among any number of others.
 */
const UNSEEN = [
  'xid >= pg_snapshot_xmax($1::text::pg_snapshot)',
  'xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))'
]
/** Whether there are dead letters, or pending updates that a snapshot does not show. */
export const HAS_OTHERS = [
  `state = ${DEAD_LETTER}`,
  ...UNSEEN.map((condition) => `state = ${PENDING} AND ${condition}`)
]
  .map((condition) => `EXISTS (SELECT 1 FROM updates WHERE ${condition})`)
  .join(' OR ')
/**
 * A page of them after one update, parameters 2 and 3. The first page has no parameter 4. It is the snapshot of the first
 * page in the further ones, so that all show the same. The updates are in one JSON document: a million of them are read
 * in half the time that their rows would take.
 */
const PAGE_OF_UNSEEN = `SELECT pg_current_snapshot()::text AS snapshot, ${NEXT_SEQUENCE} AS next_sequence, ${SERVER} AS server, (
    SELECT json_agg(json_build_array(xid::text, id, account, coalesce(lead, ''), due_at, attempts)) FROM (
      SELECT * FROM (${UNSEEN.map(pageOf).join(' UNION ALL ')}) AS pages ORDER BY xid, id LIMIT ${PAGE}
    ) AS page
  ) AS unseen`

function pageOf(condition: string): string {
  return `(SELECT id, xid, account, lead, due_at, attempts FROM updates
    WHERE state = ${PENDING} AND ${condition} AND (xid, id) > ($2::text::xid8, $3::bigint)
      AND ($4::text IS NULL OR pg_visible_in_snapshot(xid, $4::text::pg_snapshot))
    ORDER BY xid, id LIMIT ${PAGE})`
}

/**
 * Reads the pending updates that a snapshot does not show, in pages.
 * @param sql reads a page
 * @param latest the latest time at which an update can be due: later ones were stored by a clock that is ahead
 * @throws StorageError
 */
export async function* readUnseen(
  sql: Sql,
  snapshot: string,
  latest: (attempts: number) => number
): AsyncGenerator<Found> {
  let last: readonly [xid: string, id: number] = ['0', 0]
  let target: string | null = null
  for (;;) {
    const [page]: Row[] = await sql.rows(PAGE_OF_UNSEEN, snapshot, ...last, target)
    if (page === undefined) return
    target ??= String(page['snapshot'])
    const read = (page['unseen'] ?? []) as readonly ReadUpdate[]
    yield {
      seen: { snapshot: target, server: String(page['server']) },
      nextSequence: Number(page['next_sequence']),
      updates: read.map(([, id, account, lead, dueAt, attempts]) => ({
        id,
        account,
        lead,
        dueAt: Math.min(dueAt, latest(attempts))
      }))
    }
    const end = read.at(-1)
    if (end === undefined || read.length < PAGE) return
    last = [end[0], end[1]]
  }
}
