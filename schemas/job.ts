import { type Static, Type } from 'typebox'
import { ResultSchema, SummarySchema } from './batch.ts'
import { FieldErrorSchema } from './problem.ts'
import { ref } from './ref.ts'

export const JOB_STATUSES = ['queued', 'running', 'completed', 'partial', 'failed'] as const

const LinksSchema = Type.Object(
  { self: Type.String({ description: 'Path of the job.' }) },
  { $id: 'JobLinks', additionalProperties: false }
)

const AcceptedStatusSchema = Type.Enum(['queued', 'ignored'], {
  $id: 'AcceptedStatus',
  description: '`queued`: stored, and will be delivered. `ignored`: a webhook event that the source ignores.'
})

/** The response to updates accepted for delivery. */
export const AcceptedSchema = Type.Object(
  {
    id: Type.Union([Type.String(), Type.Null()], {
      description: 'The job; null if there was nothing to do.'
    }),
    status: ref(AcceptedStatusSchema),
    updates: Type.Integer({ description: 'Updates that were stored.' }),
    ignored: Type.Optional(
      Type.Integer({ description: 'Webhook events that the source ignores, or that change nothing.' })
    ),
    repeated: Type.Optional(
      Type.Integer({
        description: 'Webhook events that were stored before, by their ids, and are not stored again.'
      })
    ),
    errors: Type.Optional(
      Type.Array(ref(FieldErrorSchema), {
        description: 'Why a webhook source with `on_unmapped: accept` could use none of the events.'
      })
    ),
    links: Type.Optional(ref(LinksSchema))
  },
  { $id: 'Accepted', additionalProperties: false }
)
export type Accepted = Static<typeof AcceptedSchema>

const remaining = Type.Integer({
  description:
    'Dead letters that the request asked for and that were not replayed, because there are more than 10,000 or no room for more. Send the request again.'
})

const refused = Type.Optional(
  Type.Integer({
    description:
      'Dead letters that cannot be replayed: their caller may no longer set what is in them, or their VICIdial account is no longer configured. Absent if there are none.'
  })
)

/** The response to a replay of a job's dead letters. */
export const ReplayedJobSchema = Type.Object(
  { ...AcceptedSchema.properties, remaining, refused },
  { $id: 'ReplayedJob', additionalProperties: false }
)

/** The response to a replay of several callers' dead letters. */
export const ReplayedSchema = Type.Object(
  { jobs: Type.Array(ref(AcceptedSchema)), remaining, refused },
  { $id: 'Replayed', additionalProperties: false }
)

/** As the status of a job, and as a parameter of a list. */
export const JobStatusSchema = Type.Enum(JOB_STATUSES, {
  $id: 'JobStatus',
  description:
    '`queued`: no update was tried yet. `running`: at least one update was tried or has ended, and not all have ended. Ended: `completed`: all updated or added. `partial`: some. `failed`: none.'
})

const job = {
  id: Type.String(),
  status: ref(JobStatusSchema),
  caller: Type.String({ description: 'Who sent it; `webhook:NAME` for a webhook source.' }),
  source: Type.String({ description: "VICIdial's source." }),
  origin: Type.String({ description: '`batch`, `read`, `webhook:NAME` or `replay`.' }),
  accepted_at: Type.String({ description: 'RFC 3339, UTC.' }),
  finished_at: Type.Optional(Type.String({ description: 'RFC 3339, UTC.' })),
  summary: ref(SummarySchema),
  links: ref(LinksSchema)
}

export const JobSchema = Type.Object(
  { ...job, results: Type.Array(ref(ResultSchema), { description: 'One per update, in the same order.' }) },
  { $id: 'Job', additionalProperties: false }
)
export type JobResponse = Static<typeof JobSchema>

const JobSummarySchema = Type.Object(job, { $id: 'JobSummary', additionalProperties: false })
export type JobSummary = Static<typeof JobSummarySchema>

const next = Type.Optional(Type.String({ description: 'The cursor of the next page; absent on the last.' }))

export const JobListSchema = Type.Object(
  { jobs: Type.Array(ref(JobSummarySchema), { description: 'Newest first.' }), next_cursor: next },
  { $id: 'JobList', additionalProperties: false }
)

const DeadLetterSchema = Type.Object(
  {
    id: Type.String({ description: 'Use it to replay this one.' }),
    job_id: Type.String(),
    caller: Type.String(),
    tries: Type.Integer({ description: 'The number of attempts.' }),
    died_at: Type.String({ description: 'RFC 3339, UTC.' }),
    fields: Type.Array(Type.String(), { description: 'Fields that it would have changed.' }),
    superseded: Type.Optional(
      Type.Array(Type.String(), { description: 'Fields that newer updates of the lead have set since.' })
    ),
    result: ref(ResultSchema)
  },
  { $id: 'DeadLetter', additionalProperties: false }
)
export type DeadLetterResponse = Static<typeof DeadLetterSchema>

export const DeadLetterListSchema = Type.Object(
  { dead_letters: Type.Array(ref(DeadLetterSchema), { description: 'Newest first.' }), next_cursor: next },
  { $id: 'DeadLetterList', additionalProperties: false }
)

const force = Type.Optional(
  Type.Boolean({ description: 'Also sets fields that newer updates of the lead have set since.' })
)

export const ReplayJobSchema = Type.Object({ force }, { $id: 'ReplayJob', additionalProperties: false })

export const ReplayDeadLettersSchema = Type.Object(
  {
    ids: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        maxItems: 10_000,
        description: 'Absent: all, the oldest 10,000 first.'
      })
    ),
    code: Type.Optional(
      Type.String({ maxLength: 200, description: 'Only those whose last error has this code.' })
    ),
    force
  },
  { $id: 'ReplayDeadLetters', additionalProperties: false }
)

export const CancelledSchema = Type.Object(
  {
    id: Type.String({ description: 'The job.' }),
    cancelled: Type.Integer({
      description: 'Updates that were cancelled. Those in flight are not.'
    })
  },
  { $id: 'Cancelled', additionalProperties: false }
)

/** Every named schema of this file, for registration. */
export const JOB_SCHEMAS = [
  LinksSchema,
  AcceptedStatusSchema,
  AcceptedSchema,
  JobStatusSchema,
  ReplayedJobSchema,
  ReplayedSchema,
  JobSchema,
  JobSummarySchema,
  JobListSchema,
  DeadLetterSchema,
  DeadLetterListSchema,
  ReplayJobSchema,
  ReplayDeadLettersSchema,
  CancelledSchema
]
