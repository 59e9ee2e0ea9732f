import { EventEmitter } from 'node:events'
import type { Settlement } from './queue.ts'

/** Updates were settled: the event's argument. */
const SETTLED = Symbol('settled')

/** Tells listeners of settled updates and ended jobs. */
export class QueueEvents {
  /** Its events are the ids of jobs that have ended, and SETTLED. */
  readonly #events = new EventEmitter()

  constructor() {
    // One for every request that waits.
    this.#events.setMaxListeners(0)
  }

  /** Calls the listeners. To be called once the settlements are on disk. */
  announce(settlements: readonly Settlement[], endedJobs: readonly string[]): void {
    this.#events.emit(SETTLED, settlements)
    for (const id of endedJobs) this.#events.emit(id)
  }

  onSettled(listener: (settlements: readonly Settlement[]) => void): void {
    this.#events.on(SETTLED, listener)
  }

  /** Calls `listener` when a job has ended. Returns a function that removes the listener. */
  onEnd(id: string, listener: () => void): () => void {
    this.#events.once(id, listener)
    return () => this.#events.off(id, listener)
  }

  /** The jobs whose end somebody waits for. */
  get awaitedJobs(): string[] {
    return this.#events.eventNames().filter((name) => typeof name === 'string')
  }
}
