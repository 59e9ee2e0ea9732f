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

/** A page of what a look finds. */
export interface Page {
  /** What has been seen once all pages are read. */
  readonly seen: Seen
  /** See `UpdateQueue.nextSequence`. */
  readonly nextSequence: number
  readonly updates: readonly FoundUpdate[]
  /** Where it ends; undefined if it is the last one. */
  readonly end: Position | undefined
}

/** The last update that was read. */
type Position = readonly [xid: string, id: number]

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
/** Updates in a page: few, as claims wait for a page that is being read, and to bound memory. */
export const PAGE_SIZE = 5_000
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
 * A page of both, of up to as many updates as the parameter 5. The first page has no parameter 4. It is the snapshot of the
 * first page in the further ones, so that all show the same. The updates are in one JSON document: a million of them are
 * read in half the time that their rows would take.
 */
export const PAGE_OF_UNSEEN = `SELECT pg_current_snapshot()::text AS snapshot, ${NEXT_SEQUENCE} AS next_sequence, ${SERVER} AS server, (
    SELECT json_agg(json_build_array(xid::text, id, account, coalesce(lead, ''), due_at, attempts)) FROM (
      SELECT * FROM (${PAGES.map(pageOf).join(' UNION ALL ')}) AS pages ORDER BY xid, id LIMIT $5::integer
    ) AS page
  ) AS unseen`

function pageOf(condition: string): string {
  return `(SELECT id, xid, account, lead, due_at, attempts FROM updates
    WHERE state = ${PENDING} AND ${condition}
      AND ($4::text IS NULL OR pg_visible_in_snapshot(xid, $4::text::pg_snapshot))
    ORDER BY xid, id LIMIT $5::integer)`
}

/** How many updates are pending, by account. */
const COUNT = `SELECT account, count(*)::integer AS size FROM updates WHERE state = ${PENDING} GROUP BY account`

/** Counts the pending updates of each account. @throws StorageError */
export async function countPending(sql: Sql): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.rows(COUNT)
  return new Map(rows.map(({ account, size }) => [String(account), Number(size)]))
}

export interface LookOptions {
  /** Shows what was seen before. */
  readonly snapshot: string
  /** Updates in a page. */
  readonly pageSize: number
  /** The latest time at which an update can be due: later ones were stored by a clock that is ahead. */
  readonly latest: (attempts: number) => number
}

/**
 * Reads the pending updates that a snapshot does not show, in pages. They are in the order in which their transactions
 * began: if one was stored before another was accepted, it is on the same page or on an earlier one. So what has been read
 * can be claimed before the rest is.
 */
export class Look {
  readonly #options: LookOptions
  /** The snapshot of the first page. */
  #target: string | undefined
  #position: Position = ['0', 0]

  constructor(options: LookOptions) {
    this.#options = options
  }

  /** Reads the page after those that were passed. @throws StorageError */
  async read(sql: Sql): Promise<Page> {
    const { snapshot, pageSize, latest } = this.#options
    const values = [snapshot, ...this.#position, this.#target ?? null, pageSize]
    const [page = {}] = await sql.rows(PAGE_OF_UNSEEN, ...values)
    const read = (page['unseen'] ?? []) as readonly ReadUpdate[]
    const last = read.length < pageSize ? undefined : read.at(-1)
    return {
      seen: { snapshot: this.#target ?? String(page['snapshot']), server: String(page['server']) },
      nextSequence: Number(page['next_sequence']),
      updates: read.map(([, id, account, lead, dueAt, attempts]) => ({
        id,
        account,
        lead,
        dueAt: Math.min(dueAt, latest(attempts))
      })),
      end: last && [last[0], last[1]]
    }
  }

  /** Goes on after a page. */
  pass({ seen, end }: Page): void {
    this.#target = seen.snapshot
    if (end !== undefined) this.#position = end
  }
}
