import type { FastifyInstance } from 'fastify'
import { FieldsAnswerSchema } from '../schemas/fields.ts'
import type { Caller } from '../src/callers/caller.ts'
import type { RuntimeConfig } from '../src/config/runtime-config.ts'
import { callerOf, requires } from '../src/http/authentication.ts'
import type { CustomField } from '../src/leads/cleaning/custom-field.ts'
import type { Field } from '../src/leads/fields.ts'
import type { Account } from '../src/vicidial/account.ts'
import { COMMON_PROBLEMS, json, problems } from './responses.ts'

const schema = {
  operationId: 'listFields',
  summary: 'List the fields of a lead',
  description:
    'Every field that an update may set: its type, its longest value, and the characters that VICIdial keeps. ' +
    'Also how fast updates can be delivered.',
  tags: ['leads'],
  security: requires('batch'),
  response: {
    200: json('The catalogue.', FieldsAnswerSchema),
    ...problems(...COMMON_PROBLEMS)
  }
}

/** `GET /v1/fields` */
export function fieldsRoute(runtimeConfig: Pick<RuntimeConfig, 'leads'>, accounts: readonly Account[]) {
  return async (app: FastifyInstance) => {
    app.get('/v1/fields', { schema }, async (request) => ({
      fields: runtimeConfig.leads.fields.map((field) => wireField(field, runtimeConfig.leads.nonLatin === 1)),
      counts: runtimeConfig.leads.text.unit,
      custom_fields: [...runtimeConfig.leads.customFields].map(wireCustomField),
      limits: wireLimits(callerOf(request), accounts)
    }))
  }
}

function wireLimits(caller: Caller, accounts: readonly Account[]) {
  const account = accounts.find(({ name }) => name === caller.account)
  const { updatesPerMinute } = caller.limits
  return {
    max_calls_per_second: account?.maxCallsPerSecond,
    max_concurrency: account?.maxConcurrency,
    updates_per_minute: updatesPerMinute
  }
}

function wireCustomField([label, { type, maxLength, options }]: [string, CustomField]) {
  return { label, type, max_length: maxLength, options: options && [...options] }
}

function wireField(field: Field, unicode: boolean) {
  const { name, type, kind, maxLength, keeps, clearable, singleLead, minimum, maximum, choices, example } =
    field
  const letters = { none: 'none', any: 'unicode', by_mode: unicode ? 'unicode' : 'ascii', capitals: 'ascii' }[
    field.letters
  ]
  const row = {
    name,
    type,
    kind,
    max_length: maxLength,
    keeps,
    letters,
    clearable,
    single_lead_call: singleLead
  }
  return { ...row, minimum, maximum, choices, example }
}
