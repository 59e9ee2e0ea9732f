import { Type } from 'typebox'

export const LiveSchema = Type.Object(
  { status: Type.Literal('alive') },
  { $id: 'Live', additionalProperties: false }
)

export const ReadySchema = Type.Object(
  {
    status: Type.Enum(['ready', 'draining', 'storage_failing']),
    vicidial: Type.Object(
      {
        state: Type.Enum(['unknown', 'reachable', 'unreachable', 'login_refused', 'locked_out'], {
          description: 'What the last calls showed; `unknown` before the first.'
        }),
        since: Type.Optional(Type.String({ format: 'date-time' }))
      },
      { additionalProperties: false }
    ),
    outbox: Type.Object(
      {
        waiting: Type.Integer({ description: 'Updates that were accepted and have no result yet.' }),
        dead_letters: Type.Integer({ description: 'Updates that were given up.' })
      },
      { additionalProperties: false }
    )
  },
  { $id: 'Ready', additionalProperties: false }
)
