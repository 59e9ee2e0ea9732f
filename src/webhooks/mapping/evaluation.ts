import type { Timed } from './evaluation-queue.ts'
import type { Hint, HintsTask } from './hints.ts'
import type { MappedPayload, MappingFault } from './mapped-payload.ts'
import { type EndpointExpressions, expressionsOf, type MappingDefinition } from './mapping-definition.ts'
import { EVENT_ID } from './payload-evaluation.ts'
import type { MappedRow, RowsTask } from './rows.ts'

/** What an endpoint's thread is started with. */
export interface ThreadData extends EndpointExpressions {
  /** The number of the running expression, and of its item; 0 means none, 1 the first. */
  readonly progress: Int32Array<SharedArrayBuffer>
}

/** A payload to map. */
export interface EvaluationTask {
  readonly payload: unknown
  readonly maxItems: number
  /** The faults of events on which the thread was stopped before, by their numbers: they are not evaluated again. */
  readonly stopped?: ReadonlyMap<number, MappingFault>
}

/** Anything that a thread does. */
export type Task = EvaluationTask | RowsTask | HintsTask

/** What a task gives: the fault if the payload as a whole, or a row, cannot be mapped; or if hints take too long. */
export type Evaluation = MappedPayload | MappingFault
export type RowsEvaluation = readonly MappedRow[] | MappingFault
export type HintsEvaluation = readonly Hint[] | MappingFault
/** The thread's message at the end of a task. */
export type TimedEvaluation = Timed<Evaluation | RowsEvaluation | HintsEvaluation>

/** The names of an endpoint's expressions, in the order of their numbers. */
export function expressionNames(definition: MappingDefinition): string[] {
  return [...expressionsOf(definition).map(([name]) => name), EVENT_ID]
}
