import fc from 'fast-check'
import { formsOf, hasTwoForms } from '../../openapi/forms.ts'
import { anyCharacter } from '../any-character.ts'

/** What the generator reads of a JSON Schema; the OpenAPI document uses no more. */
export interface Schema {
  readonly $ref?: string
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly examples?: readonly unknown[]
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema | false>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

const MAX_ITEMS = 4
const MAX_TEXT = 20
/** Of so many members that may be left out, mostly few are given: one that is wrong spoils the others. */
const MANY = 10
const LARGEST = 1_000_000_000

/**
 * Generates values that a schema takes.
 * @param resolve finds the schema of a `$ref`
 */
export function valueOf(schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  const { examples, ...plain } = schema
  if (examples !== undefined) {
    return fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...examples) },
      { weight: 1, arbitrary: valueOf(plain, resolve) }
    )
  }
  if (schema.$ref !== undefined) return valueOf(resolve(schema.$ref), resolve)
  if (hasTwoForms(schema)) return fc.oneof(...formsOf(schema).map((form) => valueOf(form as Schema, resolve)))
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => valueOf(one, resolve)))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  const types = [schema.type ?? 'any'].flat()
  return fc.oneof(...types.map((type) => valueOfType(type, schema, resolve)))
}

function valueOfType(type: string, schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return objectOf(schema, resolve)
    case 'array':
      return fc.array(valueOf(schema.items ?? {}, resolve), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? MAX_ITEMS, Math.max(MAX_ITEMS, schema.minItems ?? 0))
      })
    case 'string':
      return textOf(schema)
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -LARGEST, max: schema.maximum ?? LARGEST })
    case 'number':
      return fc
        .integer({ min: (schema.minimum ?? -LARGEST) * 4, max: (schema.maximum ?? LARGEST) * 4 })
        .map((n) => n / 4)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return fc.jsonValue({ maxDepth: 3 })
  }
}

function textOf({
  pattern,
  minLength = 0,
  maxLength = Math.max(MAX_TEXT, minLength)
}: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, 'u'))
  return fc.oneof(
    fc.string({ minLength, maxLength }),
    fc.string({ unit: anyCharacter, minLength, maxLength }),
    fc
      .constantFrom('SALE', 'CRM-3', '2125550003', 'José', "o'neil")
      .filter((text) => text.length >= minLength && text.length <= maxLength)
  )
}

function objectOf(schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, patternProperties = {} } = schema
  const members = Object.entries(properties).flatMap(([name, property]) =>
    property === false ? [] : [[name, valueOf(property, resolve)] as const]
  )
  const all = fc.record(Object.fromEntries(members), { requiredKeys: [...required] })
  const named =
    members.length - required.length > MANY
      ? fc.oneof({ weight: 1, arbitrary: all }, { weight: 3, arbitrary: fewOf(members, required) })
      : all
  const [other = additionalProperties] = Object.values(patternProperties)
  if (typeof other !== 'object') return named
  const others = fc.dictionary(fc.string({ minLength: 1, maxLength: MAX_TEXT }), valueOf(other, resolve), {
    maxKeys: 2
  })
  return fc.tuple(others, named).map(([more, known]) => ({ ...more, ...(known as object) }))
}

function fewOf(
  members: (readonly [name: string, value: fc.Arbitrary<unknown>])[],
  required: readonly string[]
): fc.Arbitrary<object> {
  const [needed, optional] = [true, false].map((isNeeded) =>
    members.filter(([name]) => required.includes(name) === isNeeded)
  )
  return fc
    .subarray(optional ?? [], { minLength: 1, maxLength: 3 })
    .chain((few) => fc.record(Object.fromEntries([...(needed ?? []), ...few])))
}
