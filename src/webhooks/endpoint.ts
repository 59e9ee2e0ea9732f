import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import {
  DEFAULT_OPTIONS,
  type KeyMatch,
  type OnInvalid,
  type OnLossy,
  type OnMultiple,
  type UpdateOptions
} from '../leads/update.ts'
import { type Auth, type AuthFault, headerValue, type ReceivedHead, type VerifyBody } from './auth/auth.ts'
import { takeBodyKey } from './auth/credential.ts'
import { challengeOf, verifyHead } from './auth/verify.ts'
import type { EventIdValue, MappedEvent } from './mapping/evaluation.ts'
import { Evaluator } from './mapping/evaluator.ts'
import type { MappedPayload, MappingDefinition, MappingFault } from './mapping/mapping.ts'
import { type PayloadType, parsePayload } from './payload.ts'
import { answerBody, answerQuery, type Verification } from './verification.ts'

/** Where a request carries its event's id, which identifies repeats of the event: in the first of `headers` it has. */
export type EventId = { readonly headers: readonly string[] } | { readonly expression: string }

/** A webhook endpoint as configured, with its secrets read from their files. */
export interface EndpointConfig {
  readonly name: string
  /** The VICIdial account of its calls, if it names one. */
  readonly account?: string
  /** VICIdial's `source` of its calls, if it has its own. */
  readonly source?: string
  readonly onLossy?: OnLossy
  readonly onInvalid?: OnInvalid
  readonly onMultiple?: OnMultiple
  readonly keyMatch?: KeyMatch
  readonly auth: Auth
  /** Undefined if its senders never ask. */
  readonly verification?: Verification
  /** The status of every answer that is no refusal; by default each has its own. */
  readonly answerStatus?: number
  /** Media types that it takes. */
  readonly contentTypes: readonly PayloadType[]
  /** The form field that holds the payload as JSON. */
  readonly payloadField?: string
  readonly eventId?: EventId
  readonly mapping: MappingDefinition
}

/** Items of one payload, unless the caller of `map` says otherwise. */
export const DEFAULT_MAX_ITEMS = 10_000
/** Longest id in characters; of a longer one the SHA-256 is kept. */
const MAX_EVENT_ID = 255

/** A webhook endpoint: how its senders prove who they are, and how their payloads become updates. */
export class WebhookEndpoint {
  readonly name: string
  /** The VICIdial account of its calls, if it names one. */
  readonly account: string | undefined
  /** VICIdial's `source` of its calls, if it has its own. */
  readonly source: string | undefined
  /** Options of its updates. */
  readonly options: UpdateOptions
  /** The status of every answer that is no refusal; undefined if each has its own. */
  readonly answerStatus: number | undefined
  // Private, so that printing an endpoint prints no secrets.
  readonly #auth: Auth
  readonly #verification: Verification | undefined
  readonly #contentTypes: readonly PayloadType[]
  readonly #payloadField: string | undefined
  readonly #eventId: EventId | undefined
  readonly #evaluator: Evaluator

  constructor(config: EndpointConfig) {
    const { eventId, onLossy, onInvalid, onMultiple, keyMatch } = config
    this.name = config.name
    this.account = config.account
    this.source = config.source
    this.options = {
      ...DEFAULT_OPTIONS,
      ...(onLossy === undefined ? {} : { onLossy }),
      ...(onInvalid === undefined ? {} : { onInvalid }),
      ...(onMultiple === undefined ? {} : { onMultiple }),
      ...(keyMatch === undefined ? {} : { keyMatch })
    }
    this.answerStatus = config.answerStatus
    this.#auth = config.auth
    this.#verification = config.verification
    this.#contentTypes = config.contentTypes
    this.#payloadField = config.payloadField
    this.#eventId = eventId
    const expression = eventId !== undefined && 'expression' in eventId ? eventId.expression : undefined
    this.#evaluator = new Evaluator(config.mapping, expression)
  }

  /** Whether its senders are callers, each with a key; then `verifyHead` has nothing to check. */
  get isForCallers(): boolean {
    return this.#auth.type === 'callers'
  }

  /** Whether only the parsed body can tell who sent it, see `takeBodyKey`. */
  get hasKeyInBody(): boolean {
    return this.#auth.type === 'body_key'
  }

  /** Whether it answers a challenge in the address, see `answerHead`. */
  get hasQueryChallenge(): boolean {
    return this.#verification?.query !== undefined
  }

