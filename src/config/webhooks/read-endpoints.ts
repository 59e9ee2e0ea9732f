import { checkExpressions, readMapping } from './read-mapping.ts'
import { readAuth } from './read-auth.ts'
import { CONTENT_TYPES, type ContentType } from '../../webhooks/payload.ts'
import type { NoteFault } from './read-secrets.ts'
import type { EndpointEntry } from './endpoint-schema.ts'
import { type EventId, type EndpointConfig, WebhookEndpoint } from '../../webhooks/endpoint.ts'
import { WEBHOOK_ID } from '../../webhooks/auth/standard-webhooks.ts'

/**
 * Makes the sources of webhooks from entries that fit their schema. Whatever the schema cannot say is checked here
 * and noted in `fault`; then the sources are not to be used.
 * @param folder where the names of secret files start
 * @param customFields the custom fields that may be set
 */
export function readEndpoints(
  entries: readonly EndpointEntry[],
  folder: string,
  customFields: ReadonlyMap<string, number>,
  fault: NoteFault
): WebhookEndpoint[] {
  const configs = entries.map((entry, index) => {
    const place = `/webhooks/${index}`
    const auth = readAuth(entry.auth, `${place}/auth`, folder, fault)
    const mapping = readMapping(entry.mapping, `${place}/mapping`, customFields, fault)
    const eventId = readEventId(entry, place, fault)
    const contentTypes = readContentTypes(entry, place, fault)
    const {
      name,
      account,
      source,
      on_lossy: onLossy,
      on_multiple: onMultiple,
      payload_field: payloadField
    } = entry
    return {
      name,
      auth,
      mapping,
      ...(account === undefined ? {} : { account }),
      contentTypes,
      ...(source === undefined ? {} : { source }),
      ...(onLossy === undefined ? {} : { onLossy }),
      ...(onMultiple === undefined ? {} : { onMultiple }),
      ...(payloadField === undefined ? {} : { payloadField }),
      ...(eventId === undefined ? {} : { eventId })
    } satisfies EndpointConfig
  })
  return configs.map((config) => new WebhookEndpoint(config))
}

/** A signature does not cover the `Content-Type`: signed bytes must not come to mean something else by another one. */
function readContentTypes(
  { auth, content_types: given, payload_field: payloadField }: EndpointEntry,
  place: string,
  fault: NoteFault
): readonly ContentType[] {
  if (payloadField !== undefined && given?.includes('form') === false)
    fault(`${place}/payload_field`, 'is of no use: content_types has no form')
  if (given) return given
  const isSigned = auth.hmac !== undefined || auth.standard_webhooks !== undefined
  if (!isSigned) return CONTENT_TYPES
  return payloadField === undefined ? ['json'] : ['form']
}

function readEventId(
  { event_id: entry, auth }: EndpointEntry,
  place: string,
  fault: NoteFault
): EventId | undefined {
  if (entry?.header !== undefined) return { header: entry.header.toLowerCase() }
  if (entry?.expression !== undefined) {
    checkExpressions({ expression: entry.expression }, `${place}/event_id`, fault)
    return { expression: entry.expression }
  }
  return auth.standard_webhooks === undefined ? undefined : { header: WEBHOOK_ID }
}
