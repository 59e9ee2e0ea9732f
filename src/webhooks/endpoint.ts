import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { PointedRefusal, Warning } from '../leads/refusal.ts'
import {
  DEFAULT_OPTIONS,
  type KeyMatch,
  type OnInvalid,
  type OnLossy,
  type OnMultiple,
  type UpdateOptions
} from '../leads/update-options.ts'
import { type Auth, type AuthFault, headerValue, type ReceivedHead, type VerifyBody } from './auth/auth.ts'
import { takeBodyKey } from './auth/credential.ts'
import { challengeOf, verifyHead } from './auth/verify.ts'
import type { EvaluationTask } from './mapping/evaluation.ts'
import { Evaluator } from './mapping/evaluator.ts'
import type { EventsToExplain, Hint } from './mapping/hints.ts'
import type { EventIdValue, MappedPayload, MappingFault } from './mapping/mapped-payload.ts'
import {
  type ActionsDefinition,
  expressionsOf,
  type MappingDefinition
} from './mapping/mapping-definition.ts'
import { EVENT_ID } from './mapping/payload-evaluation.ts'
import { droppedWarning, eventRefusal, MappingError } from './mapping/mapping-error.ts'
import { type PayloadType, parsePayload } from './payload.ts'
import { answerBody, answerQuery, type Verification } from './verification.ts'

/** Where a request carries its event's id, which identifies repeats of the event: in the first of `headers` it has. */
export type EventId = { readonly headers: readonly string[] } | { readonly expression: string }

/** The answer to a payload of which nothing can be used: 202, or a refusal. */
export type OnUnmapped = 'accept' | 'refuse'

/** A webhook endpoint as configured, with its secrets read from their files. */
export interface EndpointConfig {
  readonly name: string
  /** The VICIdial account of its calls, if it names one. */
  readonly account?: string
  /** VICIdial's `source` of its calls, if it has its own. */
  readonly source?: string
  readonly onLossy?: OnLossy
  readonly onInvalid?: OnInvalid
  /** See `UpdateOptions.verify`. */
  readonly verify?: number
  readonly onMultiple?: OnMultiple
  readonly keyMatch?: KeyMatch
  /** What its sender gets for a payload of which nothing can be used. Default: `refuse`. */
  readonly onUnmapped?: OnUnmapped
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
  /** Whether its last payloads are kept for the operations page. */
  readonly storesPayloads?: boolean
  readonly mapping: MappingDefinition
}

/** The events of one payload, as updates. */
export interface MappedEvents extends Pick<
  MappedPayload,
  'updates' | 'events' | 'ignored' | 'unwanted' | 'ignoredEvents'
> {
  /** Why events failed, by the index of their update. */
  readonly failures: ReadonlyMap<number, PointedRefusal>
  /** What was left out of updates because its expression failed, by the index of the update. */
  readonly dropped: ReadonlyMap<number, readonly Warning[]>
  /** The names of the expressions that failed, by the index of the update. */
  readonly failedExpressions: ReadonlyMap<number, string>
  /** The numbers of the events on which the thread was stopped. */
  readonly stoppedEvents: ReadonlySet<number>
  /** The id of each update's event, which tells it from this endpoint's other events. */
  readonly eventIds: readonly (string | undefined)[]
}

export interface MapOptions {
  /** The request's, with the id of its events if the endpoint has it there. */
  readonly headers?: IncomingHttpHeaders
  readonly maxItems?: number
  /** Size of the payload as received. */
  readonly bytes?: number
}

