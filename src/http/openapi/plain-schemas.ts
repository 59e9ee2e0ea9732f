type Schema = Readonly<Record<string, unknown>>

/**
 * Writes a schema as generators of clients read it best, with the same meaning: a value that may be null has a list of types
 * instead of an `anyOf`, and an `enum` of words has its type.
 */
export function plainSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainSchema)
  if (typeof value !== 'object' || value === null) return value
  const schema: Schema = Object.fromEntries(
    // Examples are values, and no schemas.
    Object.entries(value).map(([name, part]) => [name, name === 'examples' ? part : plainSchema(part)])
  )
  return typedEnum(withoutNullForm(schema))
}

function withoutNullForm(schema: Schema): Schema {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema
  const [form, other] = anyOf as [Schema, Schema]
  const isPlain = typeof form['type'] === 'string' && form['enum'] === undefined
  if (!isPlain || other['type'] !== 'null') return schema
  return { ...form, type: [form['type'], 'null'], ...rest }
}

function typedEnum(schema: Schema): Schema {
  const { enum: words } = schema
  const isOfWords = Array.isArray(words) && words.every((word) => typeof word === 'string')
  return isOfWords && schema['type'] === undefined ? { type: 'string', ...schema } : schema
}
