import type { Timed } from './evaluation-queue.ts'
import { expressionsOf, type MappedPayload, type MappingDefinition, type MappingFault } from './mapping.ts'

/** What an endpoint's thread is started with. */
export interface ThreadData {
  readonly definition: MappingDefinition
  /** The expression for the event's id. */
  readonly eventId: string | undefined
  /** The number of the running expression, and of its item; 0 means none, 1 the first. */
  readonly progress: Int32Array<SharedArrayBuffer>
}

export type EvaluationTask =
  /** Evaluates the event's id too, if the payload has updates and the endpoint an expression for the id. */
  | { readonly type: 'map'; readonly payload: unknown; readonly maxItems: number }
  | { readonly type: 'event_id'; readonly payload: unknown }

/** A mapped payload, with the event's id if its expression gives one. */
export type MappedEvent = MappedPayload & { readonly eventId?: EventIdValue }

/** What a task gives. */
export type Evaluation = MappedEvent | MappingFault | { readonly eventId: EventIdValue }
/** The thread's message at the end of a task. */
export type TimedEvaluation = Timed<Evaluation>
export type EventIdValue = string | number | undefined

export const EVENT_ID = 'event_id.expression'

/** The names of an endpoint's expressions, in the order of their numbers. */
export function expressionNames(definition: MappingDefinition): string[] {
  return [...expressionsOf(definition).map(([name]) => name), EVENT_ID]
}
