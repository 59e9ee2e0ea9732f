import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import PQueue from 'p-queue'
import { errorCode } from '../error-code.ts'
import { Problem } from '../errors.ts'
import { expressionNames, type Outcome, type Task, type ThreadData } from './evaluation.ts'
import type { MappingDefinition, MappingFault } from './mapping.ts'

/** All expressions on one payload may take so long together, the start of the thread included. */
export const PAYLOAD_MS = 5_000
/** More payloads of one source do not wait. */
const MAX_WAITING = 1_000
const MEMORY_MB = 384
const WATCH_MS = 50
/** V8 may end the process when a thread reaches this one, so a thread is stopped at the other long before. */
const HARD_MEMORY_MB = 1_024

/**
 * Evaluates the expressions of one source on a thread of its own: a regular expression that does not end, or a
 * payload that grows without bounds, costs that thread and nobody else. It starts with the first payload, and starts
 * anew after one that it did not survive.
 */
export class Evaluator {
  readonly #data: ThreadData
  readonly #names: readonly string[]
  readonly #queue = new PQueue({ concurrency: 1 })
  #thread: Worker | undefined

  constructor(definition: MappingDefinition, eventId: string | undefined) {
    const progress = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
    this.#data = { definition, eventId, progress }
    this.#names = expressionNames(definition)
  }

  /**
   * Performs a task after those before it.
   * @throws Problem overloaded
   */
  async perform(task: Task): Promise<Outcome> {
    if (this.#queue.size >= MAX_WAITING) {
      const detail = `${MAX_WAITING} payloads of this source are waiting; there is no room for more.`
      throw new Problem('overloaded', detail, { headers: { 'retry-after': '1' } })
    }
    return this.#queue.add(() => this.#perform(task))
  }

  async #perform(task: Task): Promise<Outcome> {
    this.#data.progress.fill(0)
    const thread = this.#thread ?? this.#start()
    // An idle thread holds nothing that would be lost: it does not keep the process alive.
    thread.ref()
    const time = AbortSignal.timeout(PAYLOAD_MS)
    const memory = new AbortController()
    const watch = setInterval(() => void this.#watch(thread, memory), WATCH_MS)
    try {
      const answer = once(thread, 'message', { signal: AbortSignal.any([time, memory.signal]) })
      thread.postMessage(task)
      const [outcome] = (await answer) as [Outcome]
      thread.unref()
      return outcome
    } catch (error) {
      this.#thread = undefined
      await thread.terminate()
      if (memory.signal.aborted || errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY')
        return this.#fault(`took more than ${MEMORY_MB} MB of memory`)
      if (time.aborted) return this.#fault(`took longer than ${PAYLOAD_MS} ms, with all before it`)
      throw error
    } finally {
      clearInterval(watch)
    }
  }

  async #watch(thread: Worker, memory: AbortController): Promise<void> {
    try {
      const { used_heap_size: bytes } = await thread.getHeapStatistics()
      if (bytes > MEMORY_MB * 1024 ** 2) memory.abort()
    } catch {
      // It has ended meanwhile: the answer says so.
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL('./evaluation-thread.ts', import.meta.url), {
      workerData: this.#data,
      // Not those of the process: one that evaluates a text would hand it on.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HARD_MEMORY_MB }
    })
    // It could fail between two tasks too; the next one starts another.
    thread.on('error', () => {
      if (this.#thread === thread) this.#thread = undefined
    })
    this.#thread = thread
    return thread
  }

  #fault(reason: string): MappingFault {
    const [expression = 0, item = 0] = this.#data.progress
    return {
      expression: this.#names[expression - 1] ?? 'payload',
      item: item === 0 ? undefined : item - 1,
      reason
    }
  }
}