/** Items of one payload, unless the caller of `map` says otherwise. */
export const DEFAULT_MAX_ITEMS = 10_000
/** Events of one payload on which the thread may be stopped: each costs the payload's CPU time. */
const MAX_STOPPED = 2
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
  /** Whether its updates may add leads. */
  readonly mayAdd: boolean
  /** What its mapping does with the leads of events. */
  readonly actions: ActionsDefinition
  /** The status of every answer that is no refusal; undefined if each has its own. */
  readonly answerStatus: number | undefined
  readonly onUnmapped: OnUnmapped
  /** Whether its last payloads are kept for the operations page. */
  readonly storesPayloads: boolean
  readonly mapping: MappingDefinition
  /** Media types that it takes. */
  readonly contentTypes: readonly PayloadType[]
  // Private, so that printing an endpoint prints no secrets.
  readonly #auth: Auth
  readonly #verification: Verification | undefined
  readonly #config: EndpointConfig
  readonly #payloadField: string | undefined
  readonly #eventId: EventId | undefined
  /** The text of each expression, by its name. */
  readonly #expressions: ReadonlyMap<string, string>
  readonly #evaluator: Evaluator

  constructor(config: EndpointConfig) {
    const { eventId, onLossy, onInvalid, onMultiple, keyMatch, verify } = config
    this.#config = config
    this.name = config.name
    this.account = config.account
    this.source = config.source
    this.options = {
      ...DEFAULT_OPTIONS,
      ...(onLossy === undefined ? {} : { onLossy }),
      ...(onInvalid === undefined ? {} : { onInvalid }),
      ...(onMultiple === undefined ? {} : { onMultiple }),
      ...(keyMatch === undefined ? {} : { keyMatch }),
      ...(verify === undefined ? {} : { verify })
    }
    this.mayAdd = config.mapping.add !== undefined
    this.actions = config.mapping.actions ?? {}
    this.answerStatus = config.answerStatus
    this.onUnmapped = config.onUnmapped ?? 'refuse'
    this.storesPayloads = config.storesPayloads ?? false
    this.mapping = config.mapping
    this.#auth = config.auth
    this.#verification = config.verification
    this.contentTypes = config.contentTypes
    this.#payloadField = config.payloadField
    this.#eventId = eventId
    const expression = eventId !== undefined && 'expression' in eventId ? eventId.expression : undefined
    this.#expressions = new Map([...expressionsOf(config.mapping), [EVENT_ID, expression ?? '']])
    const dropsFields = onInvalid === 'drop_field'
    this.#evaluator = new Evaluator({ ...config.mapping, dropsFields }, expression)
  }

  /** The same endpoint with a thread of its own, so that a trial delays no sender. To be retired after use. */
  copy(): WebhookEndpoint {
    return new WebhookEndpoint(this.#config)
  }

  /** How its senders authenticate, as in the gateway file. */
  get authType(): Auth['type'] {
    return this.#auth.type
  }

  /** Where the id of an event is; undefined if it has none. */
  get eventId(): EventId | undefined {
    return this.#eventId
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
    return parsePayload(rawBody, contentType, this.contentTypes, this.#payloadField)
  }

  /**
   * Maps a payload to the `updates` of a batch request, not yet validated. An event that fails stops no other.
   * @param bytes size of the payload as received
   * @throws MappingError if the payload as a whole cannot be mapped
   * @throws Problem overloaded
   */
  async map(
    payload: unknown,
    { headers = {}, maxItems = DEFAULT_MAX_ITEMS, bytes = 0 }: MapOptions = {}
  ): Promise<MappedEvents> {
    const stopped = new Map<number, MappingFault>()
    const evaluated = await this.#evaluate({ payload, maxItems, stopped }, bytes)
    const { failures, dropped, eventIds, ...mapped } = evaluated
    const refusal = (index: number, fault: MappingFault) =>
      eventRefusal(this.name, index, fault, this.#expressions.get(fault.expression) ?? '')
    return {
      ...mapped,
      failures: new Map([...failures].map(([index, fault]) => [index, refusal(index, fault)])),
      dropped: new Map(
        [...dropped].map(([index, faults]) => [
          index,
          faults.map((fault) => droppedWarning(refusal(index, fault)))
        ])
      ),
      failedExpressions: new Map([...failures].map(([index, { expression }]) => [index, expression])),
      stoppedEvents: new Set(stopped.keys()),
      eventIds: eventIds.map((id) => this.#eventIdOf(headers, id))
    }
  }

  /**
   * Why expressions find nothing in a payload; empty if that takes too long to find out.
   * @param explain what its events became; null if none was found
   * @throws Problem overloaded
   */
  async hints(payload: unknown, explain: EventsToExplain | null): Promise<readonly Hint[]> {
    const hints = await this.#evaluator.explain({ payload, explain })
    return 'reason' in hints ? [] : hints
  }

  /** Maps a payload. An event on which the thread had to be stopped fails, and the others are mapped without it. */
  async #evaluate(
    task: EvaluationTask & { readonly stopped: Map<number, MappingFault> },
    bytes: number
  ): Promise<MappedPayload> {
    const { stopped } = task
    for (;;) {
      const evaluation = await this.#evaluator.evaluate(task, bytes)
      if (!('reason' in evaluation)) return evaluation
      const { item } = evaluation
      if (item === undefined || stopped.size === MAX_STOPPED) throw new MappingError(this.name, evaluation)
      stopped.set(item, evaluation)
    }
  }

  #eventIdOf(headers: IncomingHttpHeaders, evaluated: EventIdValue): string | undefined {
    if (this.#eventId === undefined) return undefined
    const names = 'headers' in this.#eventId ? this.#eventId.headers : []
    const inHeader = names.map((name) => headerValue(headers, name)).find((value) => value !== undefined)
    const text = String(inHeader ?? evaluated ?? '').trim()
    if (text === '') return undefined
    // Not every database can store a NUL.
    if (!text.isWellFormed()) return `sha256:${hash('sha256', JSON.stringify(text))}`
    return text.length > MAX_EVENT_ID || text.includes('\0') ? `sha256:${hash('sha256', text)}` : text
  }
}
