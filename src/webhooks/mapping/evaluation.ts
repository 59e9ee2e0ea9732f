import { expressionsOf, type Mapped, type MappingDefinition, type MappingFault } from './mapping.ts'

/** What the thread of a source is started with. */
export interface ThreadData {
  readonly definition: MappingDefinition
  /** The expression of the event's id. */
  readonly eventId: string | undefined
  /** The number of the expression at work, and of its item; 0 is none, 1 the first. */
  readonly progress: Int32Array<SharedArrayBuffer>
}

export type Task =
  /** The event's id is evaluated as well if the payload has updates and the source an expression for it. */
  | { readonly type: 'map'; readonly payload: unknown; readonly maxItems: number }
  | { readonly type: 'event_id'; readonly payload: unknown }

/** What a payload gives, with the event's id if its expression gives one. */
export type MappedEvent = Mapped & { readonly eventId?: EventIdValue }
/** What the thread answers: the outcome of a task, and the milliseconds that it took. */
export interface Answer {
  readonly value: Outcome
  readonly ms: number
}

export type Outcome = MappedEvent | MappingFault | { readonly eventId: EventIdValue }
export type EventIdValue = string | number | undefined

export const EVENT_ID = 'event_id.expression'

/** The names of a source's expressions, by their number. */
export function expressionNames(definition: MappingDefinition): string[] {
  return [...expressionsOf(definition).map(([name]) => name), EVENT_ID]
}
