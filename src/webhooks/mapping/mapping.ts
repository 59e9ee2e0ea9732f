import { FIELD_BY_NAME } from '../../leads/fields.ts'
import type { KeyName } from '../../leads/lead-key.ts'
import { MAX_DROPPED } from '../../leads/refusal.ts'
import { EvaluationError, Expression } from './expression.ts'
import { asTyped, fieldValue, isBlank, type ValueRules } from './field-value.ts'
import { NeedsJsonata } from './plain-expression.ts'

/** How an endpoint's payloads become updates. Plain data, because it is sent to another thread. */
export interface MappingDefinition extends ValueRules {
  /** Selects the events in the payload; without it, the payload itself or each element of an array is one. */
  readonly each: string | undefined
  /** Whether an event matters; without it, all do. */
  readonly when: string | undefined
  readonly lead: { readonly by: KeyName; readonly expression: string }
  /** Expressions by the name of the field. */
  readonly fields: Readonly<Record<string, string>>
  readonly customFields: Readonly<Record<string, string>>
  readonly fixed: Readonly<Record<string, unknown>>
  readonly resetCalled: boolean | undefined
  /** Whether a field whose expression fails is left out, instead of its whole event. */
  readonly dropsFields?: boolean
}

export type EventIdValue = string | number | undefined

/** The updates of one payload. */
export interface MappedPayload {
  /** The `updates` of a batch request, not yet validated. That of an event that failed names only its lead, or is null. */
  readonly updates: unknown[]
  /** The number of each update's event in the payload, from 0. */
  readonly events: readonly number[]
  /** The number of events that did not matter, or change nothing. */
  readonly ignored: number
  /** The number of those that did not matter. */
  readonly unwanted: number
  /** The faults of the events that failed, by the index of their update. */
  readonly failures: ReadonlyMap<number, MappingFault>
  /** The faults of the fields that were left out, by the index of their update. */
  readonly dropped: ReadonlyMap<number, readonly MappingFault[]>
  /** The id of each update's event, as its expression gives it. */
  readonly eventIds: readonly EventIdValue[]
}

/** Where and why a payload or one of its events could not be mapped. Quotes no value of the payload. */
export interface MappingFault {
  /** Name of the expression, like `fields.status`. */
  readonly expression: string
  /** The number of the event in the payload, from 0; undefined if the fault is not about one event. */
  readonly item: number | undefined
  readonly reason: string
}

/** Called before each evaluation, with the expression and the event. */
export type Progress = (expression: string, item: number | undefined) => void

/** How an expression is evaluated. */
type Evaluate = (expression: Expression, input: unknown, variables: Record<string, unknown>) => unknown

/** Evaluates an expression on one event, by its name; undefined if there is no such expression. */
type EvaluateEvent = (name: string) => Promise<unknown>

/** Characters that all expressions on one payload may give together: they can repeat the same text often. */
const MAX_TOTAL_TEXT = 16_000_000

/** Evaluations of one payload without JSONata, which take a few milliseconds at most. */
const MAX_PLAIN_EVALUATIONS = 1_000

export const EVENT_ID = 'event_id.expression'

/** A mapping whose expressions are compiled. */
export class Mapping {
  /** Whether all its expressions are plain, so that `mapPlainly` can map most payloads. */
  readonly isPlain: boolean
  readonly #definition: MappingDefinition
  readonly #expressions: ReadonlyMap<string, Expression>

  /** @param eventId the expression for an event's id */
  constructor(definition: MappingDefinition, eventId?: string) {
    this.#definition = definition
    const expressions = expressionsOf(definition)
    if (eventId !== undefined) expressions.push([EVENT_ID, eventId])
    this.#expressions = new Map(
      expressions.map(([name, text]): [string, Expression] => [name, new Expression(text)])
    )
    this.isPlain = [...this.#expressions.values()].every(({ isPlain }) => isPlain)
  }

