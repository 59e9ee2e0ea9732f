import { type Static, Type } from 'typebox'
import { NAME } from '../patterns.ts'

const strict = { additionalProperties: false } as const

/** One entry of `accounts` in the gateway file. */
export const AccountSchema = Type.Object(
  {
    name: Type.String({
      ...NAME,
      description: 'Its name for callers and webhooks.'
    }),
    user: Type.String({ minLength: 1, description: 'The VICIdial user.' }),
    pass: Type.Optional(Type.String({ minLength: 1, description: "That user's password." })),
    pass_file: Type.Optional(Type.String({ minLength: 1, description: 'A file with the password instead.' })),
    max_concurrency: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 8,
        description: 'Most calls in flight. Default: VICIDIAL_MAX_CONCURRENCY.'
      })
    ),
    max_calls_per_second: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description: 'Most calls a second; 0: no limit. Default: VICIDIAL_MAX_CALLS_PER_SECOND.'
      })
    )
  },
  strict
)

export type AccountEntry = Static<typeof AccountSchema>
