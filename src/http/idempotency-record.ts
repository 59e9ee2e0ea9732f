import { Problem } from '../errors.ts'

/** The stored response to a request with an `Idempotency-Key`, or to a webhook with an event id. */
export interface IdempotencyRecord {
  readonly caller: string
  readonly key: string
  /** Tells requests with the same key apart; empty for an event, whose id is enough. */
  readonly fingerprint: string
  readonly httpStatus: number
  readonly contentType: string
  readonly body: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What identifies a repeat of a request. */
export type IdempotencyKey = Pick<IdempotencyRecord, 'caller' | 'key' | 'fingerprint'>

/** What identifies repeats: of a request, or of each event in it. */
export interface Repeats {
  readonly repeat?: IdempotencyKey
  /** In the order of the request's updates. */
  readonly events?: readonly (IdempotencyKey | undefined)[]
}

/** Stores responses by caller and key. Its methods may reject with a StorageError. */
export interface SavedResponses {
  /**
   * Begins a request with a key, unless a response was stored for it at `since` or later (milliseconds since the epoch), or
   * another request with it is in progress. One that is begun is in progress until `end`, or until its gateway ends.
   */
  begin(caller: string, key: string, since: number): Promise<'begun' | 'in_progress' | IdempotencyRecord>
  save(record: IdempotencyRecord): Promise<void>
  end(caller: string, key: string): Promise<void>
}

/** How long a response is kept for its key, in milliseconds: one day. */
export const IDEMPOTENCY_KEY_TTL_MS = 24 * 60 * 60 * 1_000

/**
 * Refuses a key that was used for another request.
 * @throws Problem idempotency_key_reused
 */
export function refuseOther(record: IdempotencyRecord, key: IdempotencyKey): void {
  if (record.fingerprint === key.fingerprint) return
  const detail = 'This Idempotency-Key was used for another request in the last 24 hours.'
  throw new Problem('idempotency_key_reused', detail)
}
