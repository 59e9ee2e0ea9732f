import type { Pool } from 'pg'
import { StorageError } from '../../errors.ts'

/** A session of the operations page. */
interface Session {
  readonly keyHash: string
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

/** More than there are operators. Beyond it the oldest session ends. */
const MAX_SESSIONS = 1_000

/** The sessions of the operations page of all gateways, in the table `sessions`. */
export class SessionTable {
  readonly #pool: Pick<Pool, 'query'>

  constructor(pool: Pick<Pool, 'query'>) {
    this.#pool = pool
  }

  /** Adds a session, and forgets those that have ended at `now`, or are too many. @throws StorageError */
  async add(idHash: string, { keyHash, endsAt }: Session, now: number): Promise<void> {
    await this.#query('INSERT INTO sessions VALUES ($1, $2, $3)', [idHash, keyHash, new Date(endsAt)])
    await this.#query(
      `DELETE FROM sessions WHERE ends_at <= $1
       OR id_hash IN (SELECT id_hash FROM sessions ORDER BY ends_at DESC OFFSET $2)`,
      [new Date(now), MAX_SESSIONS]
    )
  }

  /** @throws StorageError */
  async find(idHash: string): Promise<Session | undefined> {
    const [row] = await this.#query<{ key_hash: string; ends_at: Date }>(
      'SELECT key_hash, ends_at FROM sessions WHERE id_hash = $1',
      [idHash]
    )
    return row && { keyHash: row.key_hash, endsAt: row.ends_at.getTime() }
  }

  /** @throws StorageError */
  async remove(idHash: string): Promise<void> {
    await this.#query('DELETE FROM sessions WHERE id_hash = $1', [idHash])
  }

  async #query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(text, values)).rows
    } catch (error) {
      throw new StorageError('Sessions cannot be read or kept.', error)
    }
  }
}
