import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { errorCode } from '../../error-code.ts'
import {
  type Evaluation,
  type EvaluationTask,
  expressionNames,
  type HintsEvaluation,
  type RowsEvaluation,
  type Task,
  type ThreadData,
  type TimedEvaluation
} from './evaluation.ts'
import { EvaluationQueue } from './evaluation-queue.ts'
import type { HintsTask } from './hints.ts'
import type { MappingFault } from './mapped-payload.ts'
import { Mapping } from './mapping.ts'
import type { MappingDefinition } from './mapping-definition.ts'
import { NeedsJsonata } from './plain-expression.ts'
import type { RowsTask } from './rows.ts'

/**
 * Longest CPU time for all expressions on one payload, in milliseconds, from the first check of the thread on. An expression
 * can only calculate, never wait, so no limit by the clock is needed: on a machine that is paused it would cost an event.
 */
const PAYLOAD_MS = 5_000
/** Heap in megabytes at which a thread is stopped. */
const MEMORY_MB = 384
/** Heap limit of V8 in megabytes. Far above the other one: V8 may end the whole process when a thread reaches it. */
const HARD_MEMORY_MB = 1_024
/** How often a working thread is checked, in milliseconds. */
const WATCH_MS = 50

/** Longest payload in bytes that is mapped without the thread. */
const MAX_PLAIN_BYTES = 16_384

/** In the published package it is JavaScript, as this file is. */
const THREAD = `./evaluation-thread${extname(import.meta.filename)}`

const TOO_MUCH = `took more than ${MEMORY_MB} MB of memory`

/** The task that the thread is working on. */
interface Current {
  readonly resolve: (evaluation: TimedEvaluation) => void
  readonly reject: (error: unknown) => void
  /** When it began, on the clock of performance.now(). */
  readonly since: number
  /** CPU time that the thread had used when it was first checked on this task, in milliseconds. */
  cpuMsBefore?: number
}

/**
 * Evaluates the expressions of one endpoint on a thread of its own. A regular expression that never ends, or a
 * payload that grows without bounds, costs that thread and nothing else. The thread starts with the first payload,
 * and starts again after a payload that killed it. Expressions that only read what is in a short payload need no thread.
 */
export class Evaluator {
  readonly #data: ThreadData
  readonly #names: readonly string[]
  /** Compiled for the first payload. */
  #mapping: Mapping | undefined
  readonly #payloadMs: number
  readonly #queue = new EvaluationQueue()
  #thread: Worker | undefined
  #current: Current | undefined
  #watching: NodeJS.Timeout | undefined
  #isRetired = false

  /** @param payloadMs longest CPU time for one payload */
  constructor(definition: MappingDefinition, eventId: string | undefined, payloadMs = PAYLOAD_MS) {
    this.#payloadMs = payloadMs
    const progress = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
    this.#data = { definition, eventId, progress }
    this.#names = expressionNames(definition)
  }

  /**
   * Evaluates a task after those before it.
   * @param bytes size of the payload as received
   * @throws Problem overloaded
   */
  async evaluate(task: EvaluationTask, bytes: number): Promise<Evaluation> {
    return this.#evaluate<Evaluation>(task, bytes)
  }

  /** Evaluates rows of a file after the tasks before them. A fault is that of the row on which the thread was stopped. */
  async evaluateRows(task: RowsTask): Promise<RowsEvaluation> {
    return this.#evaluate<RowsEvaluation>(task, 0)
  }

  /** Explains events of a payload after the tasks before. A fault if that takes too long. */
  async explain(task: HintsTask): Promise<HintsEvaluation> {
    return this.#evaluate<HintsEvaluation>(task, 0)
  }

  /** Ends the thread whenever it is idle. Requests that already have this endpoint can still be evaluated. */
  retire(): void {
    this.#isRetired = true
    if (!this.#queue.isIdle) return
    const thread = this.#thread
    this.#thread = undefined
    void thread?.terminate()
  }

  /** Ends the thread at once. A task in work gets no result. */
  async stop(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    this.#current = undefined
    clearInterval(this.#watching)
    this.#watching = undefined
    await thread?.terminate()
  }

  async #evaluate<T extends TimedEvaluation['value']>(task: Task, bytes: number): Promise<T> {
    try {
      // The thread answers a task with what the task asks for.
      return (await this.#queue.add(bytes, () => this.#map(task, bytes))) as T
    } finally {
      if (this.#isRetired) this.retire()
    }
  }

  async #map(task: Task, bytes: number): Promise<TimedEvaluation> {
    if (!('maxItems' in task) || bytes > MAX_PLAIN_BYTES) return this.#send(task)
    this.#mapping ??= new Mapping(this.#data.definition, this.#data.eventId)
    if (!this.#mapping.isPlain) return this.#send(task)
    try {
      return { value: await this.#mapping.mapPlainly(task.payload, task.maxItems), ms: 0 }
    } catch (error) {
      if (error instanceof NeedsJsonata) return this.#send(task)
      throw error
    }
  }

  async #send(task: Task): Promise<TimedEvaluation> {
    this.#data.progress.fill(0)
    const thread = this.#thread ?? this.#start()
    // An idle thread has nothing to lose, so only a busy one keeps the process alive.
    thread.ref()
    const { promise, resolve, reject } = Promise.withResolvers<TimedEvaluation>()
    this.#current = { resolve, reject, since: performance.now() }
    this.#watching ??= setInterval(() => void this.#watch(), WATCH_MS)
    thread.postMessage(task)
    return promise
  }

  #start(): Worker {
    const thread = new Worker(new URL(THREAD, import.meta.url), {
      workerData: this.#data,
      // Not the process's own: with --eval the thread would run that text.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HARD_MEMORY_MB }
    })
    thread.on('message', (evaluation: TimedEvaluation) => {
      this.#current?.resolve(evaluation)
      this.#current = undefined
    })
    // It can also fail between two tasks; the next task starts another thread.
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

  /** Ends a thread that takes too long or too much memory; leaves an idle one alone. */
  async #watch(): Promise<void> {
    const [current, thread] = [this.#current, this.#thread]
    if (current === undefined || thread === undefined) {
      clearInterval(this.#watching)
      this.#watching = undefined
      thread?.unref()
      return
    }
    const usedMs = await cpuMs(thread)
    current.cpuMsBefore ??= usedMs
    const isLate = usedMs - current.cpuMsBefore > this.#payloadMs
    const isTooMuch = !isLate && (await heapBytes(thread)) > MEMORY_MB * 1024 ** 2
    if (!(isLate || isTooMuch) || this.#current !== current || this.#thread !== thread) return
    this.#thread = undefined
    this.#current = undefined
    await thread.terminate()
    const tooLong = `took longer than ${this.#payloadMs} ms, with all before it`
    current.resolve(this.#fault(current, isLate ? tooLong : TOO_MUCH))
  }

  #fault({ since }: Current, reason: string): TimedEvaluation {
    const [expression = 0, item = 0] = this.#data.progress
    const value: MappingFault = {
      expression: this.#names[expression - 1] ?? 'payload',
      item: item === 0 ? undefined : item - 1,
      reason
    }
    return { value, ms: performance.now() - since }
  }
}

async function cpuMs(thread: Worker): Promise<number> {
  try {
    const { user, system } = await thread.cpuUsage()
    return (user + system) / 1_000
  } catch {
    // It is just starting or has just ended.
    return 0
  }
}

async function heapBytes(thread: Worker): Promise<number> {
  try {
    return (await thread.getHeapStatistics()).used_heap_size
  } catch {
    // It has just ended, and reports that as an error of its own.
    return 0
  }
}
