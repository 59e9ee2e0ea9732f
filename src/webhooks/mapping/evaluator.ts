import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { errorCode } from '../../error-code.ts'
import { type Answer, expressionNames, type Outcome, type Task, type ThreadData } from './evaluation.ts'
import { EvaluationQueue } from './evaluation-queue.ts'
import type { MappingDefinition, MappingFault } from './mapping.ts'

/** All expressions on one payload may take so long together, the start of the thread included. */
export const PAYLOAD_MS = 5_000
const MEMORY_MB = 384
const WATCH_MS = 50
/** V8 may end the process when a thread reaches this one, so a thread is stopped at the other long before. */
const HARD_MEMORY_MB = 1_024

/** Built, it has this file's other extension. */
const THREAD = `./evaluation-thread${extname(import.meta.filename)}`

const TOO_LONG = `took longer than ${PAYLOAD_MS} ms, with all before it`
const TOO_MUCH = `took more than ${MEMORY_MB} MB of memory`

/** The task that the thread is at. */
interface Current {
  readonly resolve: (answer: Answer) => void
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
  readonly #queue = new EvaluationQueue()
  #thread: Worker | undefined
  #current: Current | undefined
  #watching: NodeJS.Timeout | undefined
  #isRetired = false

  constructor(definition: MappingDefinition, eventId: string | undefined) {
    const progress = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
    this.#data = { definition, eventId, progress }
    this.#names = expressionNames(definition)
  }

  /**
   * Performs a task after those before it.
   * @param bytes of the payload, as it came
   * @throws Problem overloaded
   */
  async perform(task: Task, bytes: number): Promise<Outcome> {
    try {
      return await this.#queue.add(bytes, () => this.#perform(task))
    } finally {
      if (this.#isRetired) this.retire()
    }
  }

  /** Ends the thread whenever nothing is left to do: requests that had this source before may still come with theirs. */
  retire(): void {
    this.#isRetired = true
    void this.#queue.onIdle().then(() => {
      const thread = this.#thread
      this.#thread = undefined
      return thread?.terminate()
    })
  }

  async #perform(task: Task): Promise<Answer> {
    this.#data.progress.fill(0)
    const thread = this.#thread ?? this.#start()
    // An idle thread holds nothing that would be lost: it does not keep the process alive.
    thread.ref()
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#current = { resolve, reject, since: performance.now() }
    this.#watching ??= setInterval(() => void this.#watch(), WATCH_MS)
    thread.postMessage(task)
    return promise
  }

  #start(): Worker {
    const thread = new Worker(new URL(THREAD, import.meta.url), {
      workerData: this.#data,
      // Not those of the process: one that evaluates a text would hand it on.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HARD_MEMORY_MB }
    })
    thread.on('message', (answer: Answer) => {
      this.#current?.resolve(answer)
      this.#current = undefined
    })
    // It could fail between two tasks too; the next one starts another.
    thread.on('error', (error) => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      if (errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY')
        this.#current?.resolve(this.#fault(this.#current, TOO_MUCH))
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
    current.resolve(this.#fault(current, isLate ? TOO_LONG : TOO_MUCH))
  }

  #fault({ since }: Current, reason: string): Answer {
    const [expression = 0, item = 0] = this.#data.progress
    const value: MappingFault = {
      expression: this.#names[expression - 1] ?? 'payload',
      item: item === 0 ? undefined : item - 1,
      reason
    }
    return { value, ms: performance.now() - since }
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
