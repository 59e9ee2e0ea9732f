import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from '../errors.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { allRejected } from '../updates/response.ts'
import type { MappedEvents, WebhookEndpoint } from './endpoint.ts'
import type { EventsToExplain, Hint } from './mapping/hints.ts'
import { MappingError } from './mapping/mapping-error.ts'
import { parsePayload } from './payload.ts'
import { unusedPayload } from './receive.ts'

/** A body to try, as its sender would send it. */
export interface TriedRequest {
  readonly body: Buffer
  /** Undefined: the body is a payload that was read before, as JSON. */
  readonly contentType: string | undefined
  /** Names in lower case. */
  readonly headers?: IncomingHttpHeaders
  readonly maxItems?: number
  /** Events that are explained, the first of all; by default all. */
  readonly maxExplained?: number
}

/** What a payload becomes. */
export interface Trial {
  readonly events: MappedEvents
  /** An entry for each update, with the refusals of those that cannot be used. */
  readonly entries: readonly (Update | RejectedUpdate)[]
  /** Names that expressions miss, as far as that explains what events become. */
  readonly hints: readonly Hint[]
}

/** A payload of which nothing can be read, and why. */
export interface FailedTrial {
  readonly fault: Problem | MappingError
  readonly hints: readonly Hint[]
}

/** A payload that asks whether this is its sender's address. It has no events. */
export interface AnsweredTrial {
  readonly challenge: Readonly<Record<string, string>>
}

/**
 * Shows what a payload becomes: reads and maps it as if a sender of the endpoint had sent it, and nothing more. It does not
 * have to be authenticated. Runs on a thread of its own, so it delays no sender.
 * @param read makes entries of the mapped updates
 */
export async function tryPayload(
  endpoint: WebhookEndpoint,
  request: TriedRequest,
  read: (events: MappedEvents) => Trial['entries']
): Promise<Trial | FailedTrial | AnsweredTrial> {
  const copy = endpoint.copy()
  let payload: unknown
  try {
    payload = await parse(copy, request)
    copy.takeBodyKey(payload)
    const challenge = copy.answerPayload(payload)
    if (challenge !== undefined) return { challenge }
    const { headers = {}, maxItems, body } = request
    const events = await copy.map(payload, {
      headers,
      bytes: body.length,
      ...(maxItems !== undefined && { maxItems })
    })
    const entries = read(events)
    const hints = await copy.hints(payload, explained(events, request.maxExplained))
    return { events, entries, hints }
  } catch (error) {
    if (error instanceof Problem) return { fault: error, hints: [] }
    if (!(error instanceof MappingError)) throw error
    return { fault: error, hints: error.expression === 'each' ? await copy.hints(payload, null) : [] }
  } finally {
    copy.retire()
  }
}

function parse(endpoint: WebhookEndpoint, { body, contentType }: TriedRequest): Promise<unknown> {
  return contentType === undefined
    ? parsePayload(body, 'application/json', ['json'], undefined)
    : endpoint.parse(body, contentType)
}

/** All events but those that took too long: they would again. */
function explained(
  { events, ignoredEvents, failedExpressions, stoppedEvents }: MappedEvents,
  max = events.length
): EventsToExplain {
  return {
    events: events.slice(0, max).filter((event) => !stoppedEvents.has(event)),
    ignored: ignoredEvents,
    failed: new Map([...failedExpressions].map(([index, expression]) => [events[index] ?? index, expression]))
  }
}

/** The HTTP status that the sender would get, and the code of a refusal. */
export function answerTo(
  { onUnmapped, answerStatus = 202 }: Pick<WebhookEndpoint, 'onUnmapped' | 'answerStatus'>,
  trial: Trial | FailedTrial
): { readonly status: number; readonly code?: string } {
  const refusal = 'fault' in trial ? trial.fault : allRefused(trial.entries)
  const unused = unusedPayload(refusal)
  const problem = unused ?? refusal
  if (!(problem instanceof Problem) || (unused && onUnmapped === 'accept')) return { status: answerStatus }
  return { status: problem.status, code: problem.code }
}

function allRefused(entries: Trial['entries']): Problem | undefined {
  if (entries.length === 0 || !entries.every((entry) => 'refusals' in entry)) return undefined
  return allRejected(entries)
}
