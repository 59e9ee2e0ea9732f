import { parentPort, workerData } from 'node:worker_threads'
import {
  type Answer,
  EVENT_ID,
  expressionNames,
  type Outcome,
  type Task,
  type ThreadData
} from './evaluation.ts'
import { EvaluationError, Expression } from './expression.ts'
import { Mapping } from './mapping.ts'

/** The thread of one source: answers each task with its outcome. */
const { definition, eventId, progress } = workerData as ThreadData
const mapping = new Mapping(definition)
const eventIdExpression = eventId === undefined ? undefined : new Expression(eventId)
const numbers = new Map(expressionNames(definition).map((name, place) => [name, place + 1]))

function note(name: string, item: number | undefined): void {
  progress[0] = numbers.get(name) ?? 0
  progress[1] = item === undefined ? 0 : item + 1
}

async function perform(task: Task): Promise<Outcome> {
  if (task.type === 'event_id') return readEventId(task.payload)
  const mapped = await mapping.map(task.payload, task.maxItems, note)
  if (!('updates' in mapped) || mapped.updates.length === 0 || eventIdExpression === undefined) return mapped
  const id = await readEventId(task.payload)
  return 'eventId' in id ? { ...mapped, ...id } : id
}

async function readEventId(payload: unknown): Promise<Outcome> {
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

async function answer(task: Task): Promise<Answer> {
  const began = performance.now()
  const value = await perform(task)
  return { value, ms: performance.now() - began }
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await answer(task)))
