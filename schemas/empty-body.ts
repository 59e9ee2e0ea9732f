import { Type } from 'typebox'

/** The body of a request that has nothing to say. Many clients send an empty object; a form without fields has no body. */
export const EmptyBodySchema = Type.Union([Type.Object({}, { additionalProperties: false }), Type.Null()])
