import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { OnLossy, OnMultiple } from '../leads/update.ts'
import { type Auth, headerValue, type ReceivedRequest } from './auth/auth.ts'
import type { EventIdValue, MappedEvent } from './mapping/evaluation.ts'
import { Evaluator } from './mapping/evaluator.ts'
import type { Mapped, MappingDefinition, MappingFault } from './mapping/mapping.ts'
import { MappingError } from './mapping/mapping-error.ts'
import { type ContentType, parsePayload } from './payload.ts'
import { verify } from './auth/signature.ts'

/** Where the id of an event stands, by which a repeat of it is known. */
export type EventId = { readonly header: string } | { readonly expression: string }

/** A source of webhooks as configured, its secrets read. */
export interface SourceConfig {
  readonly name: string
  /** The VICIdial account of its calls, by name, if it names one. */
  readonly account?: string
  /** The VICIdial `source` of its calls, if it has its own. */
  readonly source?: string
  readonly onLossy?: OnLossy
  readonly onMultiple?: OnMultiple
  readonly auth: Auth
  /** What a body may be. */
  readonly contentTypes: readonly ContentType[]
  /** The form field that holds the payload as JSON. */
  readonly payloadField?: string
  readonly eventId?: EventId
  readonly mapping: MappingDefinition
}

/** Items of one payload, unless the caller of `map` says otherwise. */
export const DEFAULT_MAX_ITEMS = 10_000
/** A longer id is kept as its SHA-256. */
const MAX_EVENT_ID = 255

/** A sender of webhooks: how it proves itself, and what its payloads mean. */
export class WebhookEndpoint {
  readonly name: string
  /** The VICIdial account of its calls, by name, if it names one. */
  readonly account: string | undefined
  /** The VICIdial `source` of its calls, if it has its own. */
  readonly source: string | undefined
  readonly onLossy: OnLossy | undefined
  readonly onMultiple: OnMultiple | undefined
  // Private, so that nothing that prints a source prints its secrets.
  readonly #auth: Auth
  readonly #contentTypes: readonly ContentType[]
  readonly #payloadField: string | undefined
  readonly #eventId: EventId | undefined
  readonly #evaluator: Evaluator

  constructor(config: SourceConfig) {
    this.name = config.name
    this.account = config.account
    this.source = config.source
    this.onLossy = config.onLossy
    this.onMultiple = config.onMultiple
    this.#auth = config.auth
    this.#contentTypes = config.contentTypes
    this.#payloadField = config.payloadField
    this.#eventId = config.eventId
    const { eventId } = config
    const expression = eventId !== undefined && 'expression' in eventId ? eventId.expression : undefined
    this.#evaluator = new Evaluator(config.mapping, expression)
  }

  /** Whether callers send, each by its own key; there is nothing for `verify` to check then. */
  get isForCallers(): boolean {
    return this.#auth.type === 'callers'
  }

  /** Ends its thread once it has done what it was given; it is given nothing more. */
  retire(): void {
    this.#evaluator.retire()
  }

  /** Checks the sender, before anything is parsed. Returns a reason code for the log, or undefined if it is believed. */
  verify(request: ReceivedRequest): string | undefined {
    return verify(this.#auth, request)
  }

  /** @throws Problem invalid_json, invalid_request or unsupported_media_type */
  parse(rawBody: Buffer, contentType: string | undefined): unknown {
    return parsePayload(rawBody, contentType, this.#contentTypes, this.#payloadField)
  }

  /**
   * Returns what tells this event from others of this source; undefined if it has no id.
   * @throws MappingError
   * @throws Problem overloaded
   */
  async eventId(headers: IncomingHttpHeaders, payload: unknown): Promise<string | undefined> {
    if (this.#eventId === undefined) return undefined
    return this.#eventIdOf(
      headers,
      'header' in this.#eventId ? undefined : await this.#evaluateEventId(payload)
    )
  }

  /**
   * Maps a payload to updates, as a batch update request has them; `readUpdate` judges each.
   * @throws MappingError if an expression fails, or there are more than `maxItems` items: then nothing was mapped
   * @throws Problem overloaded
   */
  async map(payload: unknown, maxItems = DEFAULT_MAX_ITEMS): Promise<Mapped> {
    const { updates, ignored } = await this.#map(payload, maxItems)
    return { updates, ignored }
  }

  /**
   * Both at once; without updates there is no id.
   * @param bytes of the payload, as it came
   * @throws MappingError
   * @throws Problem overloaded
   */
  async read(
    headers: IncomingHttpHeaders,
    payload: unknown,
    maxItems: number,
    bytes: number
  ): Promise<{ updates: unknown[]; eventId: string | undefined }> {
    const { updates, eventId } = await this.#map(payload, maxItems, bytes)
    return { updates, eventId: this.#eventIdOf(headers, eventId) }
  }

  #eventIdOf(headers: IncomingHttpHeaders, evaluated: EventIdValue): string | undefined {
    if (this.#eventId === undefined) return undefined
    const id = 'header' in this.#eventId ? headerValue(headers, this.#eventId.header) : evaluated
    const text = String(id ?? '').trim()
    if (text === '') return undefined
    return text.length > MAX_EVENT_ID ? `sha256:${hash('sha256', text)}` : text
  }

  async #map(payload: unknown, maxItems: number, bytes = 0): Promise<MappedEvent> {
    const outcome = await this.#evaluator.perform({ type: 'map', payload, maxItems }, bytes)
    if ('updates' in outcome) return outcome
    throw this.#error(outcome)
  }

  async #evaluateEventId(payload: unknown): Promise<EventIdValue> {
    const outcome = await this.#evaluator.perform({ type: 'event_id', payload }, 0)
    if ('eventId' in outcome) return outcome.eventId
    throw this.#error(outcome)
  }

  #error(outcome: MappingFault | object): Error {
    if ('reason' in outcome) return new MappingError(this.name, outcome)
    return new Error('the thread answered another task')
  }
}