  /** What its senders must send, for `WWW-Authenticate`. */
  get challenge(): string {
    return challengeOf(this.#auth, this.name)
  }

  /** Ends its thread when the requests that already have this endpoint are done. */
  retire(): void {
    this.#evaluator.retire()
  }

  /** Checks the sender before anything is parsed, see `verifyHead`. */
  verifyHead(head: ReceivedHead): AuthFault | VerifyBody | undefined {
    return verifyHead(this.#auth, head)
  }

  /**
   * Checks the key in a payload, and takes it out of the payload.
   * @returns why the sender is not verified; undefined if it is, or if its key is not in the payload
   */
  takeBodyKey(payload: unknown): AuthFault | undefined {
    return this.#auth.type === 'body_key' ? takeBodyKey(this.#auth, payload) : undefined
  }

  /**
   * The answer to a sender that asks, before it sends anything, whether this is its address.
   * @returns why the sender is not verified; undefined if the request does not ask, or the endpoint does not answer
   */
  answerHead({ method, url }: ReceivedHead): { readonly text: string } | AuthFault | undefined {
    const { query, get = false } = this.#verification ?? {}
    const answer = query && answerQuery(query, url)
    if (answer !== undefined || method === 'POST' || !get) return answer
    return { text: 'OK' }
  }

  /** The answer to a challenge in a payload of a verified sender; undefined if there is none. */
  answerPayload(payload: unknown): Readonly<Record<string, string>> | undefined {
    const { body } = this.#verification ?? {}
    return body && answerBody(body, payload)
  }

  /** @throws Problem invalid_json, invalid_request or unsupported_media_type */
  async parse(rawBody: Buffer, contentType: string | undefined): Promise<unknown> {
    return parsePayload(rawBody, contentType, this.#contentTypes, this.#payloadField)
  }

  /**
   * The event's id, which tells it from this endpoint's other events; undefined if it has none.
   * @throws MappingError
   * @throws Problem overloaded
   */
  async eventId(headers: IncomingHttpHeaders, payload: unknown): Promise<string | undefined> {
    if (this.#eventId === undefined) return undefined
    const isInHeader = 'headers' in this.#eventId
    return this.#eventIdOf(headers, isInHeader ? undefined : await this.#evaluateEventId(payload))
  }

  /**
   * Maps a payload to the `updates` of a batch request, not yet validated.
   * @throws MappingError if an expression fails, or there are more than `maxItems` items; then nothing is mapped
   * @throws Problem overloaded
   */
  async map(payload: unknown, maxItems = DEFAULT_MAX_ITEMS): Promise<MappedPayload> {
    const { updates, ignored } = await this.#map(payload, maxItems)
    return { updates, ignored }
  }

  /**
   * Maps a payload and evaluates its event's id. Without updates there is no id.
   * @param bytes size of the payload as received
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
    const names = 'headers' in this.#eventId ? this.#eventId.headers : []
    const inHeader = names.map((name) => headerValue(headers, name)).find((value) => value !== undefined)
    const text = String(inHeader ?? evaluated ?? '').trim()
    if (text === '') return undefined
    return text.length > MAX_EVENT_ID ? `sha256:${hash('sha256', text)}` : text
  }

  async #map(payload: unknown, maxItems: number, bytes = 0): Promise<MappedEvent> {
    const evaluation = await this.#evaluator.evaluate({ type: 'map', payload, maxItems }, bytes)
    if ('updates' in evaluation) return evaluation
    throw this.#error(evaluation)
  }

  async #evaluateEventId(payload: unknown): Promise<EventIdValue> {
    const evaluation = await this.#evaluator.evaluate({ type: 'event_id', payload }, 0)
    if ('eventId' in evaluation) return evaluation.eventId
    throw this.#error(evaluation)
  }

  #error(evaluation: MappingFault | object): Error {
    if ('reason' in evaluation) return new MappingError(this.name, evaluation)
    return new Error('the thread finished a different task')
  }
}

/** A payload that its endpoint's mapping cannot take. The message says where and why, and quotes no value. */
export class MappingError extends Error {
  override readonly name = 'MappingError'
  /** Name of the expression, like `fields.status`. */
  readonly expression: string
  /** Index of the item in the payload; undefined if the error is not about one item. */
  readonly item: number | undefined

  constructor(endpoint: string, { expression, item, reason }: MappingFault) {
    const position = item === undefined ? '' : ` at item ${item}`
    super(`${endpoint}: ${expression}${position} ${reason}.`)
    this.expression = expression
    this.item = item
  }
}
