import type { Changes } from '../leads/changes.ts'
import type { Owner, DeliveryTask } from './delivery-task.ts'

/** Fields of a lead that an update has set. */
interface Setting {
  readonly lead: number
  readonly sequence: number
  /** Its fields, see `Changes.stored`. */
  readonly stored: Changes['stored']
}

/**
 * What was set by updates of which the outbox does not know yet, so that an older one that comes out of it does not
 * undo it.
 */
export class RecentWrites<Request extends Owner> {
  readonly #byLead = new Map<number, Set<Setting>>()
  readonly #byRequest = new Map<Request, Setting[]>()
  /** How many requests that yield there were. */
  #yielded = 0
  /** The numbers of those that have not ended, in order: what they wait for may be newer than they are. */
  readonly #yielding = new Set<number>()
  /** What is to be forgotten when every yielding request up to a number has ended, in order. */
  readonly #leaving = new Map<Request, number>()

  /**
   * Keeps what the request sets, until it is forgotten.
   * @param end resolves when all its updates have outcomes
   */
  keep(request: Request, end: Promise<unknown>): void {
    this.#byRequest.set(request, [])
    if (request.ordered?.isStored !== true) return
    const number = ++this.#yielded
    this.#yielding.add(number)
    void end.then(() => {
      this.#yielding.delete(number)
      this.#forgetWhatMayBe()
    })
  }

  /** Notes that VICIdial has made the changes of a row, for each row for which it went out. */
  note(row: DeliveryTask<number, Request>): void {
    if (this.#byRequest.size === 0) return
    const { lead, changes } = row
    for (const { request, sequence } of row.all) {
      const kept = this.#byRequest.get(request)
      if (kept === undefined || sequence === undefined) continue
      const setting = { lead, sequence, stored: changes.stored }
      const ofLead = this.#byLead.get(lead) ?? new Set()
      this.#byLead.set(lead, ofLead.add(setting))
      kept.push(setting)
    }
  }

  /** The fields of a row's lead that newer updates have set. */
  newerThan(row: DeliveryTask<number, Request>): string[] {
    const ofLead = this.#byLead.get(row.lead)
    if (ofLead === undefined) return []
    const { yieldsAfter } = row
    const fields = new Set<string>()
    for (const setting of ofLead) {
      if (setting.sequence <= yieldsAfter) continue
      for (const field in setting.stored) if (row.changes.stored[field] !== undefined) fields.add(field)
    }
    return [...fields]
  }

  /**
   * To be called when the outbox knows what the request has set: what comes out of it from now on knows too. What came
   * out before, and waits for its turn or its look-up, does not: until it has ended nothing is forgotten.
   */
  forget(request: Request): void {
    this.#leaving.set(request, this.#yielded)
    this.#forgetWhatMayBe()
  }

  #forgetWhatMayBe(): void {
    const [oldest = Number.POSITIVE_INFINITY] = this.#yielding
    for (const [request, last] of this.#leaving) {
      if (last >= oldest) return
      this.#leaving.delete(request)
      for (const setting of this.#byRequest.get(request) ?? []) {
        const ofLead = this.#byLead.get(setting.lead)
        ofLead?.delete(setting)
        if (ofLead?.size === 0) this.#byLead.delete(setting.lead)
      }
      this.#byRequest.delete(request)
    }
  }
}
