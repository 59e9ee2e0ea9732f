import type { Pool } from 'pg'
import type { Protocols } from './protocol.ts'

/** A gateway of the cluster, as it describes itself. */
export interface Member extends Protocols {
  /** Unique in the cluster. */
  readonly gateway: string
  /** Where the others reach it; undefined: nowhere, so it has to be alone. */
  readonly address: string | undefined
  readonly version: string
  /** The newest schema of the database that it knows. */
  readonly schema: number
  /** Hash of its configuration: all members should have the same. */
  readonly fingerprint: string
  /** Names of its VICIdial accounts. */
  readonly accounts: readonly string[]
}

/** A gateway as the database has it. */
export interface SeenMember extends Member {
  /** Id of its process. */
  readonly run: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Milliseconds since it was last seen, by the clock of the database. */
  readonly seenMsAgo: number
}

interface MemberColumns {
  readonly gateway: string
  readonly run: string
  readonly address: string | null
  readonly version: string
  readonly protocol: number
  readonly oldest_protocol: number
  readonly schema: number
  readonly fingerprint: string
  readonly accounts: string[]
  readonly started_at: Date
  readonly seen_ms_ago: number
}

/** Members not seen for this long are deleted, in milliseconds: they are shown until then. */
const FORGET_MS = 24 * 60 * 60 * 1_000

/** The table `members`: each gateway writes its own row again and again. */
export class MemberTable {
  readonly #pool: Pick<Pool, 'query'>
  readonly #run: string

  /** @param run the id of this process, a UUID */
  constructor(pool: Pick<Pool, 'query'>, run: string) {
    this.#pool = pool
    this.#run = run
  }

  /** All members, by name; those that ended without a word are among them until they are forgotten. */
  async list(): Promise<SeenMember[]> {
    const { rows } = await this.#pool.query<MemberColumns>(
      `SELECT gateway, run, address, version, protocol, oldest_protocol, schema, fingerprint, accounts, started_at,
         (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS seen_ms_ago
       FROM members ORDER BY gateway`
    )
    return rows.map(({ address, oldest_protocol, started_at, seen_ms_ago, ...row }) => ({
      ...row,
      address: address ?? undefined,
      oldestProtocol: oldest_protocol,
      startedAt: started_at.getTime(),
      seenMsAgo: seen_ms_ago
    }))
  }

  /**
   * Adds this gateway, in place of an earlier process of its name that was not seen for `goneMs`.
   * @returns false if a process of the name is there; nothing is changed then
   */
  async join(member: Member, goneMs: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `INSERT INTO members (gateway, run, address, version, protocol, oldest_protocol, schema, fingerprint, accounts,
         started_at, seen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp(), clock_timestamp())
       ON CONFLICT (gateway) DO UPDATE SET run = excluded.run, address = excluded.address, version = excluded.version,
         protocol = excluded.protocol, oldest_protocol = excluded.oldest_protocol, schema = excluded.schema,
         fingerprint = excluded.fingerprint, accounts = excluded.accounts, started_at = excluded.started_at,
         seen_at = excluded.seen_at
       WHERE members.seen_at <= clock_timestamp() - $10 * interval '1 ms' OR members.run = excluded.run`,
      [
        member.gateway,
        this.#run,
        member.address ?? null,
        member.version,
        member.protocol,
        member.oldestProtocol,
        member.schema,
        member.fingerprint,
        member.accounts,
        goneMs
      ]
    )
    return rowCount === 1
  }

  /** Notes that this gateway is alive. Returns false if another process has its name now. */
  async see({ gateway, fingerprint, accounts }: Member): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE members SET seen_at = clock_timestamp(), fingerprint = $3, accounts = $4
       WHERE gateway = $1 AND run = $2`,
      [gateway, this.#run, fingerprint, accounts]
    )
    return rowCount === 1
  }

  /** Whether a newer gateway has changed the database so that this one cannot use it any more. */
  async isOutdated({ schema }: Member): Promise<boolean> {
    const { rows } = await this.#pool.query<{ is_outdated: boolean | null }>(
      'SELECT max(oldest_compatible) > $1 AS is_outdated FROM gateway_schema',
      [schema]
    )
    return rows[0]?.is_outdated === true
  }

  /** Removes this gateway. */
  async leave(): Promise<void> {
    await this.#pool.query('DELETE FROM members WHERE run = $1', [this.#run])
  }

  /** Deletes members that were not seen for a day. */
  async forget(): Promise<void> {
    await this.#pool.query(`DELETE FROM members WHERE seen_at < clock_timestamp() - $1 * interval '1 ms'`, [
      FORGET_MS
    ])
  }
}
