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
/** The transactions that a snapshot, the parameter 1, does not show: from this one on, ... */
const XMAX = 'pg_snapshot_xmax($1::text::pg_snapshot)'
/** ... and those that had not ended. */
const WAS_RUNNING = 'xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))'
/** Whether there are dead letters, or pending updates that a snapshot does not show. */
export const HAS_OTHERS = [
  `state = ${DEAD_LETTER}`,
  `state = ${PENDING} AND xid >= ${XMAX}`,
  `state = ${PENDING} AND ${WAS_RUNNING}`
]
  .map((condition) => `EXISTS (SELECT 1 FROM updates WHERE ${condition})`)
  .join(' OR ')
const AFTER = '$2::text::xid8'
/**
 * The updates of the later and of the running transactions after one update, parameters 2 and 3. The later ones need a single
 * comparison: with two, the index `new_updates` is read from the lower of both, which passes all that is pending.
 */
const PAGES = [
  `(xid, id) > (greatest(${AFTER}, ${XMAX}), CASE WHEN ${AFTER} >= ${XMAX} THEN $3::bigint ELSE -1 END)`,
  `${WAS_RUNNING} AND (xid, id) > (${AFTER}, $3::bigint)`
]
/**
 * A page of both. The first page has no parameter 4. It is the snapshot of the first page in the further ones, so that all
 * show the same. The updates are in one JSON document: a million of them are read in half the time that their rows would
 * take.
 */
export const PAGE_OF_UNSEEN = `SELECT pg_current_snapshot()::text AS snapshot, ${NEXT_SEQUENCE} AS next_sequence, ${SERVER} AS server, (
    SELECT json_agg(json_build_array(xid::text, id, account, coalesce(lead, ''), due_at, attempts)) FROM (
      SELECT * FROM (${PAGES.map(pageOf).join(' UNION ALL ')}) AS pages ORDER BY xid, id LIMIT ${PAGE}
    ) AS page
  ) AS unseen`

function pageOf(condition: string): string {
  return `(SELECT id, xid, account, lead, due_at, attempts FROM updates
    WHERE state = ${PENDING} AND ${condition}
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
  const pageAfter = (xid: string, id: number, target: string | null): Promise<Row[]> =>
    sql.rows(PAGE_OF_UNSEEN, snapshot, xid, id, target)
  let asked = pageAfter('0', 0, null)
  let target: string | undefined
  for (;;) {
    const [page] = await asked
    if (page === undefined) return
    target ??= String(page['snapshot'])
    const read = (page['unseen'] ?? []) as readonly ReadUpdate[]
    const end = read.length < PAGE ? undefined : read.at(-1)
    if (end !== undefined) {
      // The database reads the next page while this one is taken in.
      asked = pageAfter(end[0], end[1], target)
      // Nobody awaits it if that fails.
      asked.catch(() => {})
    }
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
    if (end === undefined) return
  }
}
