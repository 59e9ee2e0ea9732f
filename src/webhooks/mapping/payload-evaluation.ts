import { EvaluationError, type Expression } from './expression.ts'
import type { MappingFault } from './mapped-payload.ts'

/** Called before each evaluation, with the expression and the event. */
export type Progress = (expression: string, item: number | undefined) => void

/** How an expression is evaluated. */
export type Evaluate = (expression: Expression, input: unknown, variables: Record<string, unknown>) => unknown

/** An event of a payload, and its number from 0. */
export interface PayloadEvent {
  readonly value: unknown
  readonly index: number
}

/** Characters that all expressions on one payload may give together: they can repeat the same text often. */
const MAX_TOTAL_TEXT = 16_000_000

/** The name of the expression for an event's id. */
export const EVENT_ID = 'event_id.expression'

export interface PayloadEvaluationOptions {
  readonly payload: unknown
  readonly evaluate: Evaluate
  readonly progress: Progress
}

/** Evaluates the expressions of a mapping on one payload, one at a time, and knows at which it is. */
export class PayloadEvaluation {
  readonly payload: unknown
  readonly #expressions: ReadonlyMap<string, Expression>
  readonly #evaluate: Evaluate
  readonly #progress: Progress
  #at: Pick<MappingFault, 'expression' | 'item'> = { expression: 'payload', item: undefined }
  #characters = 0
  #idOfPayload: Promise<unknown> | undefined

  constructor(
    expressions: ReadonlyMap<string, Expression>,
    { payload, evaluate, progress }: PayloadEvaluationOptions
  ) {
    this.#expressions = expressions
    this.payload = payload
    this.#evaluate = evaluate
    this.#progress = progress
  }

  has(name: string): boolean {
    return this.#expressions.has(name)
  }

  /**
   * Evaluates an expression on an event, or on the payload; undefined if there is no such expression.
   * @throws EvaluationError
   */
  async evaluate(name: string, event?: PayloadEvent): Promise<unknown> {
    const expression = this.#expressions.get(name)
    if (expression === undefined) return undefined
    this.#at = { expression: name, item: event?.index }
    this.#progress(name, event?.index)
    const value = await (event === undefined
      ? this.#evaluate(expression, this.payload, {})
      : this.#evaluate(expression, event.value, { payload: this.payload, index: event.index }))
    if (typeof value === 'string') this.#characters += value.length
    if (this.#isTooMuch)
      throw new EvaluationError(`with all before it gives more than ${MAX_TOTAL_TEXT} characters`)
    return value
  }

  /** What the expression for the event's id finds in the payload. It is evaluated once. */
  idOfPayload(): Promise<unknown> {
    return (this.#idOfPayload ??= this.evaluate(EVENT_ID))
  }

  /**
   * The fault of the payload.
   * @throws `error` itself, if it is no fault of the payload
   */
  faultOf(error: unknown): MappingFault {
    if (!(error instanceof EvaluationError)) throw error
    return { ...this.#at, reason: error.message }
  }

  /**
   * The fault of an event.
   * @throws `error` itself, if it is not a fault of that event alone
   */
  faultOfEvent(index: number, error: unknown): MappingFault {
    if (this.#isTooMuch) throw error
    return { ...this.faultOf(error), item: index }
  }

  get #isTooMuch(): boolean {
    return this.#characters > MAX_TOTAL_TEXT
  }
}
