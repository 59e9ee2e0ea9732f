import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Errors } from 'typebox/schema'
import { Settings } from 'typebox/system'
import { SimilarNames } from '../leads/similar-names.ts'
import { namesIn } from './pointer.ts'

/** TypeBox stops at 8 by default. The gateway reports all faults at once. */
const MAX_FAULTS = 1_000

/** What is wrong with one part of a value. It quotes no value. */
export interface SchemaError {
  /** JSON Pointer of the part. */
  readonly pointer: string
  /** The end of a sentence about it. */
  readonly what: string
  /** JSON Pointer of the place to look at, if it is another. */
  readonly at?: string
}

/**
 * Where `value` doesn't match `schema`. If several forms are possible, reports only the faults of the form that was probably
 * meant. A `patternErrorMessage` beside a pattern, which editors show too, says what is expected.
 */
export function schemaErrors(schema: TSchema, value: unknown): SchemaError[] {
  Settings.Set({ maxErrors: MAX_FAULTS })
  // 'boolean' repeats the fault of an unknown property for its value.
  const [, all] = Errors(schema, value)
  const errors = all.filter((error) => error.keyword !== 'boolean')
  const choices = new Set(
    errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath)
  )
  const isOfForm = ({ instancePath, keyword }: TLocalizedValidationError) =>
    choices.has(instancePath) && ['anyOf', 'const', 'type'].includes(keyword)
  const faults = errors.filter((error) => !isOfForm(error))
  // Innermost first: an inner fault is also a fault of the outer value.
  const chosen: SchemaError[] = []
  for (const pointer of [...choices].toSorted((a, b) => b.length - a.length)) {
    const isNamed = faults.some(({ instancePath }) => isWithin(pointer, instancePath))
    if (isNamed || chosen.some((fault) => fault.pointer.startsWith(`${pointer}/`))) continue
    const wanted = errors.filter(({ instancePath }) => instancePath === pointer)
    chosen.push({ pointer, what: `must be ${forms(wanted)}` })
  }
  return [...faults.flatMap((error) => inWords(error, schema, value)), ...chosen]
}

function inWords(error: TLocalizedValidationError, schema: TSchema, value: unknown): SchemaError[] {
  const { instancePath: pointer } = error
  const known = schemasAt(schema, namesIn(pointer))
  if (error.keyword !== 'additionalProperties') return [{ pointer, what: expectation(error, known, value) }]
  const names = propertiesOf(known)
  const similar = new SimilarNames(names)
  return error.params.additionalProperties.map((name) => {
    const meant = similar.find(name)
    const hint = meant === undefined ? `it can have ${names.join(', ')}` : `perhaps ${meant} is meant`
    return { pointer, what: `has an unknown property, ${name}: ${hint}`, at: `${pointer}/${name}` }
  })
}

/** What a part of the value must be, as the end of a sentence. */
function expectation(error: TLocalizedValidationError, known: readonly AnySchema[], value: unknown): string {
  const { keyword, params, instancePath } = error
  switch (keyword) {
    case 'required':
      return `needs ${params.requiredProperties.join(', ')}`
    case 'type': {
      const types = [params.type].flat()
      const isUnquoted = ['number', 'boolean'].includes(typeof valueAt(value, instancePath))
      const hint = types.includes('string') && isUnquoted ? ': put it in quotes' : ''
      return `must be ${types.map(typeName).join(' or ')}${hint}`
    }
    case 'enum':
      return `must be ${params.allowedValues.join(' or ')}`
    case 'const':
      return `must be ${String(params.allowedValue)}`
    case 'pattern': {
      const own = known.find(({ pattern }) => pattern === params.pattern)
      return `must be ${own?.patternErrorMessage ?? `as ${String(params.pattern)} says`}`
    }
    case 'minimum':
      return `must be ${params.limit} or more`
    case 'maximum':
      return `must be ${params.limit} or less`
    case 'minLength':
      return 'must not be empty'
    case 'maxLength':
      return `is too long: ${params.limit} characters are allowed`
    case 'minItems':
      return 'needs an entry'
    case 'maxItems':
      return `has too many entries: ${params.limit} are allowed`
    case 'uniqueItems':
      return 'has an entry twice'
    case 'minProperties':
      return `needs one of ${propertiesOf(known).join(', ')}`
    case 'maxProperties':
      return `may have only one of ${propertiesOf(known).join(', ')}`
    default:
      return error.message
  }
}

interface AnySchema {
  readonly properties?: Readonly<Record<string, AnySchema>>
  readonly patternProperties?: Readonly<Record<string, AnySchema>>
  readonly items?: AnySchema
  readonly anyOf?: readonly AnySchema[]
  readonly pattern?: string
  readonly patternErrorMessage?: string
}

/** The schemas of a value inside another, by the names that lead to it. */
function schemasAt(schema: AnySchema, [name, ...rest]: readonly string[]): AnySchema[] {
  const forms = schema.anyOf ?? [schema]
  if (name === undefined) return [...forms]
  return forms.flatMap(({ properties = {}, patternProperties = {}, items }) => {
    const own = properties[name]
    const inner = own === undefined ? [...Object.values(patternProperties), ...(items ? [items] : [])] : [own]
    return inner.flatMap((one) => schemasAt(one, rest))
  })
}

function propertiesOf(schemas: readonly AnySchema[]): string[] {
  return schemas.flatMap(({ properties = {} }) => Object.keys(properties))
}

function isWithin(pointer: string, other: string): boolean {
  return other === pointer || other.startsWith(`${pointer}/`)
}

/** The forms that are possible at one pointer, like `"*" or an object`. */
function forms(errors: readonly TLocalizedValidationError[]): string {
  const constants = errors.flatMap((error) => (error.keyword === 'const' ? [error.params.allowedValue] : []))
  const types = errors.flatMap((error) => (error.keyword === 'type' ? [error.params.type].flat() : []))
  const other = types.filter((type) => !constants.some((constant) => typeof constant === type))
  return [...constants.map((constant) => JSON.stringify(constant)), ...other.map(typeName)].join(' or ')
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object'
}

function typeName(type: string): string {
  return TYPE_NAMES[type] ?? type
}

/** The value at a JSON Pointer. */
function valueAt(value: unknown, pointer: string): unknown {
  return namesIn(pointer).reduce(
    (inner: unknown, name) => (inner as Record<string, unknown> | undefined)?.[name],
    value
  )
}
