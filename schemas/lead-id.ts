import { Type } from 'typebox'

/** A lead's id in a request. */
export const LeadIdSchema = Type.Union(
  [Type.Integer({ minimum: 1, maximum: 999_999_999 }), Type.String({ pattern: '^[0-9]{1,16}$' })],
  {
    $id: 'LeadId',
    description: "VICIdial's lead id, as an integer or as digits.",
    examples: [101]
  }
)
