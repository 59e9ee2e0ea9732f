import { randomBytes } from 'node:crypto'
import type { Caller } from '../callers/caller.ts'
import type { Callers } from '../callers/callers.ts'
import { hashKey } from '../callers/key.ts'

/** A working day; then the key is asked for again. */
export const SESSION_MS = 8 * 60 * 60 * 1_000
/** More than operators there are; beyond that the one that began first ends. */
const MAX_SESSIONS = 1_000
const ID_BYTES = 32

interface Session {
  /** See `hashKey`. */
  readonly keyHash: string
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

/**
 * Who is signed in to the operations page. A session is as good as its key: it ends when that is taken away, expires
 * or loses `operator`. Sessions are held in memory only, so a restart ends them.
 */
export class Sessions {
  readonly #callers: Callers
  /** Those that began first stand first. */
  readonly #sessions = new Map<string, Session>()

  constructor(callers: Callers) {
    this.#callers = callers
  }

  /** Begins a session at `now`, in milliseconds since the epoch. Returns its id, a secret that is not the key. */
  begin(key: string, now = Date.now()): string {
    this.#forget(now)
    const id = randomBytes(ID_BYTES).toString('base64url')
    this.#sessions.set(id, { keyHash: hashKey(key), endsAt: now + SESSION_MS })
    return id
  }

  /** The operator of a session; undefined if there is none of that id, or none any more. */
  operator(id: string | undefined, now = Date.now()): Caller | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id)
    if (id === undefined || session === undefined) return undefined
    const caller = session.endsAt > now ? this.#callers.findByHash(session.keyHash, now) : undefined
    if (caller?.isOperator) return caller
    this.end(id)
    return undefined
  }

  end(id: string | undefined): void {
    if (id !== undefined) this.#sessions.delete(id)
  }

  #forget(now: number): void {
    for (const [id, { endsAt }] of this.#sessions) {
      if (endsAt > now && this.#sessions.size < MAX_SESSIONS) return
      this.#sessions.delete(id)
    }
  }
}
