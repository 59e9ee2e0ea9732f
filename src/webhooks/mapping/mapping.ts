import { FIELD_BY_NAME } from '../../leads/fields.ts'
import { MAX_DROPPED } from '../../leads/refusal.ts'
import { EvaluationError, Expression } from './expression.ts'
import { asTyped, fieldValue, isBlank } from './field-value.ts'
import { type EventIdValue, EventResults, type MappedPayload, type MappingFault } from './mapped-payload.ts'
import {
  ADD,
  ADD_PHONE_NUMBER,
  type ActionsDefinition,
  type AddDefinition,
  CALLBACK,
  expressionsOf,
  KEPT,
  type MappingDefinition
} from './mapping-definition.ts'
import {
  EVENT_ID,
  type Evaluate,
  PayloadEvaluation,
  type PayloadEvaluationOptions,
  type PayloadEvent,
  type Progress
} from './payload-evaluation.ts'
import { NeedsJsonata } from './plain-expression.ts'

/** Evaluates an expression on one event, by its name; undefined if there is no such expression. */
type EvaluateEvent = (name: string) => Promise<unknown>

/** Evaluations of one payload without JSONata, which take a few milliseconds at most. */
const MAX_PLAIN_EVALUATIONS = 1_000

/** A mapping whose expressions are compiled. */
export class Mapping {
  /** Whether all its expressions are plain, so that `mapPlainly` can map most payloads. */
  readonly isPlain: boolean
  readonly #definition: MappingDefinition
  /** Names of all expressions that give a value to set. */
  readonly #namesOfFields: string
  readonly #expressions: ReadonlyMap<string, Expression>

  /** @param eventId the expression for an event's id */
  constructor(definition: MappingDefinition, eventId?: string) {
    this.#definition = definition
    this.#namesOfFields = namesOfFields(definition)
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
    return this.#map(maxItems, { payload, evaluate, progress }, stopped)
  }

  /**
   * Gives what `map` gives, without JSONata.
   * @throws NeedsJsonata if it can't, or not in a short time
   */
  async mapPlainly(payload: unknown, maxItems: number): Promise<MappedPayload | MappingFault> {
    let left = MAX_PLAIN_EVALUATIONS
    const evaluate: Evaluate = (expression, input) => {
      if (left-- === 0) throw new NeedsJsonata()
      return expression.evaluatePlainly(input)
    }
    return this.#map(maxItems, { payload, evaluate, progress: () => {} })
  }