  /**
   * Maps one payload, evaluating one expression at a time. An event that fails stops no other.
   * @param stopped faults of events that are not to be evaluated, by their numbers
   * @returns the fault if the payload as a whole cannot be mapped
   */
  async map(
    payload: unknown,
    maxItems: number,
    progress: Progress,
    stopped?: ReadonlyMap<number, MappingFault>
  ): Promise<MappedPayload | MappingFault> {
    const evaluate: Evaluate = (expression, input, variables) => expression.evaluate(input, variables)
    return this.#map(payload, maxItems, evaluate, progress, stopped)
  }

  /**
   * Gives what `map` gives, without JSONata.
   * @throws NeedsJsonata if it can't, or not in a short time
   */
  async mapPlainly(payload: unknown, maxItems: number): Promise<MappedPayload | MappingFault> {
    let left = MAX_PLAIN_EVALUATIONS
    return this.#map(payload, maxItems, (expression, input) => {
      if (left-- === 0) throw new NeedsJsonata()
      return expression.evaluatePlainly(input)
    })
  }

  async #map(
    payload: unknown,
    maxItems: number,
    evaluateOne: Evaluate,
    progress: Progress = () => {},
    stopped: ReadonlyMap<number, MappingFault> = new Map()
  ): Promise<MappedPayload | MappingFault> {
    const position: { expression: string; item: number | undefined } = {
      expression: 'payload',
      item: undefined
    }
    let total = 0
    const evaluate = async (name: string, item?: { value: unknown; index: number }): Promise<unknown> => {
      const expression = this.#expressions.get(name)
      if (expression === undefined) return undefined
      position.expression = name
      position.item = item?.index
      progress(name, item?.index)
      const value = await (item === undefined
        ? evaluateOne(expression, payload, {})
        : evaluateOne(expression, item.value, { payload, index: item.index }))
      if (typeof value === 'string') total += value.length
      if (total > MAX_TOTAL_TEXT)
        throw new EvaluationError(`with all before it gives more than ${MAX_TOTAL_TEXT} characters`)
      return value
    }
    let onPayload: Promise<unknown> | undefined
    const idOfPayload = (): Promise<unknown> => (onPayload ??= evaluate(EVENT_ID))
    try {
      const items = await this.#items(payload, () => evaluate('each'))
      if (items.length > maxItems) {
        throw new EvaluationError(`gives ${items.length} items; one payload may have ${maxItems}`)
      }
      const updates: unknown[] = []
      const events: number[] = []
      let unwanted = 0
      const failures = new Map<number, MappingFault>()
      const dropped = new Map<number, readonly MappingFault[]>()
      const eventIds: EventIdValue[] = []
      for (const [index, value] of items.entries()) {
        const ofEvent = (name: string): Promise<unknown> => evaluate(name, { value, index })
        let id: EventIdValue
        let lead: Record<string, unknown> | null = null
        const add = (update: Record<string, unknown> | null, fault?: MappingFault): void => {
          if (fault) failures.set(updates.length, fault)
          updates.push(update)
          events.push(index)
          eventIds.push(id)
        }
        const known = stopped.get(index)
        if (known) {
          add(null, known)
          continue
        }
        try {
          if (this.#expressions.has('when') && !isWanted(await ofEvent('when'))) {
            unwanted++
            continue
          }
          id = await this.#eventId(ofEvent, payload, idOfPayload)
          lead = await this.#lead(ofEvent)
          const faults: MappingFault[] = []
          const changes = await this.#changes(async (expression) => {
            try {
              return await ofEvent(expression)
            } catch (error) {
              if (!(error instanceof EvaluationError) || total > MAX_TOTAL_TEXT) throw error
              if (!this.#mayDrop(expression) || faults.length === MAX_DROPPED) throw error
              faults.push({ expression, item: index, reason: error.message })
              return undefined
            }
          })
          const [fault] = faults
          if (fault && !hasValues(changes)) add(lead, fault)
          else if (changes !== undefined) {
            if (fault) dropped.set(updates.length, faults)
            add({ ...lead, ...changes })
          }
        } catch (error) {
          if (!(error instanceof EvaluationError) || total > MAX_TOTAL_TEXT) throw error
          add(lead, { ...position, item: index, reason: error.message })
        }
      }
      const ignored = items.length - updates.length
      return { updates, events, ignored, unwanted, failures, dropped, eventIds }
    } catch (error) {
      if (error instanceof EvaluationError) return { ...position, reason: error.message }
      throw error
    }
  }

  /** The events of a payload. */
  async #items(payload: unknown, evaluateEach: () => Promise<unknown>): Promise<unknown[]> {
    if (!this.#expressions.has('each')) return itemsOf(payload)
    const found = await evaluateEach()
    if (found !== undefined) return found === null ? [] : itemsOf(found)
    if (isEmpty(payload)) return []
    throw new EvaluationError('finds no event in the payload, which is not empty')
  }

  /** The id of an event: its own, or what the expression finds in the payload that holds the event. */
  async #eventId(
    evaluate: EvaluateEvent,
    payload: unknown,
    idOfPayload: () => Promise<unknown>
  ): Promise<EventIdValue> {
    const own = asEventId(await evaluate(EVENT_ID))
    if (own !== undefined || !this.#expressions.has('each') || Array.isArray(payload)) return own
    return asEventId(await idOfPayload())
  }

  /** How an event names its lead. */
  async #lead(evaluate: EvaluateEvent): Promise<Record<string, unknown>> {
    const { by } = this.#definition.lead
    const type = by === 'lead_id' ? 'integer' : FIELD_BY_NAME.get(by)?.type
    const key = asTyped(await evaluate(`lead.${by}`), type)
    if (key !== undefined && key !== null && !isBlank(key)) return { [by]: key }
    throw new EvaluationError('finds nothing, so that the event names no lead')
  }

  /** Whether a field can be left out; never `list_id`: the others may be meant for the lead in that list. */
  #mayDrop(expression: string): boolean {
    return this.#definition.dropsFields === true && expression !== 'fields.list_id'
  }

  /** What an event changes; undefined if it changes nothing. */
  async #changes(evaluate: EvaluateEvent): Promise<Record<string, unknown> | undefined> {
    const { fields, customFields, fixed, resetCalled } = this.#definition
    const given: Record<string, unknown> = { ...fixed }
    for (const name of Object.keys(fields)) {
      const { type } = FIELD_BY_NAME.get(name) ?? {}
      const value = fieldValue(this.#definition, name, await evaluate(`fields.${name}`), type)
      if (value !== undefined) given[name] = value
    }
    const custom: Record<string, unknown> = {}
    for (const label of Object.keys(customFields)) {
      const value = fieldValue(this.#definition, label, await evaluate(`custom_fields.${label}`), 'text')
      if (value !== undefined) custom[label] = value
    }
    const hasFields = Object.keys(given).length > 0
    const hasCustom = Object.keys(custom).length > 0
    if (!(hasFields || hasCustom || resetCalled)) return undefined
    return {
      ...(hasFields && { fields: given }),
      ...(hasCustom && { custom_fields: custom }),
      ...(resetCalled !== undefined && { reset_called: resetCalled })
    }
  }
}

/** Whether changes set a field, so that they are of use without those that were left out. */
function hasValues(changes: Record<string, unknown> | undefined): boolean {
  return changes?.['fields'] !== undefined || changes?.['custom_fields'] !== undefined
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

/** Whether a payload has nothing in it, so that it can have no events. */
function isEmpty(payload: unknown): boolean {
  if (typeof payload === 'object' && payload !== null) return Object.keys(payload).length === 0
  return payload === undefined || payload === null || isBlank(payload)
}

/** @throws EvaluationError for what cannot tell events apart */
function asEventId(value: unknown): EventIdValue {
  if (value === undefined || value === null || isBlank(value)) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new EvaluationError('gives a number that has lost digits; use the text of the id')
  if (typeof value === 'string' || typeof value === 'number') return value
  throw new EvaluationError('gives neither text nor number')
}

function isWanted(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  throw new EvaluationError('gives neither true nor false')
}
