import { type Static, Type } from 'typebox'
import { ResultStatusSchema } from './batch.ts'
import { ErrorCodeSchema } from './codes.ts'
import { ref } from './ref.ts'

const HistoryErrorSchema = Type.Object(
  { code: ref(ErrorCodeSchema), detail: Type.String() },
  {
    $id: 'HistoryError',
    additionalProperties: false,
    description: 'The error of VICIdial or the gateway.'
  }
)

/** One lead of one update in the history. */
const HistoryEntrySchema = Type.Object(
  {
    at: Type.String({ description: 'When it ended; RFC 3339, UTC.' }),
    lead_id: Type.Optional(Type.Integer({ description: 'Absent if the lead is not known.' })),
    vendor_lead_code: Type.Optional(Type.String({ description: 'If the update named its lead by it.' })),
    phone_number: Type.Optional(Type.String({ description: 'If the update named its lead by it.' })),
    caller: Type.String({ description: 'Who sent it; `webhook:NAME` for a webhook source without callers.' }),
    key_id: Type.Optional(
      Type.String({ description: "The first 8 hex digits of the key's SHA-256, as in the gateway file." })
    ),
    replayed_by: Type.Optional(
      Type.String({
        description:
          "The operator who replayed another caller's update; `key_id` and `request_id` are the operator's."
      })
    ),
    request_id: Type.String({ description: 'As in the log and in `X-Request-Id`.' }),
    job_id: Type.Optional(Type.String({ description: 'If it was part of a job.' })),
    account: Type.String({ description: 'The VICIdial account.' }),
    source: Type.String({ description: "VICIdial's source." }),
    fields: Type.Array(Type.String(), {
      description:
        'The fields that it changed or would have changed; if it was rejected, the fields that were refused.'
    }),
    values: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'The values as VICIdial stores them, if the operator keeps them.'
      })
    ),
    status: ref(ResultStatusSchema),
    error: Type.Optional(ref(HistoryErrorSchema))
  },
  { $id: 'HistoryEntry', additionalProperties: false }
)
export type HistoryEntryResponse = Static<typeof HistoryEntrySchema>

export const HistorySchema = Type.Object(
  {
    entries: Type.Array(ref(HistoryEntrySchema), { description: 'Newest first.' }),
    next_cursor: Type.Optional(
      Type.String({ description: 'The cursor of the next page; absent on the last.' })
    )
  },
  { $id: 'History', additionalProperties: false }
)

/** Every named schema of this file, for registration. */
export const HISTORY_SCHEMAS = [HistoryErrorSchema, HistoryEntrySchema, HistorySchema]
