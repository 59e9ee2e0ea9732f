import { parentPort, workerData } from 'node:worker_threads'
import { expressionNames, type Task, type ThreadData, type TimedEvaluation } from './evaluation.ts'
import { hintsOf } from './hints.ts'
import { Mapping } from './mapping.ts'
import { mapRows } from './rows.ts'

/** The thread of one endpoint: evaluates each task that it receives. */
const { definition, eventId, progress } = workerData as ThreadData
const mapping = new Mapping(definition, eventId)
const numbers = new Map(expressionNames(definition).map((name, index) => [name, index + 1]))

function note(name: string, item: number | undefined): void {
  progress[0] = numbers.get(name) ?? 0
  progress[1] = item === undefined ? 0 : item + 1
}

function evaluate(task: Task): Promise<TimedEvaluation['value']> {
  if ('explain' in task) return hintsOf({ definition, eventId }, task)
  if ('rows' in task) return mapRows(mapping, task, note)
  return mapping.map(task.payload, task.maxItems, note, task.stopped)
}

async function timed(task: Task): Promise<TimedEvaluation> {
  const began = performance.now()
  const value = await evaluate(task)
  return { value, ms: performance.now() - began }
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await timed(task)))
