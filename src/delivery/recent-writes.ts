import { namesSet } from '../leads/changes.ts'
import { keyName } from '../leads/lead-key.ts'
import type { DeliveryTask, TaskRequest } from './delivery-task.ts'

/** What the outbox knows of writes. */
export interface NotedWrites {
  /** The fields of a lead, by its name (see `keyName`), that updates after `sequence` have set. May throw. */
  writtenSince(lead: string, sequence: number): readonly string[]
}

/** Fields of a lead that an update has set. */
interface Write {
  readonly lead: number | string
  readonly sequence: number
  /** See `namesSet`. */
  readonly names: readonly string[]
}

/** Writes of each lead, in memory until the outbox has noted them, so that older stored updates don't undo them. */
export class RecentWrites<Request extends TaskRequest> {
  readonly #noted: NotedWrites
  /** By lead id, or by the name of a number that must not be called. */
  readonly #byLead = new Map<number | string, Set<Write>>()
  readonly #byRequest = new Map<Request, Write[]>()

  constructor(noted: NotedWrites) {
    this.#noted = noted
  }

  /** Keeps the request's writes until they are noted. */
  keep(request: Request): void {
    this.#byRequest.set(request, [])
  }

  /** Adds the writes of a task that VICIdial has made, one for each request that it served. */
  add(task: DeliveryTask<number | string, Request>): void {
    if (this.#byRequest.size === 0) return
    const { lead, changes } = task
    for (const { request, sequence } of task.all) {
      const ofRequest = this.#byRequest.get(request)
      if (ofRequest === undefined || sequence === undefined) continue
      const write = { lead, sequence, names: namesSet(changes) }
      const ofLead = this.#byLead.get(lead) ?? new Set()
      this.#byLead.set(lead, ofLead.add(write))
      ofRequest.push(write)
    }
  }

  /** Adds the write of an update that has added a lead. */
  addNew(request: Request, lead: number, sequence: number | undefined, names: readonly string[]): void {
    const ofRequest = this.#byRequest.get(request)
    if (ofRequest === undefined || sequence === undefined) return
    const write = { lead, sequence, names }
    this.#byLead.set(lead, (this.#byLead.get(lead) ?? new Set()).add(write))
    ofRequest.push(write)
  }

  /** The task's fields that newer updates of its lead have set. Throws if the outbox cannot be read. */
  supersededFields(task: DeliveryTask<number | string, Request>): string[] {
    const { lead, changes, supersededAfter } = task
    if (supersededAfter === Number.POSITIVE_INFINITY) return []
    const name = typeof lead === 'number' ? keyName({ by: 'lead_id', value: lead }) : lead
    const written = new Set(this.#noted.writtenSince(name, supersededAfter))
    for (const { sequence, names } of this.#byLead.get(lead) ?? []) {
      if (sequence > supersededAfter) for (const name of names) written.add(name)
    }
    return namesSet(changes).filter((name) => written.has(name))
  }

  /** Forgets the request's writes, which the outbox has noted. */
  forget(request: Request): void {
    for (const write of this.#byRequest.get(request) ?? []) {
      const ofLead = this.#byLead.get(write.lead)
      ofLead?.delete(write)
      if (ofLead?.size === 0) this.#byLead.delete(write.lead)
    }
    this.#byRequest.delete(request)
  }
}