  async #map(
    maxItems: number,
    options: PayloadEvaluationOptions,
    stopped: ReadonlyMap<number, MappingFault> = new Map()
  ): Promise<MappedPayload | MappingFault> {
    const evaluation = new PayloadEvaluation(this.#expressions, options)
    try {
      const items = await itemsIn(evaluation)
      if (items.length > maxItems)
        throw new EvaluationError(`gives ${items.length} items; one payload may have ${maxItems}`)
      const results = new EventResults()
      for (const [index, value] of items.entries()) {
        const known = stopped.get(index)
        if (known === undefined) await this.#mapEvent(evaluation, { value, index }, results)
        else results.addFailure(index, undefined, null, known)
      }
      return results.of(items.length)
    } catch (error) {
      return evaluation.faultOf(error)
    }
  }

  async #mapEvent(evaluation: PayloadEvaluation, event: PayloadEvent, results: EventResults): Promise<void> {
    const { index } = event
    const evaluate: EvaluateEvent = (name) => evaluation.evaluate(name, event)
    let id: EventIdValue
    let lead: Record<string, unknown> | null = null
    try {
      if (evaluation.has('when') && !isWanted(await evaluate('when'))) {
        results.addIgnored({ event: index, code: 'unwanted', expression: 'when' })
        return
      }
      id = await eventId(evaluation, evaluate)
      lead = await this.#lead(evaluate)
      const faults: MappingFault[] = []
      const changes = await this.#changes(async (name) => {
        try {
          return await evaluate(name)
        } catch (error) {
          if (!this.#mayDrop(name) || faults.length === MAX_DROPPED) throw error
          faults.push(evaluation.faultOfEvent(index, error))
          return undefined
        }
      })
      const [fault] = faults
      if (fault && !hasValues(changes)) results.addFailure(index, id, lead, fault)
      else if (changes !== undefined) results.addUpdate(index, id, { ...lead, ...changes }, faults)
      else results.addIgnored({ event: index, code: 'unchanged', expression: this.#namesOfFields })
    } catch (error) {
      results.addFailure(index, id, lead, evaluation.faultOfEvent(index, error))
    }
  }

  /** How an event names its lead. */
  async #lead(evaluate: EvaluateEvent): Promise<Record<string, unknown>> {
    const { by } = this.#definition.lead
    const type = by === 'lead_id' ? 'integer' : FIELD_BY_NAME.get(by)?.type
    const key = asTyped(await evaluate(`lead.${by}`), type)
    if (key !== undefined && key !== null && !isBlank(key)) return { [by]: key }
    throw new EvaluationError('finds nothing, so that the event names no lead')
  }

  /** Whether a field can be left out. */
  #mayDrop(expression: string): boolean {
    return this.#definition.dropsFields === true && !KEPT.has(expression)
  }

  /** What an event changes; undefined if it changes nothing. */
  async #changes(evaluate: EvaluateEvent): Promise<Record<string, unknown> | undefined> {
    const { resetCalled, add, actions } = this.#definition
    const values = await this.#values(this.#definition, '', evaluate)
    const done = actions === undefined ? {} : await actionsOf(actions, evaluate)
    const isNothing = !(values.fields || values.custom_fields || resetCalled)
    if (isNothing && Object.keys(done).length === 0) return undefined
    return {
      ...values,
      ...done,
      ...(resetCalled !== undefined && { reset_called: resetCalled }),
      ...(add && { on_missing: 'add', add: await this.#add(add, evaluate) })
    }
  }

  /** What a lead that is added gets beyond that. */
  async #add(add: AddDefinition, evaluate: EvaluateEvent): Promise<Record<string, unknown>> {
    const phone = add.phoneNumber === undefined ? undefined : await evaluate(ADD_PHONE_NUMBER)
    const value = asTyped(phone, 'phone')
    const isGiven = value !== undefined && value !== null && !isBlank(value)
    return {
      ...add.given,
      ...(isGiven && { phone_number: value }),
      ...(await this.#values(add, ADD, evaluate))
    }
  }

  /**
   * The values of fields and custom fields.
   * @param prefix of the names of their expressions
   */
  async #values(
    { fields, customFields, fixed }: Pick<MappingDefinition, 'fields' | 'customFields' | 'fixed'>,
    prefix: string,
    evaluate: EvaluateEvent
  ): Promise<{ fields?: Record<string, unknown>; custom_fields?: Record<string, unknown> }> {
    const given: Record<string, unknown> = { ...fixed }
    for (const name of Object.keys(fields)) {
      const { type } = FIELD_BY_NAME.get(name) ?? {}
      const value = fieldValue(this.#definition, name, await evaluate(`${prefix}fields.${name}`), type)
      if (value !== undefined) given[name] = value
    }
    const custom: Record<string, unknown> = {}
    for (const label of Object.keys(customFields)) {
      const text = await evaluate(`${prefix}custom_fields.${label}`)
      const value = fieldValue(this.#definition, label, text, 'text')
      if (value !== undefined) custom[label] = value
    }
    return {
      ...(Object.keys(given).length > 0 && { fields: given }),
      ...(Object.keys(custom).length > 0 && { custom_fields: custom })
    }
  }
}

/** What is done with an event's lead. An event without a time for the callback has no callback. */
async function actionsOf(
  { callback, ...others }: ActionsDefinition,
  evaluate: EvaluateEvent
): Promise<Record<string, unknown>> {
  if (callback === undefined || callback === 'remove') return { ...others, ...(callback && { callback }) }
  const parts: Record<string, unknown> = { ...callback.given }
  for (const name of Object.keys(callback.expressions)) {
    const value = asTyped(await evaluate(CALLBACK + name), 'text')
    if (value !== undefined && value !== null && !isBlank(value)) parts[name] = value
  }
  return parts['at'] === undefined ? { ...others } : { ...others, callback: parts }
}

/** Whether changes set a field, so that they are of use without those that were left out. */
function hasValues(changes: Record<string, unknown> | undefined): boolean {
  return changes?.['fields'] !== undefined || changes?.['custom_fields'] !== undefined
}

/** Most names of expressions that say why an event changes nothing. */
const MAX_NAMES = 5

/** The names of the expressions that give a value to set, the first ones. */
function namesOfFields({ fields, customFields }: MappingDefinition): string {
  const names = [
    ...Object.keys(fields).map((name) => `fields.${name}`),
    ...Object.keys(customFields).map((label) => `custom_fields.${label}`)
  ]
  return [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? ['…'] : [])].join(', ')
}

/** The events of a payload. */
async function itemsIn(evaluation: PayloadEvaluation): Promise<unknown[]> {
  const { payload } = evaluation
  if (!evaluation.has('each')) return itemsOf(payload)
  const found = await evaluation.evaluate('each')
  if (found !== undefined) return found === null ? [] : itemsOf(found)
  if (isEmpty(payload)) return []
  throw new EvaluationError('finds no event in the payload, which is not empty')
}

/** The id of an event: its own, or what the expression finds in the payload that holds the event. */
async function eventId(evaluation: PayloadEvaluation, evaluate: EvaluateEvent): Promise<EventIdValue> {
  const own = asEventId(await evaluate(EVENT_ID))
  if (own !== undefined || !evaluation.has('each') || Array.isArray(evaluation.payload)) return own
  return asEventId(await evaluation.idOfPayload())
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
