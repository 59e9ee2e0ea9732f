import type { Caller } from '../callers/caller.ts'
import { howToSendKey } from '../callers/key.ts'
import { Problem } from '../errors.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import type { UnusedEvent } from '../telemetry/unused-event.ts'
import type { Updates } from '../updates/updates.ts'
import type { AuthFault } from './auth/auth.ts'
import type { MappedEvents, WebhookEndpoint } from './endpoint.ts'
import { MappingError } from './mapping/mapping-error.ts'

const DETAILS: Readonly<Record<AuthFault, string>> = {
  credential_missing: 'Missing credential: send the key, login or secret of this webhook source.',
  credential_wrong: 'The credential is not one of this webhook source.',
  signature_missing: 'Missing signature: its header is absent or empty.',
  id_missing: 'Missing id: the signature needs the header of the id.',
  signature_malformed: 'The signature does not have the form that this webhook source expects.',
  signature_wrong: 'The signature does not match the request.',
  timestamp_missing: 'Missing timestamp: the signature needs one.',
  timestamp_malformed: 'The timestamp is neither a Unix time nor one like 2026-11-30T09:15:00Z.',
  timestamp_too_old: 'The timestamp is too old.',
  timestamp_too_new: "The timestamp is in the future: check the sender's clock."
}

/** The refusal of a request whose sender is not verified. */
export function notVerified(endpoint: Pick<WebhookEndpoint, 'challenge'>, fault: AuthFault): Problem {
  const headers = { 'www-authenticate': endpoint.challenge }
  const how = fault === 'credential_missing' ? howToSend(endpoint.challenge) : ''
  return new Problem('unauthenticated', DETAILS[fault] + how, { headers })
}

/** How to send what a challenge asks for; empty if its scheme does not say. */
function howToSend(challenge: string): string {
  if (challenge.startsWith('Bearer')) return ` ${howToSendKey()}`
  return challenge.startsWith('Basic')
    ? ' Send user and password as Basic authentication, as curl -u does.'
    : ''
}

/** The refusal of a payload of which nothing can be used; undefined if the error is another. */
export function unusedPayload(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error.code === 'all_updates_rejected' ? error : undefined
  if (!(error instanceof MappingError)) return undefined
  const errors = [{ pointer: '', code: 'invalid_request', detail: error.message }]
  return new Problem('invalid_request', error.message, { errors })
}

/**
 * Reads the updates that the events of a payload became.
 * @param caller who sent it, with its rights and limits; null if the sender isn't a caller
 * @throws Problem payload_too_large, if they are more than the caller may send
 */
export function readEvents(
  updates: Pick<Updates, 'read'>,
  endpoint: Pick<WebhookEndpoint, 'options'>,
  events: MappedEvents,
  caller: Caller | null
): (Update | RejectedUpdate)[] {
  if (events.updates.length === 0) return []
  // Of the two settings, the stricter one.
  const options = {
    ...endpoint.options,
    ...(caller?.onLossy === 'reject' && { onLossy: caller.onLossy }),
    ...(caller?.keyMatch === 'exact' && { keyMatch: caller.keyMatch })
  }
  const { entries } = updates.read({ updates: events.updates }, caller ?? undefined, options)
  return withFailures(entries, events)
}

/** The entries of a batch, with the refusals of the events that failed, and the warnings for fields that were left out. */
export function withFailures(
  entries: readonly (Update | RejectedUpdate)[],
  { failures, dropped }: Pick<MappedEvents, 'failures' | 'dropped'>
): (Update | RejectedUpdate)[] {
  return entries.map((entry) => {
    const { index, key } = entry
    const refusal = failures.get(index)
    if (refusal) return { index, key, refusals: [refusal] }
    const warnings = dropped.get(index)
    if (warnings === undefined || 'refusals' in entry) return entry
    const { changes } = entry
    return { ...entry, changes: { ...changes, warnings: [...changes.warnings, ...warnings] } }
  })
}

/** Most events of a payload that the log names. */
const MAX_LOGGED = 20

/** What the log says of a payload's events that are not used. Quotes no value. */
export interface UnusedEvents {
  /** Events that `when` does not want. */
  readonly unwanted: number
  /** Events that change nothing. */
  readonly unchanged: number
  readonly refused: number
  /** Of the first ones, refused ones before others. */
  readonly reasons: readonly UnusedEvent[]
}

/** The events of a payload that are not used; undefined if all are. */
export function unusedEvents(
  { events, ignored, unwanted, ignoredEvents, failedExpressions }: MappedEvents,
  entries: readonly (Update | RejectedUpdate)[]
): UnusedEvents | undefined {
  const refused = entries.filter((entry): entry is RejectedUpdate => 'refusals' in entry)
  if (ignored + refused.length === 0) return undefined
  const reasons: UnusedEvent[] = refused.slice(0, MAX_LOGGED).flatMap(({ index, refusals: [refusal] }) => {
    if (refusal === undefined) return []
    const { code, field } = refusal
    const { [index]: event } = events
    const expression = failedExpressions.get(index)
    const at = expression === undefined ? field !== undefined && { field } : { expression }
    return [{ ...(event !== undefined && { event }), code, ...at }]
  })
  return {
    unwanted,
    unchanged: ignored - unwanted,
    refused: refused.length,
    reasons: [...reasons, ...ignoredEvents].slice(0, MAX_LOGGED)
  }
}

/** A payload of which not even the events are found. */
export function unusedWhole({ expression }: MappingError): UnusedEvents {
  return { unwanted: 0, unchanged: 0, refused: 1, reasons: [{ code: 'invalid_request', expression }] }
}
