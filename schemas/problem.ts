import { type Static, Type } from 'typebox'
import { ResultSchema, SummarySchema } from './batch.ts'
import { ErrorCodeSchema, ProblemCodeSchema } from './codes.ts'
import { ref } from './ref.ts'

/** One fault in a request. */
export const FieldErrorSchema = Type.Object(
  {
    pointer: Type.String({ description: 'JSON Pointer (RFC 6901) into the body.' }),
    code: ref(ErrorCodeSchema),
    detail: Type.String()
  },
  { $id: 'FieldError', additionalProperties: false, description: 'One fault in a request.' }
)

/** A problem document (RFC 9457), the response to every refused request. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Address of a page about this problem, on this server.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String({ description: 'The request id, as in X-Request-Id.' }),
    code: ref(ProblemCodeSchema),
    errors: Type.Optional(Type.Array(ref(FieldErrorSchema), { description: 'The first 100 faults.' })),
    errors_count: Type.Optional(Type.Integer({ description: 'The number of all faults.' })),
    summary: Type.Optional(ref(SummarySchema)),
    results: Type.Optional(Type.Array(ref(ResultSchema)))
  },
  { $id: 'Problem', additionalProperties: false, description: 'A problem document (RFC 9457).' }
)
export type Problem = Static<typeof ProblemSchema>
