import type { Changes } from '../leads/changes.ts'
import type { DeliveryTask, TaskRequest } from './delivery-task.ts'

/** Fields of a lead that an update has set. */
interface Write {
  readonly lead: number
  readonly sequence: number
  /** The fields, see `Changes.stored`. */
  readonly stored: Changes['stored']
}

/**
 * Writes that the outbox doesn't know of yet, so that older updates which come out of it don't undo them.
 *
 * When the outbox knows, a request's writes can be forgotten, but not at once: stored updates that were claimed before
 * that don't know of them either, and may still wait for their turn or a search.
 */
export class RecentWrites<Request extends TaskRequest> {
  readonly #byLead = new Map<number, Set<Write>>()
  readonly #byRequest = new Map<Request, Write[]>()
  /** Number of stored requests so far. */
  #started = 0
  /** The numbers of the stored requests that have not ended, in order. */
  readonly #running = new Set<number>()
  /** Requests to forget when every stored request up to a number has ended, in order of that number. */
  readonly #forgettable = new Map<Request, number>()

  /**
   * Keeps the request's writes until it is forgotten.
   * @param done resolves when all its updates have outcomes
   */
  keep(request: Request, done: Promise<unknown>): void {
    this.#byRequest.set(request, [])
    if (request.sequencing?.isStored !== true) return
    const number = ++this.#started
    this.#running.add(number)
    void done.then(() => {
      this.#running.delete(number)
      this.#forgetAllowed()
    })
  }

  /** Adds the writes of a task that VICIdial has made, one for each request that it served. */
  add(task: DeliveryTask<number, Request>): void {
    if (this.#byRequest.size === 0) return
    const { lead, changes } = task
    for (const { request, sequence } of task.all) {
      const ofRequest = this.#byRequest.get(request)
      if (ofRequest === undefined || sequence === undefined) continue
      const write = { lead, sequence, stored: changes.stored }
      const ofLead = this.#byLead.get(lead) ?? new Set()
      this.#byLead.set(lead, ofLead.add(write))
      ofRequest.push(write)
    }
  }

  /** The task's fields that newer updates of its lead have set. */
  supersededFields(task: DeliveryTask<number, Request>): string[] {
    const ofLead = this.#byLead.get(task.lead)
    if (ofLead === undefined) return []
    const { supersededAfter } = task
    const fields = new Set<string>()
    for (const { sequence, stored } of ofLead) {
      if (sequence <= supersededAfter) continue
      for (const field in stored) if (task.changes.stored[field] !== undefined) fields.add(field)
    }
    return [...fields]
  }

  /** Forgets the request's writes, which the outbox knows of now, as soon as that is safe. */
  forget(request: Request): void {
    this.#forgettable.set(request, this.#started)
    this.#forgetAllowed()
  }

  #forgetAllowed(): void {
    const [oldestRunning = Number.POSITIVE_INFINITY] = this.#running
    for (const [request, last] of this.#forgettable) {
      if (last >= oldestRunning) return
      this.#forgettable.delete(request)
      for (const write of this.#byRequest.get(request) ?? []) {
        const ofLead = this.#byLead.get(write.lead)
        ofLead?.delete(write)
        if (ofLead?.size === 0) this.#byLead.delete(write.lead)
      }
      this.#byRequest.delete(request)
    }
  }
}
