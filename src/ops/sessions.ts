import { randomBytes } from 'node:crypto'
import type { Caller } from '../callers/caller.ts'
import type { Callers } from '../callers/callers.ts'
import { hashKey } from '../callers/key.ts'

/** Lifetime of a session in milliseconds: a working day. */
export const SESSION_MS = 8 * 60 * 60 * 1_000
/** More than there are operators. Beyond it the oldest session ends. */
const MAX_SESSIONS = 1_000
const ID_BYTES = 32

interface Session {
  /** See `hashKey`. */
  readonly keyHash: string
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

/**
 * The sessions of the operations page. A session ends when its key is removed, expires or loses `operator`. Sessions
 * are kept only in memory, so a restart ends them all.
 */
export class Sessions {
  readonly #callers: Callers
  /** Oldest first. */
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

  /** The operator of a session; undefined if it doesn't exist or has ended. */
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
