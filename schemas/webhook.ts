import { Type } from 'typebox'
import { BatchAnswerSchema } from './batch.ts'
import { AcceptedSchema } from './job.ts'
import { ref } from './ref.ts'

/** A webhook's body in JSON, or as text that holds JSON. */
export const WebhookPayloadSchema = Type.Unknown({
  $id: 'WebhookPayload',
  description: 'Whatever the service sends. The mapping of the source says what it becomes.'
})

/** A webhook's body as a form. */
export const WebhookFormSchema = Type.Object(
  {},
  {
    $id: 'WebhookForm',
    additionalProperties: true,
    description: 'The fields that the service sends. The mapping of the source says what they become.'
  }
)

const WebhookChallengeSchema = Type.Record(Type.String(), Type.String(), {
  $id: 'WebhookChallenge',
  description: 'The challenge of the sender, and perhaps its HMAC, by the names that the sender gives them.'
})

/** The response to a webhook event with the status 200. */
export const WebhookAnswerSchema = Type.Union(
  [ref(BatchAnswerSchema), ref(AcceptedSchema), ref(WebhookChallengeSchema)],
  {
    $id: 'WebhookAnswer',
    description:
      'The results of the updates; or, with `answer_status: 200`, that they are stored; or the challenge of the sender.'
  }
)

/** Every named schema of this file, for registration. */
export const WEBHOOK_SCHEMAS = [
  WebhookPayloadSchema,
  WebhookFormSchema,
  WebhookChallengeSchema,
  WebhookAnswerSchema
]
