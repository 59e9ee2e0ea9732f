import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { requirePermission } from '../../src/callers/access-control.ts'
import type { Caller } from '../../src/callers/caller.ts'
import type { Callers } from '../../src/callers/callers.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'
import { overloaded, Problem } from '../../src/errors.ts'
import { callerOf, requires } from '../../src/http/authentication.ts'
import type { WebhookActivity } from '../../src/ops/senders/webhook-activity.ts'
import { indented } from '../../src/ops/senders/payload-page.ts'
import {
  AS_READ,
  type ChosenSource,
  MAX_TRIED,
  TRY,
  type TryInput,
  tryPage
} from '../../src/ops/senders/try-page.ts'
import type { Updates } from '../../src/updates/updates.ts'
import type { WebhookEndpoint } from '../../src/webhooks/endpoint.ts'
import { readEvents } from '../../src/webhooks/receive.ts'
import { tryPayload } from '../../src/webhooks/trial.ts'
import { HTML_TYPE, Text } from './queries.ts'
import { MAX_SHOWN, trialView } from './trial-view.ts'

const QuerySchema = Type.Object({ source: Text, request: Text }, { additionalProperties: false })
const BodySchema = Type.Object(
  {
    source: Type.String({ maxLength: 200 }),
    caller: Text,
    content_type: Type.String({ maxLength: 200 }),
    payload: Type.String({ minLength: 1 })
  },
  { additionalProperties: false }
)
const common = { hide: true, security: requires('operator') }
/** A form has up to three bytes for a character of JSON. */
const MAX_FORM_BYTES = 4 * MAX_TRIED
const RETRY_AFTER_SECONDS = 5

/** Content types that a page can send. Files are not for a text field. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  text: 'text/plain'
}

export interface TryPagesOptions {
  readonly activity: Pick<WebhookActivity, 'find'>
  readonly runtimeConfig: Pick<RuntimeConfig, 'endpoint' | 'endpoints'>
  readonly callers: Pick<Callers, 'list' | 'named'>
  readonly updates: Pick<Updates, 'read'>
  /** Updates that one payload may have. */
  readonly maxUpdates: number
}

/** `/ops/try`: shows what a payload becomes. Sends and stores nothing. */
export function tryPages({ activity, runtimeConfig, callers, updates, maxUpdates }: TryPagesOptions) {
  /** Whether a payload is being tried. One at a time, because it may take seconds of a processor. */
  let isBusy = false

  function endpointOf(name: string): WebhookEndpoint {
    const endpoint = runtimeConfig.endpoint(name)
    if (endpoint === undefined) throw new Problem('not_found', `There is no webhook source ${name}.`)
    return endpoint
  }

  function sourceNames(): string[] {
    return [...runtimeConfig.endpoints].map(({ name }) => name)
  }

  function chosenSource(endpoint: WebhookEndpoint, input: TryInput, isCut = false): ChosenSource {
    return {
      name: endpoint.name,
      contentTypes: contentTypesOf(endpoint),
      callers: endpoint.isForCallers ? sendersOf(endpoint).map(({ name }) => name) : undefined,
      input,
      isCut
    }
  }

  /** The callers that may send to an endpoint. */
  function sendersOf({ name }: WebhookEndpoint): Caller[] {
    return callers
      .list()
      .flatMap((one) => callers.named(one.name) ?? [])
      .filter((caller) => caller.may(`webhook:${name}`))
  }

  /** The form as it is at first: with a kept payload, if the address names one and the operator may see it. */
  function emptyOrKept(endpoint: WebhookEndpoint, id: string | undefined, operator: Caller): ChosenSource {
    const [first = AS_READ] = contentTypesOf(endpoint)
    if (id === undefined) return chosenSource(endpoint, { content_type: first, caller: '', payload: '' })
    requirePermission(operator, 'payloads')
    const { event, payload } = activity.find(endpoint.name, id) ?? {}
    if (payload === undefined) throw new Problem('not_found', 'The payload of this request is not kept.')
    const input = { content_type: AS_READ, caller: event?.caller ?? '', payload: indented(payload) }
    return chosenSource(endpoint, input, payload.isCut)
  }

  /** @throws Problem invalid_request, if no such caller may send to the endpoint */
  function senderOf(endpoint: WebhookEndpoint, name: string): Caller | null {
    if (!endpoint.isForCallers) return null
    const caller = sendersOf(endpoint).find((one) => one.name === name)
    if (caller === undefined)
      throw new Problem('invalid_request', `Choose a caller with the permission webhook:${endpoint.name}.`)
    return caller
  }

  async function tried(endpoint: WebhookEndpoint, { content_type: type, caller, payload }: TryInput) {
    if (!contentTypesOf(endpoint).includes(type))
      throw new Problem('invalid_request', 'The source takes no such content type.')
    const sender = senderOf(endpoint, caller)
    // Browsers send a text with the line ends of a form.
    const text = payload.replaceAll('\r\n', '\n').trim()
    if (text.length > MAX_TRIED)
      throw new Problem(
        'payload_too_large',
        `A payload of more than ${MAX_TRIED} characters cannot be tried here.`
      )
    const request = {
      body: Buffer.from(text),
      contentType: type === AS_READ ? undefined : type,
      maxItems: maxUpdates,
      maxExplained: MAX_SHOWN
    }
    const trial = await tryPayload(endpoint, request, (events) =>
      readEvents(updates, endpoint, events, sender)
    )
    return trialView(endpoint, trial)
  }

  return async (app: FastifyInstance): Promise<void> => {
    app.get<{ Querystring: Static<typeof QuerySchema> }>(
      TRY,
      { schema: { ...common, querystring: QuerySchema } },
      async (request, reply) => {
        const { source = '', request: id } = request.query
        const operator = callerOf(request)
        const chosen = source === '' ? undefined : emptyOrKept(endpointOf(source), id, operator)
        return reply
          .type(HTML_TYPE)
          .send(tryPage({ sources: sourceNames(), chosen, trial: undefined }, operator))
      }
    )

    app.post<{ Body: Static<typeof BodySchema> }>(
      TRY,
      { schema: { ...common, body: BodySchema }, bodyLimit: MAX_FORM_BYTES },
      async (request, reply) => {
        const { source, caller = '', content_type, payload } = request.body
        const endpoint = endpointOf(source)
        const input = { content_type, caller, payload }
        if (isBusy) throw overloaded('Another payload is being tried: try again.', RETRY_AFTER_SECONDS)
        isBusy = true
        try {
          const trial = await tried(endpoint, input)
          const view = { sources: sourceNames(), chosen: chosenSource(endpoint, input), trial }
          return await reply.type(HTML_TYPE).send(tryPage(view, callerOf(request)))
        } finally {
          isBusy = false
        }
      }
    )
  }
}

function contentTypesOf({ contentTypes }: WebhookEndpoint): string[] {
  return [...contentTypes.flatMap((type) => CONTENT_TYPES[type] ?? []), AS_READ]
}
