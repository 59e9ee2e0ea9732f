import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'

/** TypeBox stops at 8 by default. The gateway reports all faults at once. */
const MAX_FAULTS = 1_000

/**
 * Where `value` doesn't match `schema`: for each fault its JSON Pointer, and what is expected there. If several forms are
 * possible, reports only the faults of the form that was probably meant. No fault quotes a value.
 */
export function schemaErrors(schema: TSchema, value: unknown): string[] {
  Settings.Set({ maxErrors: MAX_FAULTS })
  // 'boolean' repeats the fault of an unknown property for its value.
  const errors = Value.Errors(schema, value).filter((error) => error.keyword !== 'boolean')
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
  const others = faults.map(
    (error) =>
      `${error.instancePath || 'the file'} ${error.message}${named(error.params)}${hintOfQuotes(error, value)}`
  )
  return [...others, ...chosen]
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
  const names = pointer.split('/').slice(1)
  return names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((inner: unknown, name) => (inner as Record<string, unknown> | undefined)?.[name], value)
}

function named(params: object): string {
  const names = Object.values(params).filter(Array.isArray).flat()
  return names.length > 0 ? ` (${names.join(', ')})` : ''
}
