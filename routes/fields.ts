import type { FastifyInstance } from 'fastify'
import { FieldsAnswerSchema } from '../schemas/fields.ts'
import type { Dependencies } from '../src/app.ts'
import { FIELDS, type Field } from '../src/leads/fields.ts'
import { COMMON_PROBLEMS, json, problems, SECURITY } from './responses.ts'

const schema = {
  operationId: 'listFields',
  summary: 'The fields of a lead',
  description:
    'Every field that an update may set: its type, longest length, what VICIdial keeps of a value.',
  tags: ['leads'],
  security: SECURITY,
  response: {
    200: json('The catalogue.', FieldsAnswerSchema),
    ...problems(...COMMON_PROBLEMS, 'invalid_request')
  }
}

/** `GET /v1/fields` */
export function fieldsRoute({ leads }: Dependencies) {
  const unicode = leads.nonLatin === 1
  const answer = {
    fields: FIELDS.map((field) => fieldRow(field, unicode)),
    custom_fields: [...leads.customFields].map(([label, max_length]) => ({ label, max_length }))
  }
  return async (app: FastifyInstance) => {
    app.get('/v1/fields', { schema }, async () => answer)
  }
}

function fieldRow(field: Field, unicode: boolean) {
  const { name, type, kind, maxLength, keeps, clearable, singleLead, minimum, maximum, choices, example } =
    field
  const letters = { none: 'none', any: 'unicode', by_mode: unicode ? 'unicode' : 'ascii' }[field.letters]
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
