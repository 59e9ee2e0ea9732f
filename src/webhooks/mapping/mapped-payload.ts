export type EventIdValue = string | number | undefined

/** The updates of one payload. */
export interface MappedPayload {
  /** The `updates` of a batch request, not yet validated. That of an event that failed names only its lead, or is null. */
  readonly updates: unknown[]
  /** The number of each update's event in the payload, from 0. */
  readonly events: readonly number[]
  /** The number of events that did not matter, or change nothing. */
  readonly ignored: number
  /** The number of those that did not matter. */
  readonly unwanted: number
  /** The first of all those. */
  readonly ignoredEvents: readonly IgnoredEvent[]
  /** The faults of the events that failed, by the index of their update. */
  readonly failures: ReadonlyMap<number, MappingFault>
  /** The faults of the fields that were left out, by the index of their update. */
  readonly dropped: ReadonlyMap<number, readonly MappingFault[]>
  /** The id of each update's event, as its expression gives it. */
  readonly eventIds: readonly EventIdValue[]
}

/** An event that is not used, and is no fault. */
export interface IgnoredEvent {
  /** Its number in the payload, from 0. */
  readonly event: number
  /** `unwanted`: it does not matter; `unchanged`: it changes nothing. */
  readonly code: 'unwanted' | 'unchanged'
  /** The name of the expression that decided it; of several, all that found nothing, with commas between. */
  readonly expression: string
}

/** Most ignored events of a payload that are listed. */
const MAX_IGNORED = 20

/** Where and why a payload or one of its events could not be mapped. Quotes no value of the payload. */
export interface MappingFault {
  /** Name of the expression, like `fields.status`. */
  readonly expression: string
  /** The number of the event in the payload, from 0; undefined if the fault is not about one event. */
  readonly item: number | undefined
  readonly reason: string
}

/** Collects what the events of one payload become. */
export class EventResults {
  readonly #updates: unknown[] = []
  readonly #events: number[] = []
  readonly #failures = new Map<number, MappingFault>()
  readonly #dropped = new Map<number, readonly MappingFault[]>()
  readonly #eventIds: EventIdValue[] = []
  readonly #ignored: IgnoredEvent[] = []
  #unwanted = 0

  addIgnored(ignored: IgnoredEvent): void {
    if (ignored.code === 'unwanted') this.#unwanted++
    if (this.#ignored.length < MAX_IGNORED) this.#ignored.push(ignored)
  }

  /** @param dropped the faults of the fields that its update lacks */
  addUpdate(
    event: number,
    id: EventIdValue,
    update: Record<string, unknown>,
    dropped: readonly MappingFault[]
  ): void {
    if (dropped.length > 0) this.#dropped.set(this.#updates.length, dropped)
    this.#add(event, id, update)
  }

  /** @param lead how the event names its lead; null if it failed before that was known */
  addFailure(
    event: number,
    id: EventIdValue,
    lead: Record<string, unknown> | null,
    fault: MappingFault
  ): void {
    this.#failures.set(this.#updates.length, fault)
    this.#add(event, id, lead)
  }

  /** @param count the number of all events of the payload */
  of(count: number): MappedPayload {
    return {
      updates: this.#updates,
      events: this.#events,
      ignored: count - this.#updates.length,
      unwanted: this.#unwanted,
      ignoredEvents: this.#ignored,
      failures: this.#failures,
      dropped: this.#dropped,
      eventIds: this.#eventIds
    }
  }

  #add(event: number, id: EventIdValue, update: Record<string, unknown> | null): void {
    this.#updates.push(update)
    this.#events.push(event)
    this.#eventIds.push(id)
  }
}
