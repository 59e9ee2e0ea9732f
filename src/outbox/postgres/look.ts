import type { Row } from '../rows.ts'
import { PENDING } from '../update-state.ts'
import type { Database } from './database/database.ts'
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

/** The last update of a page; transactions are numbered, see `updates.xid`. */
type Last = readonly [xid: string, id: number]

/** No transaction is visible in it. */
export const NOTHING_SEEN = '1:1:'
/** Updates read at once, to bound memory. */
const PAGE = 20_000
/** Identifies the server that answers. */
export const SERVER = `concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time())`
export const NEXT_SEQUENCE =
  '(SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM update_ids)'
/** Updates that a snapshot, the parameter 1, does not show: of later transactions, and of those that had not ended. */
export const UNSEEN = `state = ${PENDING} AND (xid >= pg_snapshot_xmax($1::text::pg_snapshot)
  OR xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot))))`
/**
 * A page of them after one update, parameters 2 and 3. The first page has no parameter 4. It is the snapshot of the first
 * page in the further ones, so that all show the same.
 */
const PAGE_OF_UNSEEN = `SELECT now.snapshot, ${NEXT_SEQUENCE} AS next_sequence, ${SERVER} AS server, unseen.*
  FROM (SELECT pg_current_snapshot()::text AS snapshot) AS now LEFT JOIN LATERAL (
    SELECT id, xid::text AS xid, account, lead, due_at, attempts FROM updates
    WHERE ${UNSEEN} AND (xid, id) > ($2::text::xid8, $3::bigint)
      AND ($4::text IS NULL OR pg_visible_in_snapshot(xid, $4::text::pg_snapshot))
    ORDER BY xid, id LIMIT ${PAGE}
  ) AS unseen ON true`

/**
 * Reads the pending updates that a snapshot does not show, in pages.
 * @param latest the latest time at which an update can be due: later ones were stored by a clock that is ahead
 * @throws StorageError
 */
export async function* readUnseen(
  database: Database,
  snapshot: string,
  latest: (attempts: number) => number
): AsyncGenerator<Found> {
  let last: Last = ['0', 0]
  let target: string | null = null
  for (;;) {
    const rows: Row[] = await database.readLong(PAGE_OF_UNSEEN, snapshot, ...last, target)
    const [first] = rows
    if (first === undefined) return
    target ??= String(first['snapshot'])
    const found = rows.filter(({ id }) => id !== null)
    yield {
      seen: { snapshot: target, server: String(first['server']) },
      nextSequence: Number(first['next_sequence']),
      updates: found.map((row) => readFound(row, latest))
    }
    const end = found.at(-1)
    if (end === undefined || found.length < PAGE) return
    last = [String(end['xid']), Number(end['id'])]
  }
}

function readFound(
  { id, account, lead, due_at: dueAt, attempts }: Row,
  latest: (attempts: number) => number
): FoundUpdate {
  return {
    id: Number(id),
    account: String(account),
    lead: String(lead),
    dueAt: Math.min(Number(dueAt), latest(Number(attempts)))
  }
}
