import { ACTION_SCHEMAS } from './actions.ts'
import { BATCH_SCHEMAS } from './batch.ts'
import { CODE_SCHEMAS } from './codes.ts'
import { DncRequestSchema } from './dnc.ts'
import { EmptyBodySchema } from './empty-body.ts'
import { FIELD_SCHEMAS } from './fields.ts'
import { SERVICE_SCHEMAS } from './health.ts'
import { HISTORY_SCHEMAS } from './history.ts'
import { JOB_SCHEMAS } from './job.ts'
import { LeadIdSchema } from './lead-id.ts'
import { OPTION_SCHEMAS } from './options.ts'
import { FieldErrorSchema, ProblemSchema } from './problem.ts'
import { READ_SCHEMAS } from './read.ts'
import { WEBHOOK_SCHEMAS } from './webhook.ts'

/** Every schema that has a name in the OpenAPI document. */
export const NAMED_SCHEMAS = [
  ...BATCH_SCHEMAS,
  LeadIdSchema,
  ...OPTION_SCHEMAS,
  ...ACTION_SCHEMAS,
  ...FIELD_SCHEMAS,
  ...READ_SCHEMAS,
  ...JOB_SCHEMAS,
  ...WEBHOOK_SCHEMAS,
  DncRequestSchema,
  ...HISTORY_SCHEMAS,
  ProblemSchema,
  FieldErrorSchema,
  ...CODE_SCHEMAS,
  ...SERVICE_SCHEMAS,
  EmptyBodySchema
]
