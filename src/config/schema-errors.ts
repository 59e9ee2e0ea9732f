import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Errors } from 'typebox/schema'
import { Settings } from 'typebox/system'
import { SimilarNames } from '../leads/similar-names.ts'

/** TypeBox stops at 8 by default. The gateway reports all faults at once. */
const MAX_FAULTS = 1_000

/**
 * Where `value` doesn't match `schema`: for each fault its JSON Pointer, and what is expected there. If several forms are
 * possible, reports only the faults of the form that was probably meant. No fault quotes a value.
 */
export function schemaErrors(schema: TSchema, value: unknown): string[] {
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
  const chosen: string[] = []
  for (const pointer of [...choices].toSorted((a, b) => b.length - a.length)) {
    const isNamed = faults.some(({ instancePath }) => isWithin(pointer, instancePath))
    if (isNamed || chosen.some((fault) => fault.startsWith(`${pointer}/`))) continue
    const wanted = errors.filter(({ instancePath }) => instancePath === pointer)
    chosen.push(`${pointer} must be ${forms(wanted)}`)
  }
  const others = faults.map((error) => {
    const hints = hintOfQuotes(error, value) + hintOfName(error, schema)
    return `${error.instancePath || 'the file'} ${error.message}${named(error)}${hints}`
  })
  return [...others, ...chosen]
}

/** The known name that somebody means by an unknown one, or all known names. */
function hintOfName({ keyword, params, instancePath }: TLocalizedValidationError, schema: TSchema): string {
  if (keyword !== 'additionalProperties') return ''
  const known = schemasAt(schema, namesIn(instancePath)).flatMap(({ properties = {} }) =>
    Object.keys(properties)
  )
  const similar = new SimilarNames(known)
  const [meant] = params.additionalProperties.map((name) => similar.find(name)).filter(Boolean)
  return meant === undefined ? `: there are ${known.join(', ')}` : `: perhaps ${meant} is meant`
}

interface AnySchema {
  readonly properties?: Readonly<Record<string, AnySchema>>
  readonly patternProperties?: Readonly<Record<string, AnySchema>>
  readonly items?: AnySchema
  readonly anyOf?: readonly AnySchema[]
}

/** The schemas of a value inside another, by the names on the way. */
function schemasAt(schema: AnySchema, [name, ...rest]: readonly string[]): AnySchema[] {
  const forms = schema.anyOf ?? [schema]
  if (name === undefined) return [...forms]
  return forms.flatMap(({ properties = {}, patternProperties = {}, items }) => {
    const own = properties[name]
    const inner = own === undefined ? [...Object.values(patternProperties), ...(items ? [items] : [])] : [own]
    return inner.flatMap((one) => schemasAt(one, rest))
  })
}

function isWithin(pointer: string, other: string): boolean {
  return other === pointer || other.startsWith(`${pointer}/`)
}

/** The forms that are possible at one pointer, like `"*" or an object`. */
function forms(errors: readonly TLocalizedValidationError[]): string {
  const constants = errors.flatMap((error) => (error.keyword === 'const' ? [error.params.allowedValue] : []))
  const types = errors.flatMap((error) => (error.keyword === 'type' ? [error.params.type].flat() : []))
  const other = types.filter((type) => !constants.some((constant) => typeof constant === type))
  return [
    ...constants.map((constant) => JSON.stringify(constant)),
    ...other.map((type) => `of type ${type}`)
  ].join(' or ')
}

/** YAML reads a text like 0123 or true as something else, unless it is in quotes. */
function hintOfQuotes({ keyword, params, instancePath }: TLocalizedValidationError, value: unknown): string {
  const isText = keyword === 'type' && [params.type].flat().includes('string')
  return isText && ['number', 'boolean'].includes(typeof valueAt(value, instancePath))
    ? ': put it in quotes'
    : ''
}

/** The value at a JSON Pointer. */
function valueAt(value: unknown, pointer: string): unknown {
  return namesIn(pointer).reduce(
    (inner: unknown, name) => (inner as Record<string, unknown> | undefined)?.[name],
    value
  )
}

/** The names in a JSON Pointer. */
function namesIn(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function named({ keyword, params }: TLocalizedValidationError): string {
  const names =
    keyword === 'const' ? [params.allowedValue] : Object.values(params).filter(Array.isArray).flat()
  return names.length > 0 ? ` (${names.join(', ')})` : ''
}
