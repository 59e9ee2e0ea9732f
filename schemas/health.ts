import { Type } from 'typebox'

export const LiveSchema = Type.Object(
  { status: Type.Literal('alive') },
  { $id: 'Live', additionalProperties: false }
)

export const ReadySchema = Type.Object(
  {
    status: Type.Enum(['ready', 'draining']),
    vicidial: Type.Object(
      {
        state: Type.Enum(['unknown', 'reachable', 'unreachable', 'login_refused', 'locked_out'], {
          description: 'What the last calls showed; `unknown` before the first.'
        }),
        since: Type.Optional(Type.String({ format: 'date-time' }))
      },
      { additionalProperties: false }
    )
  },
  { $id: 'Ready', additionalProperties: false }
)
