import type { UnusedEvent } from '../../telemetry/unused-event.ts'
import { type Counted, HourCounts } from './hour-count.ts'
import { redactedJson } from './redact.ts'

/** What a request of a webhook sender became. `answered`: it asked whether this is its address. */
export const OUTCOMES = ['accepted', 'repeated', 'ignored', 'answered', 'refused'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** A request whose sender was authenticated. */
export interface ReceivedEvent {
  readonly outcome: Outcome
  /** Of the answer. */
  readonly status: number
  /** Of the refusal. */
  readonly code: string | undefined
  /** Of the first events that are not used. */
  readonly reasons: readonly UnusedEvent[]
  /** The caller, if the sender is one. */
  readonly caller: string | undefined
  readonly jobId: string | undefined
  readonly updates: number
  /** Events that were ignored. */
  readonly ignored: number
  readonly requestId: string
  /** Length of the body. */
  readonly bytes: number
}

/** A request of the list. */
export interface ListedEvent extends ReceivedEvent {
  /** Unique until the gateway stops. */
  readonly id: string
  /** When it was answered, in milliseconds since the epoch. */
  readonly at: number
  /** Whether its payload is kept. */
  readonly hasPayload: boolean
}

/** A payload as it was read, without secrets. */
export interface KeptPayload {
  /** JSON; its beginning if it is cut. */
  readonly json: string
  readonly isCut: boolean
}

/** What is known of a source. */
export interface SourceActivity {
  /** Requests of authenticated senders, by outcome; refused ones by their code. */
  readonly outcomes: readonly Counted[]
  readonly refusals: readonly Counted[]
  /** Requests that were refused before their sender was authenticated, by the reason. */
  readonly strangers: readonly Counted[]
  /** Newest first. */
  readonly events: readonly ListedEvent[]
}

/** The name and the setting of a source. */
export interface Source {
  readonly name: string
  readonly storesPayloads: boolean
}

/** Last requests of a source that are listed, of each group: a flood of one hides no other. */
export const LISTED = 20
/** Longest text of a payload, in characters. */
export const MAX_PAYLOAD = 16_384
/** Bytes of all payloads together. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 ** 2
/** Bytes that a payload costs beside its text. */
const OVERHEAD = 200
/** Reasons of one request that are listed. */
const MAX_REASONS = 5
const encoder = new TextEncoder()
const decoder = new TextDecoder()

type Group = 'accepted' | 'ignored' | 'refused'
const GROUP_OF: Readonly<Record<Outcome, Group>> = {
  accepted: 'accepted',
  repeated: 'ignored',
  ignored: 'ignored',
  answered: 'ignored',
  refused: 'refused'
}

interface Kept {
  readonly id: number
  readonly at: number
  readonly event: ReceivedEvent
  /** JSON as bytes: a text might keep the whole payload in memory that it is a part of. */
  payload: { readonly json: Uint8Array; readonly isCut: boolean } | undefined
}

interface Known {
  readonly outcomes: HourCounts
  readonly refusals: HourCounts
  readonly strangers: HourCounts
  /** Oldest first. */
  readonly lists: Readonly<Record<Group, Kept[]>>
  payloadBytes: number
}

/**
 * What webhook sources received: counts, and the last requests, in memory. Strangers are only counted, so that they can
 * neither fill the memory nor hide what senders sent. Times are milliseconds since the epoch.
 */
export class WebhookActivity {
  readonly #sources = new Map<string, Known>()
  readonly #maxPayloadBytes: number
  #payloadBytes = 0
  #lastId = 0

  /** @param maxPayloadBytes of all payloads together */
  constructor(maxPayloadBytes = MAX_PAYLOAD_BYTES) {
    this.#maxPayloadBytes = maxPayloadBytes
  }

  /** @param payload as it was read; undefined if it was not */
  received({ name, storesPayloads }: Source, event: ReceivedEvent, payload: unknown, now = Date.now()): void {
    const known = this.#known(name)
    known.outcomes.add(event.outcome, 1, now)
    if (event.code !== undefined) known.refusals.add(event.code, 1, now)
    const list = known.lists[GROUP_OF[event.outcome]]
    if (list.length === LISTED) this.#dropPayload(known, list.shift())
    const reasons = event.reasons.slice(0, MAX_REASONS)
    const kept: Kept = { id: ++this.#lastId, at: now, event: { ...event, reasons }, payload: undefined }
    list.push(kept)
    if (storesPayloads && payload !== undefined) this.#keepPayload(known, kept, payload)
  }

  /** Counts a sender that asked, without authentication, whether this is its address. */
  answered(name: string, now = Date.now()): void {
    this.#known(name).outcomes.add('answered', 1, now)
  }

  /**
   * Counts a request whose sender was not authenticated.
   * @param reason one of few
   */
  refusedStranger(name: string, reason: string, now = Date.now()): void {
    this.#known(name).strangers.add(reason, 1, now)
  }

  of(name: string, now = Date.now()): SourceActivity {
    const known = this.#sources.get(name)
    if (known === undefined) return { outcomes: [], refusals: [], strangers: [], events: [] }
    return {
      outcomes: known.outcomes.list(now),
      refusals: known.refusals.list(now),
      strangers: known.strangers.list(now),
      events: listed(known).map(asListed)
    }
  }

  /** A listed request of a source, and its payload, if it is kept. */
  find(name: string, id: string): { event: ListedEvent; payload: KeptPayload | undefined } | undefined {
    const kept = this.#find(name, id)
    if (kept === undefined) return undefined
    const { payload } = kept
    return {
      event: asListed(kept),
      payload: payload && { json: decoder.decode(payload.json), isCut: payload.isCut }
    }
  }

  /** Deletes the payload of a request. Returns whether there was one. */
  deletePayload(name: string, id: string): boolean {
    const known = this.#sources.get(name)
    return known !== undefined && this.#dropPayload(known, this.#find(name, id))
  }

  /** Deletes all payloads of a source. Returns how many there were. */
  deletePayloads(name: string): number {
    const known = this.#sources.get(name)
    return known === undefined ? 0 : listed(known).filter((kept) => this.#dropPayload(known, kept)).length
  }

  /** Forgets all other sources, and the payloads of those that keep none any more. */
  keepOnly(sources: Iterable<Source>): void {
    const kept = new Map([...sources].map((source) => [source.name, source]))
    for (const name of this.#sources.keys()) {
      if (kept.get(name)?.storesPayloads !== true) this.deletePayloads(name)
      if (!kept.has(name)) this.#sources.delete(name)
    }
  }

  #find(name: string, id: string): Kept | undefined {
    const known = this.#sources.get(name)
    return known && listed(known).find((kept) => String(kept.id) === id)
  }

  #known(name: string): Known {
    const known = this.#sources.get(name)
    if (known) return known
    const made: Known = {
      outcomes: new HourCounts(),
      refusals: new HourCounts(),
      strangers: new HourCounts(),
      lists: { accepted: [], ignored: [], refused: [] },
      payloadBytes: 0
    }
    this.#sources.set(name, made)
    return made
  }

  #keepPayload(known: Known, kept: Kept, payload: unknown): void {
    const { text, isCut } = redactedJson(payload, MAX_PAYLOAD)
    const json = encoder.encode(text)
    kept.payload = { json, isCut }
    this.#count(known, json.length + OVERHEAD)
    while (this.#payloadBytes > this.#maxPayloadBytes) this.#makeRoom()
  }

  /** Drops the oldest payload of the source that has the most. */
  #makeRoom(): void {
    let most: Known | undefined
    for (const known of this.#sources.values())
      if (known.payloadBytes > (most?.payloadBytes ?? 0)) most = known
    if (most === undefined) throw new Error('there is no payload to drop')
    const oldest = listed(most).findLast(({ payload }) => payload !== undefined)
    this.#dropPayload(most, oldest)
  }

  #dropPayload(known: Known, kept: Kept | undefined): boolean {
    if (kept?.payload === undefined) return false
    this.#count(known, -(kept.payload.json.length + OVERHEAD))
    kept.payload = undefined
    return true
  }

  #count(known: Known, bytes: number): void {
    known.payloadBytes += bytes
    this.#payloadBytes += bytes
  }
}

/** All that is kept of a source, newest first. */
function listed({ lists: { accepted, ignored, refused } }: Known): Kept[] {
  return [...accepted, ...ignored, ...refused].toSorted((a, b) => b.id - a.id)
}

function asListed({ id, at, event, payload }: Kept): ListedEvent {
  return { ...event, id: String(id), at, hasPayload: payload !== undefined }
}
