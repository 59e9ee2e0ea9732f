import type { Field } from '../../leads/fields.ts'
import { EvaluationError } from './expression.ts'

/** A value of a field in an update; null empties the field. */
export type Literal = string | number | null

/** Translates a payload's values to VICIdial's. */
export interface ValueTable {
  readonly table: ReadonlyMap<string, Literal>
  /** What to do with a value that is not in the table. */
  readonly otherwise: 'keep' | 'reject' | 'ignore'
}

/** What to do with a value that means nothing: leave the field as it is, empty it, or reject the update. */
export type ForNothing = 'ignore' | 'clear' | 'reject'

/** What an endpoint's values mean. */
export interface ValueRules {
  /** Translations by the name of the field or custom field. */
  readonly values: ReadonlyMap<string, ValueTable>
  readonly emptyStrings: ForNothing
  readonly nulls: ForNothing
  /** Texts that count as null, in lower case. */
  readonly nullWords: ReadonlySet<string>
}

/**
 * The value of a field, from what its expression gave. Undefined leaves the field out.
 * @throws EvaluationError for a value that the rules reject
 */
export function fieldValue(
  { values, emptyStrings, nulls, nullWords }: ValueRules,
  name: string,
  value: unknown,
  type: Field['type'] | undefined
): unknown {
  const table = values.get(name)
  const translation = isScalar(value) || value === null ? table?.table.get(String(value)) : undefined
  if (translation === null) return null
  const translated = translation ?? value
  if (isBlank(translated)) return { ignore: undefined, clear: null, reject: '' }[emptyStrings]
  if (translation !== undefined) return asTyped(translation, type)
  if (value === null || (typeof value === 'string' && nullWords.has(value.trim().toLowerCase()))) {
    if (nulls !== 'reject') return nulls === 'ignore' ? undefined : null
    throw new EvaluationError('gives null, or a word for it, and nulls is "reject"')
  }
  if (table === undefined || value === undefined || table.otherwise === 'keep') return asTyped(value, type)
  if (table.otherwise === 'ignore') return undefined
  throw new EvaluationError(`gives a value that is not in the table values.${name}`)
}

const OFFSET = /^[+-]?\d{1,2}(?:\.\d{1,2})?$/

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

/**
 * Converts a value to its field's type, because senders write numbers as text and text as numbers. A number becomes
 * text if the field is a text, unless it has already lost digits, or is a fraction for a phone; an offset becomes a
 * number. Of arrays and objects only the type is left, and how many values an array has: the update refuses them.
 */
export function asTyped(value: unknown, type: Field['type'] | undefined): unknown {
  if (typeof value === 'string') {
    if (type === 'number' && OFFSET.test(value.trim())) return Number(value)
    return type === 'integer' ? value.trim() : value
  }
  if (typeof value === 'number') {
    const isExact = !Number.isInteger(value) || Number.isSafeInteger(value)
    // In the text of a phone number a dot separates digits.
    const isFraction = type === 'phone' && !Number.isInteger(value)
    return type === 'integer' || type === 'number' || !isExact || isFraction ? value : String(value)
  }
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? Array.from(value, () => null) : {}
  return typeof value === 'function' ? {} : value
}

/** Whether a value is a text of nothing but white space. */
export function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === ''
}
