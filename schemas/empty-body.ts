import { Type } from 'typebox'
import { ref } from './ref.ts'

export const EmptyBodySchema = Type.Object(
  {},
  { $id: 'EmptyBody', additionalProperties: false, description: 'An empty object.' }
)

/** The body of a request that has nothing to say. Many clients send an empty object; a form without fields has no body. */
export const NoBodySchema = Type.Union([ref(EmptyBodySchema), Type.Null()])
