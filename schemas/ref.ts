import { type Static, type TSchema, Type } from 'typebox'

/**
 * Refers to a schema that has an `$id`, so that it stands once in the document; the type is that of the schema.
 * @throws TypeError if the schema has no name
 */
export function ref<Schema extends TSchema>(schema: Schema) {
  if (!('$id' in schema) || typeof schema.$id !== 'string') {
    throw new TypeError('only a schema with an $id can be referred to')
  }
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}
