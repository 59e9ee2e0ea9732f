import { type Static, type TSchema, Type } from 'typebox'

/**
 * A reference to a schema with an `$id`, so that the document has it once. It has the schema's type.
 * @throws TypeError if the schema has no name
 */
export function ref<Schema extends TSchema>(schema: Schema) {
  if (!('$id' in schema) || typeof schema.$id !== 'string') {
    throw new TypeError('only a schema with an $id can be referred to')
  }
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}
