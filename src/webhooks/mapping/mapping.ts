import { type Field, FIELD_BY_NAME } from '../../leads/fields.ts'
import type { KeyName } from '../../leads/lead-key.ts'
import { EvaluationError, Expression } from './expression.ts'

/** A value of a field in an update; null empties the field. */
export type Literal = string | number | null

/** Translates a payload's values to VICIdial's. */
export interface ValueTable {
  readonly table: ReadonlyMap<string, Literal>
  /** What to do with a value that is not in the table. */
  readonly otherwise: 'keep' | 'reject' | 'ignore'
}

/** How an endpoint's payloads become updates. Plain data, because it is sent to another thread. */
export interface MappingDefinition {
  /** Selects the events in the payload; without it, the payload itself or each element of an array is one. */
  readonly each: string | undefined
  /** Whether an event matters; without it, all do. */
  readonly when: string | undefined
  readonly lead: { readonly by: KeyName; readonly expression: string }
  /** Expressions by the name of the field. */
  readonly fields: Readonly<Record<string, string>>
  readonly customFields: Readonly<Record<string, string>>
  /** Translations by the name of the field or custom field. */
  readonly values: ReadonlyMap<string, ValueTable>
  readonly fixed: Readonly<Record<string, unknown>>
  readonly resetCalled: boolean | undefined
  readonly emptyStrings: 'ignore' | 'clear' | 'reject'
}

/** The updates of one payload. */
export interface MappedPayload {
  /** The `updates` of a batch request, not yet validated. */
  readonly updates: unknown[]
  /** The number of items that did not matter. */
  readonly ignored: number
}

/** Where and why a payload could not be mapped. Quotes no value of the payload. */
export interface MappingFault {
  /** Name of the expression, like `fields.status`. */
  readonly expression: string
  /** Index of the item in the payload; undefined if the fault is not about one item. */
  readonly item: number | undefined
  readonly reason: string
}

/** Called before each evaluation, with the expression and the item. */
export type Progress = (expression: string, item: number | undefined) => void

/** Characters that all expressions on one payload may give together: they can repeat the same text often. */
const MAX_TOTAL_TEXT = 16_000_000

/** A mapping whose expressions are compiled. */
export class Mapping {
  readonly #definition: MappingDefinition
  readonly #expressions: ReadonlyMap<string, Expression>

