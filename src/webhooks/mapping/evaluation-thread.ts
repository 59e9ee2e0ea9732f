import { parentPort, workerData } from 'node:worker_threads'
import {
  EVENT_ID,
  type Evaluation,
  type EvaluationTask,
  expressionNames,
  type ThreadData,
  type TimedEvaluation
} from './evaluation.ts'
import { EvaluationError, Expression } from './expression.ts'
import { Mapping } from './mapping.ts'

/** The thread of one endpoint: evaluates each task that it receives. */
const { definition, eventId, progress } = workerData as ThreadData
const mapping = new Mapping(definition)
const eventIdExpression = eventId === undefined ? undefined : new Expression(eventId)
const numbers = new Map(expressionNames(definition).map((name, index) => [name, index + 1]))

function note(name: string, item: number | undefined): void {
  progress[0] = numbers.get(name) ?? 0
  progress[1] = item === undefined ? 0 : item + 1
}

async function evaluate(task: EvaluationTask): Promise<Evaluation> {
  if (task.type === 'event_id') return evaluateEventId(task.payload)
  const mapped = await mapping.map(task.payload, task.maxItems, note)
  if (!('updates' in mapped) || mapped.updates.length === 0 || eventIdExpression === undefined) return mapped
  const id = await evaluateEventId(task.payload)
  return 'eventId' in id ? { ...mapped, ...id } : id
}

async function evaluateEventId(payload: unknown): Promise<Evaluation> {
  note(EVENT_ID, undefined)
  try {
    const value = await eventIdExpression?.evaluate(payload)
    if (value === undefined || value === null) return { eventId: undefined }
    if (typeof value === 'string' || typeof value === 'number') return { eventId: value }
    throw new EvaluationError('gives neither text nor number')
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    return { expression: EVENT_ID, item: undefined, reason: error.message }
  }
}

async function timed(task: EvaluationTask): Promise<TimedEvaluation> {
  const began = performance.now()
  const value = await evaluate(task)
  return { value, ms: performance.now() - began }
}

parentPort?.on('message', async (task: EvaluationTask) => parentPort?.postMessage(await timed(task)))
