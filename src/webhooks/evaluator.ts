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

const TOO_LONG = `took longer than ${PAYLOAD_MS} ms, with all before it`
const TOO_MUCH = `took more than ${MEMORY_MB} MB of memory`

/** The task that the thread is at. */
interface Current {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
  /** When it began, as performance.now() counts. */
  readonly since: number
}

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
  #current: Current | undefined
  #watching: NodeJS.Timeout | undefined

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

  /** Ends the thread when nothing is left to do. */
  retire(): void {
    void this.#queue.onIdle().then(() => this.#thread?.terminate())
  }

  async #perform(task: Task): Promise<Outcome> {
    this.#data.progress.fill(0)
    const thread = this.#thread ?? this.#start()
    // An idle thread holds nothing that would be lost: it does not keep the process alive.
    thread.ref()
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    this.#current = { resolve, reject, since: performance.now() }
    this.#watching ??= setInterval(() => void this.#watch(), WATCH_MS)
    thread.postMessage(task)
    return promise
  }

  #start(): Worker {
    const thread = new Worker(new URL('./evaluation-thread.ts', import.meta.url), {
      workerData: this.#data,
      // Not those of the process: one that evaluates a text would hand it on.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HARD_MEMORY_MB }
    })
    thread.on('message', (outcome: Outcome) => {
      this.#current?.resolve(outcome)
      this.#current = undefined
    })
    // It could fail between two tasks too; the next one starts another.
    thread.on('error', (error) => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      if (errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY') this.#current?.resolve(this.#fault(TOO_MUCH))
      else this.#current?.reject(error)
      this.#current = undefined
    })
    this.#thread = thread
    return thread
  }

  /** Ends a thread that takes too long or too much; leaves an idle one alone. */
  async #watch(): Promise<void> {
    const [current, thread] = [this.#current, this.#thread]
    if (current === undefined || thread === undefined) {
      clearInterval(this.#watching)
      this.#watching = undefined
      thread?.unref()
      return
    }
    const isLate = performance.now() - current.since > PAYLOAD_MS
    const isTooMuch = !isLate && (await heapBytes(thread)) > MEMORY_MB * 1024 ** 2
    if (!(isLate || isTooMuch) || this.#current !== current || this.#thread !== thread) return
    this.#thread = undefined
    this.#current = undefined
    await thread.terminate()
    current.resolve(this.#fault(isLate ? TOO_LONG : TOO_MUCH))
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

async function heapBytes(thread: Worker): Promise<number> {
  try {
    return (await thread.getHeapStatistics()).used_heap_size
  } catch {
    // It has ended meanwhile, and says so itself.
    return 0
  }
}
