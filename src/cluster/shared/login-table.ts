import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { StorageError } from '../../errors.ts'
import { steadyNow } from '../../steady-clock.ts'
import { type Account, userName } from '../../vicidial/account.ts'
import type { LoginRefusal } from '../../vicidial/login-hold.ts'
import type { LoginNote, LoginNotes } from '../../vicidial/login-notes.ts'

/** How long notes are kept, in milliseconds: longer than VICIdial counts refusals. */
const KEPT_MS = 60 * 60_000

interface NoteRow {
  readonly login: string
  readonly said: LoginRefusal['said'] | null
  readonly is_over: boolean
  readonly ms_ago: number
}

/** Refused logins of all gateways, in the table `login_notes`, by a hash of VICIdial's user. */
export class LoginTable {
  readonly #pool: Pick<Pool, 'query'>

  constructor(pool: Pick<Pool, 'query'>) {
    this.#pool = pool
  }

  /**
   * The notes of each account, by its name.
   * @throws StorageError
   */
  async load(accounts: readonly Account[]): Promise<ReadonlyMap<string, LoginNotes>> {
    await this.#query(`DELETE FROM login_notes WHERE at < clock_timestamp() - $1 * interval '1 ms'`, [
      KEPT_MS
    ])
    const rows = await this.#query<NoteRow>(
      `SELECT login, said, is_over, (extract(epoch FROM clock_timestamp() - at) * 1000)::float8 AS ms_ago
       FROM login_notes ORDER BY at, id`
    )
    const now = steadyNow()
    return new Map(
      accounts.map(({ name, user }) => {
        const login = hashOf(user)
        const earlier = rows
          .filter((row) => row.login === login)
          .map(({ said, is_over: isOver, ms_ago }) => ({
            at: Math.round(now - ms_ago),
            said: said ?? undefined,
            isOver
          }))
        return [name, this.#notesOf(login, earlier)]
      })
    )
  }

  #notesOf(login: string, earlier: readonly LoginRefusal[]): LoginNotes {
    return {
      earlier,
      begin: async () => {
        const [row] = await this.#query<{ id: string }>(
          'INSERT INTO login_notes (login, at) VALUES ($1, clock_timestamp()) RETURNING id::text',
          [login]
        )
        if (row === undefined) throw new StorageError('The login was not noted.')
        return row.id
      },
      forget: async (note: LoginNote) => {
        await this.#query('DELETE FROM login_notes WHERE id = $1', [note])
      },
      refused: async (said, note) => {
        await (note === undefined
          ? this.#query('INSERT INTO login_notes (login, said, at) VALUES ($1, $2, clock_timestamp())', [
              login,
              said
            ])
          : this.#query('UPDATE login_notes SET said = $2 WHERE id = $1', [note, said]))
      },
      accepted: async () => {
        await this.#query('DELETE FROM login_notes WHERE login = $1 AND said IS NULL', [login])
        await this.#query('UPDATE login_notes SET is_over = true WHERE login = $1 AND NOT is_over', [login])
      }
    }
  }

  async #query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(text, values)).rows
    } catch (error) {
      throw new StorageError('Refused logins cannot be read or noted.', error)
    }
  }
}

function hashOf(user: string): string {
  return createHash('sha256').update(userName(user)).digest('hex')
}
