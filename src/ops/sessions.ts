import { createHash, randomBytes } from 'node:crypto'
import type { Caller } from '../callers/caller.ts'
import type { Callers } from '../callers/callers.ts'
import { hashKey } from '../callers/key.ts'

/** Lifetime of a session in milliseconds: a working day. */
export const SESSION_MS = 8 * 60 * 60 * 1_000
/** More than there are operators. Beyond it the oldest session ends. */
const MAX_SESSIONS = 1_000
const ID_BYTES = 32

export interface Session {
  /** See `hashKey`. */
  readonly keyHash: string
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

/** Keeps sessions by a hash of their id. */
export interface SessionStore {
  /** Adds a session, and forgets those that have ended at `now`, or are too many. */
  add(idHash: string, session: Session, now: number): Promise<void>
  find(idHash: string): Promise<Session | undefined>
  remove(idHash: string): Promise<void>
}

/** The sessions of the operations page. A session ends when its key is removed, expires or loses `operator`. */
export class Sessions {
  readonly #callers: Callers
  readonly #store: SessionStore

  /** @param store by default memory, so that a restart ends all sessions */
  constructor(callers: Callers, store: SessionStore = new MemorySessions()) {
    this.#callers = callers
    this.#store = store
  }

  /** Begins a session at `now`, in milliseconds since the epoch. Returns its id, a secret that is not the key. */
  async begin(key: string, now = Date.now()): Promise<string> {
    const id = randomBytes(ID_BYTES).toString('base64url')
    await this.#store.add(hashOf(id), { keyHash: hashKey(key), endsAt: now + SESSION_MS }, now)
    return id
  }

  /** The operator of a session; undefined if it doesn't exist or has ended. */
  async operator(id: string | undefined, now = Date.now()): Promise<Caller | undefined> {
    const session = id === undefined ? undefined : await this.#store.find(hashOf(id))
    if (session === undefined) return undefined
    const caller = session.endsAt > now ? this.#callers.findByHash(session.keyHash, now) : undefined
    if (caller?.isOperator) return caller
    await this.end(id)
    return undefined
  }

  async end(id: string | undefined): Promise<void> {
    if (id !== undefined) await this.#store.remove(hashOf(id))
  }
}

/** Sessions of this process alone. */
class MemorySessions implements SessionStore {
  /** Oldest first. */
  readonly #sessions = new Map<string, Session>()

  async add(idHash: string, session: Session, now: number): Promise<void> {
    for (const [old, { endsAt }] of this.#sessions) {
      if (endsAt > now && this.#sessions.size < MAX_SESSIONS) break
      this.#sessions.delete(old)
    }
    this.#sessions.set(idHash, session)
  }

  async find(idHash: string): Promise<Session | undefined> {
    return this.#sessions.get(idHash)
  }

  async remove(idHash: string): Promise<void> {
    this.#sessions.delete(idHash)
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}
