import {
  IDEMPOTENCY_KEY_TTL_MS,
  type IdempotencyRecord,
  type SavedResponses
} from '../http/idempotency-record.ts'

/** How long an event id is kept, in milliseconds: senders repeat for up to three days. */
export const EVENT_ID_TTL_MS = 7 * IDEMPOTENCY_KEY_TTL_MS

/** The saved responses, and how old ones are deleted. */
export interface IdempotencyStore extends SavedResponses {
  /** The response stored for a caller's key at `since` or later, in milliseconds since the epoch. */
  find(caller: string, key: string, since: number): Promise<IdempotencyRecord | undefined>
  /**
   * Deletes up to `limit` records older than `before`. Returns how many. While the engine has a fault it also tries to
   * write.
   */
  purge(before: number, limit: number): Promise<number>
}

/** A caller and its key as one text, also for a key as a database returns it. */
export function recordName(caller: string, key: string): string {
  return `${caller}\n${key}`.toWellFormed()
}
