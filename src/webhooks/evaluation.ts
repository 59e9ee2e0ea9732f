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
  | { readonly type: 'map'; readonly payload: unknown; readonly maxItems: number }
  | { readonly type: 'event_id'; readonly payload: unknown }

export type Outcome = Mapped | MappingFault | { readonly eventId: string | number | undefined }

export const EVENT_ID = 'event_id.expression'

/** The names of a source's expressions, by their number. */
export function expressionNames(definition: MappingDefinition): string[] {
  return [...expressionsOf(definition).map(([name]) => name), EVENT_ID]
}
