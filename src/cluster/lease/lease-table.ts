import type { Pool } from 'pg'
import type { SentAlert } from '../../alerts/open-alerts.ts'
import type { DispatcherQueue } from '../../delivery/dispatchers.ts'
import type { UpstreamState } from '../../vicidial/guard.ts'

/** What the owner keeps with its lease: for the next one, and for the pages of the others. */
export interface OwnerState {
  /** VICIdial's build, once it is known. */
  readonly build?: string
  /** VICIdial's state by account. */
  readonly states?: Readonly<Record<string, UpstreamState>>
  readonly queues?: readonly DispatcherQueue[]
  /** The alerts that it has sent and that are not over. */
  readonly alerts?: readonly SentAlert[]
  /** Whether VICIdial may still work on a call that adds a lead, of which nobody waits for the reply. */
  readonly isInDoubt?: boolean
}

/** The owner as the database has it. */
export interface OwnerRow {
  /** Grows by one each time that a gateway takes the lease; 0: none has yet. */
  readonly term: number
  /** The owner's name; that of the last owner if the lease has ended. */
  readonly gateway: string
  /** Milliseconds until the lease ends, by the clock of the database; not positive: it has ended. */
  readonly leftMs: number
  readonly state: OwnerState
}

/** A lease that was taken. */
export interface TakenLease {
  readonly term: number
  /** Until no call of the last owner can be under way, in milliseconds. */
  readonly waitMs: number
  /** Whether the last owner had made its last call and gave the lease back. */
  readonly isClean: boolean
  readonly state: OwnerState
}

/** What an owner reports with each renewal. */
export interface Renewal {
  readonly leaseMs: number
  /** How long the next owner has to wait if this one ends without a word, in milliseconds. */
  readonly waitMs: number
  readonly state: OwnerState
}

/** After a release the next owner waits this long, in milliseconds, so that both together keep the calls per second. */
const CLEAN_WAIT_MS = 1_000

const LEFT_MS = `(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8`

/**
 * The row of the table `owner`. The statements use `clock_timestamp()`: `now()` is the time of the transaction's begin,
 * which is old after a wait for the row. A settlement holds the row's key (`FOR KEY SHARE`): renewals pass, and a take
 * waits for its end.
 */
export class LeaseTable {
  readonly #pool: Pick<Pool, 'query'>
  readonly #gateway: string

  /** @param gateway the name of this gateway */
  constructor(pool: Pick<Pool, 'query'>, gateway: string) {
    this.#pool = pool
    this.#gateway = gateway
  }

  /** Reads the row. */
  async look(): Promise<OwnerRow> {
    const { rows } = await this.#pool.query<{
      term: string
      gateway: string
      left_ms: number
      state: OwnerState
    }>(`SELECT term, gateway, ${LEFT_MS} AS left_ms, state FROM owner`)
    const [row] = rows
    if (row === undefined) throw new Error('the table owner has no row')
    return { term: Number(row.term), gateway: row.gateway, leftMs: row.left_ms, state: row.state }
  }

  /** Takes the lease for `leaseMs`, if it has ended; undefined: it has not, or another gateway was faster. */
  async take(leaseMs: number): Promise<TakenLease | undefined> {
    const { rows } = await this.#pool.query<{
      term: string
      wait_ms: number
      is_clean: boolean
      state: OwnerState
    }>(
      `WITH last AS (
         SELECT id, term, expires_at, is_released, wait_ms, state FROM owner
         WHERE expires_at <= clock_timestamp() FOR UPDATE
       )
       UPDATE owner SET term = last.term + 1, gateway = $1, taken_at = clock_timestamp(), is_released = false,
         expires_at = clock_timestamp() + $2 * interval '1 ms'
       FROM last WHERE owner.id = last.id
       RETURNING owner.term, last.is_released OR last.term = 0 AS is_clean, last.state,
         CASE WHEN last.term = 0 THEN 0 ELSE greatest(0, CASE WHEN last.is_released THEN $3 ELSE last.wait_ms END
           - extract(epoch FROM clock_timestamp() - last.expires_at) * 1000) END::float8 AS wait_ms`,
      [this.#gateway, leaseMs, CLEAN_WAIT_MS]
    )
    const [row] = rows
    if (row === undefined) return undefined
    return { term: Number(row.term), waitMs: row.wait_ms, isClean: row.is_clean, state: row.state }
  }

  /** Renews the lease of `term`. Returns false if another gateway has taken it. */
  async renew(term: number, { leaseMs, waitMs, state }: Renewal): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE owner SET expires_at = clock_timestamp() + $3 * interval '1 ms', wait_ms = $4, state = $5
       WHERE term = $1 AND gateway = $2`,
      [term, this.#gateway, leaseMs, waitMs, state]
    )
    return rowCount === 1
  }

  /** Ends the lease of `term`: no call of it is under way. */
  async release(term: number, state: OwnerState): Promise<void> {
    await this.#pool.query(
      `UPDATE owner SET expires_at = clock_timestamp(), is_released = true, state = $3 WHERE term = $1 AND gateway = $2`,
      [term, this.#gateway, state]
    )
  }
}
