import { checkExpressions, readMapping } from './read-mapping.ts'
import { readAuth } from './read-auth.ts'
import { readVerification } from './read-verification.ts'
import type { Auth } from '../../webhooks/auth/auth.ts'
import { CONTENT_TYPES, type PayloadType } from '../../webhooks/payload.ts'
import type { Listed, NoteFault } from '../config-error.ts'
import type { SecretFiles } from '../secret-files.ts'
import type { EndpointEntry } from './endpoint-schema.ts'
import { type EventId, type EndpointConfig, WebhookEndpoint } from '../../webhooks/endpoint.ts'

/**
 * Reads webhook endpoints from entries that fit their schema. Checks what the schema can't express and notes it in
 * `fault`; after a fault the endpoints must not be used.
 * @param secretFiles reads the files that they name
 * @param customFields labels of the file's custom fields
 * @param storePayloads for entries that don't say it
 */
export function readEndpoints(
  entries: readonly Listed<EndpointEntry>[],
  secretFiles: SecretFiles,
  customFields: ReadonlySet<string>,
  storePayloads: boolean,
  fault: NoteFault
): WebhookEndpoint[] {
  const configs = entries.map(({ pointer, entry }) => {
    const auth = readAuth(entry.auth, `${pointer}/auth`, secretFiles, fault)
    const verification =
      entry.verification &&
      readVerification(entry.verification, `${pointer}/verification`, secretFiles, fault)
    const mapping = readMapping(entry.mapping, `${pointer}/mapping`, customFields, fault)
    const eventId = readEventId(entry, auth, pointer, fault)
    const contentTypes = readContentTypes(entry, pointer, fault)
    const {
      name,
      account,
      source,
      on_lossy: onLossy,
      on_invalid: onInvalid,
      on_multiple: onMultiple,
      key_match: keyMatch,
      verify,
      answer_status: answerStatus,
      on_unmapped: onUnmapped,
      payload_field: payloadField,
      store_payloads: storesPayloads = storePayloads
    } = entry
    return {
      name,
      auth,
      ...(verification === undefined ? {} : { verification }),
      ...(answerStatus === undefined ? {} : { answerStatus }),
      mapping,
      storesPayloads,
      ...(account === undefined ? {} : { account }),
      contentTypes,
      ...(source === undefined ? {} : { source }),
      ...(onLossy === undefined ? {} : { onLossy }),
      ...(onInvalid === undefined ? {} : { onInvalid }),
      ...(onMultiple === undefined ? {} : { onMultiple }),
      ...(keyMatch === undefined ? {} : { keyMatch }),
      ...(verify === undefined ? {} : { verify: Number(verify) }),
      ...(onUnmapped === undefined ? {} : { onUnmapped }),
      ...(payloadField === undefined ? {} : { payloadField }),
      ...(eventId === undefined ? {} : { eventId })
    } satisfies EndpointConfig
  })
  return configs.map((config) => new WebhookEndpoint(config))
}

/** A signature doesn't cover the `Content-Type`, so a signed body may have only one: another could change its meaning. */
function readContentTypes(
  { auth, content_types: given, payload_field: payloadField }: EndpointEntry,
  pointer: string,
  fault: NoteFault
): readonly PayloadType[] {
  const takesForms = given === undefined || given.includes('form') || given.includes('multipart')
  if (payloadField !== undefined && !takesForms)
    fault(`${pointer}/payload_field`, 'is not used, as content_types has neither form nor multipart')
  const { hmac, public_key: publicKey, standard_webhooks: standard } = auth
  const isFormSigned = (hmac ?? publicKey)?.signed?.includes('{form}') === true
  if (isFormSigned && given?.some((type) => type !== 'form') === true)
    fault(`${pointer}/content_types`, 'may have only form, as {form} is signed')
  if (given) return given
  if (isFormSigned) return ['form']
  const isSigned = (hmac ?? publicKey ?? standard) !== undefined
  if (!isSigned) return CONTENT_TYPES
  return payloadField === undefined ? ['json'] : ['form']
}

function readEventId(
  { event_id: entry }: EndpointEntry,
  auth: Auth,
  pointer: string,
  fault: NoteFault
): EventId | undefined {
  if (entry?.header !== undefined) return { headers: [entry.header.toLowerCase()] }
  if (entry?.expression !== undefined) {
    checkExpressions({ expression: entry.expression }, `${pointer}/event_id`, fault)
    return { expression: entry.expression }
  }
  return auth.type === 'standard_webhooks' ? { headers: auth.headers.map(({ id }) => id) } : undefined
}
