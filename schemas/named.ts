import { BATCH_SCHEMAS } from './batch.ts'
import { DncRequestSchema } from './dnc.ts'
import { FieldSchema, FieldsAnswerSchema, LeadFieldsSchema } from './fields.ts'
import { LiveSchema, ReadySchema, UpstreamStateSchema } from './health.ts'
import { HistoryEntrySchema, HistorySchema } from './history.ts'
import { JOB_SCHEMAS } from './job.ts'
import { ProblemSchema } from './problem.ts'
import { READ_SCHEMAS } from './read.ts'

/** Every schema that has a name in the OpenAPI document. */
export const NAMED_SCHEMAS = [
  LeadFieldsSchema,
  FieldSchema,
  FieldsAnswerSchema,
  ...READ_SCHEMAS,
  ...BATCH_SCHEMAS,
  DncRequestSchema,
  ...JOB_SCHEMAS,
  HistoryEntrySchema,
  HistorySchema,
  ProblemSchema,
  LiveSchema,
  UpstreamStateSchema,
  ReadySchema
]