  constructor(definition: MappingDefinition) {
    this.#definition = definition
    this.#expressions = new Map(
      expressionsOf(definition).map(([name, text]): [string, Expression] => [name, new Expression(text)])
    )
  }

  /** Maps one payload, evaluating one expression at a time. */
  async map(payload: unknown, maxItems: number, progress: Progress): Promise<MappedPayload | MappingFault> {
    const each = this.#expressions.has('each')
    const position: { expression: string; item: number | undefined } = {
      expression: each ? 'each' : 'payload',
      item: undefined
    }
    let total = 0
    const evaluate = async (name: string, item?: { value: unknown; index: number }): Promise<unknown> => {
      const expression = this.#expressions.get(name)
      if (expression === undefined) return undefined
      Object.assign(position, { expression: name, item: item?.index })
      progress(name, item?.index)
      const value = await (item === undefined
        ? expression.evaluate(payload)
        : expression.evaluate(item.value, { payload, index: item.index }))
      if (typeof value === 'string') total += value.length
      if (total > MAX_TOTAL_TEXT)
        throw new EvaluationError(`with all before it gives more than ${MAX_TOTAL_TEXT} characters`)
      return value
    }
    try {
      const items = each ? listOf(await evaluate('each')) : itemsOf(payload)
      if (items.length > maxItems) {
        throw new EvaluationError(`gives ${items.length} items; one payload may have ${maxItems}`)
      }
      const updates: unknown[] = []
      for (const [index, value] of items.entries()) {
        const of = (name: string): Promise<unknown> => evaluate(name, { value, index })
        if (this.#expressions.has('when') && !isWanted(await of('when'))) continue
        updates.push(await this.#update(of))
      }
      return { updates, ignored: items.length - updates.length }
    } catch (error) {
      if (error instanceof EvaluationError) return { ...position, reason: error.message }
      throw error
    }
  }

  async #update(evaluate: (name: string) => Promise<unknown>): Promise<Record<string, unknown>> {
    const { lead, fields, customFields, fixed, resetCalled } = this.#definition
    const update: Record<string, unknown> = {}
    const key = asTyped(await evaluate(`lead.${lead.by}`), lead.by === 'lead_id' ? 'integer' : 'text')
    if (key !== undefined) update[lead.by] = key
    const given: Record<string, unknown> = { ...fixed }
    for (const name of Object.keys(fields)) {
      const value = this.#value(name, await evaluate(`fields.${name}`), FIELD_BY_NAME.get(name)?.type)
      if (value !== undefined) given[name] = value
    }
    const custom: Record<string, unknown> = {}
    for (const label of Object.keys(customFields)) {
      const value = this.#value(label, await evaluate(`custom_fields.${label}`), 'text')
      if (value !== undefined) custom[label] = value
    }
    if (Object.keys(given).length > 0) update['fields'] = given
    if (Object.keys(custom).length > 0) update['custom_fields'] = custom
    if (resetCalled !== undefined) update['reset_called'] = resetCalled
    return update
  }

  /** The value of a field, from what its expression gave. Undefined leaves the field out. */
  #value(name: string, value: unknown, type: Field['type'] | undefined): unknown {
    const translated = this.#translate(name, value)
    if (typeof translated === 'string' && translated.trim() === '') {
      const { emptyStrings } = this.#definition
      return { ignore: undefined, clear: null, reject: '' }[emptyStrings]
    }
    return asTyped(translated, type)
  }

  #translate(name: string, value: unknown): unknown {
    const values = this.#definition.values.get(name)
    if (values === undefined || value === undefined || value === null) return value
    const text = isScalar(value) ? String(value) : ''
    const translation = values.table.get(text)
    if (translation !== undefined) return translation
    const isEmpty = typeof value === 'string' && value.trim() === ''
    if (values.otherwise === 'keep' || isEmpty) return value
    if (values.otherwise === 'ignore') return undefined
    throw new EvaluationError(`gives a value that is not in the table values.${name}`)
  }
}

/** Every expression of a mapping, with the name that faults use. */
export function expressionsOf(definition: MappingDefinition): [name: string, text: string][] {
  const { each, when, lead, fields, customFields } = definition
  return [
    ...(each === undefined ? [] : [['each', each] satisfies [string, string]]),
    ...(when === undefined ? [] : [['when', when] satisfies [string, string]]),
    [`lead.${lead.by}`, lead.expression],
    ...Object.entries(fields).map(([name, text]): [string, string] => [`fields.${name}`, text]),
    ...Object.entries(customFields).map(([label, text]): [string, string] => [`custom_fields.${label}`, text])
  ]
}

function itemsOf(payload: unknown): unknown[] {
  return Array.isArray(payload) ? payload : [payload]
}

function listOf(value: unknown): unknown[] {
  return value === undefined ? [] : itemsOf(value)
}

function isWanted(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  throw new EvaluationError('gives neither true nor false')
}

const OFFSET = /^[+-]?\d{1,2}(?:\.\d{1,2})?$/

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

/**
 * Converts a value to its field's type, because senders write numbers as text and text as numbers. A number becomes
 * text if the field is a text, unless it has already lost digits; an offset becomes a number. Arrays and objects become
 * empty ones, which the update refuses by their type.
 */
export function asTyped(value: unknown, type: Field['type'] | undefined): unknown {
  if (typeof value === 'string') {
    if (type === 'number' && OFFSET.test(value.trim())) return Number(value)
    return type === 'integer' ? value.trim() : value
  }
  if (typeof value === 'number') {
    const isExact = !Number.isInteger(value) || Number.isSafeInteger(value)
    return type === 'integer' || type === 'number' || !isExact ? value : String(value)
  }
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? [] : {}
  return typeof value === 'function' ? {} : value
}
