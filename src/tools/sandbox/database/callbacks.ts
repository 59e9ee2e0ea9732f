/** A row of `vicidial_callbacks`. */
export interface Callback {
  readonly lead_id: number
  readonly list_id: number
  readonly campaign_id: string
  readonly status: string
  readonly user: string
  readonly recipient: string
  readonly comments: string
  readonly user_group: string
  readonly lead_status: string
  /** As `2026-01-31 12:00:00`. */
  readonly callback_time: string
  readonly entry_time: string
}

/** The tables `vicidial_callbacks` and `vicidial_callbacks_archive`. */
export class Callbacks {
  #current: Callback[] = []
  #archived: Callback[] = []

  reset(): void {
    this.#current = []
    this.#archived = []
  }

  /** The lead's callback; VICIdial's API makes one at most. */
  get(leadId: number): Callback | undefined {
    return this.#current.find(({ lead_id }) => lead_id === leadId)
  }

  /** The lead's callbacks that were removed, oldest first. */
  archived(leadId: number): Callback[] {
    return this.#archived.filter(({ lead_id }) => lead_id === leadId)
  }

  add(callback: Callback): void {
    this.#current.push(callback)
  }

  update(leadId: number, changes: Partial<Callback>): void {
    this.#current = this.#current.map((one) => (one.lead_id === leadId ? { ...one, ...changes } : one))
  }

  /** @returns the number of rows */
  archive(leadId: number): number {
    const removed = this.#current.filter(({ lead_id }) => lead_id === leadId)
    this.#archived.push(...removed)
    this.#current = this.#current.filter(({ lead_id }) => lead_id !== leadId)
    return removed.length
  }

  /** The current ones, by lead id, without their `entry_time`. */
  rows(): Omit<Callback, 'entry_time'>[] {
    return this.#current
      .map(({ entry_time: _, ...row }) => row)
      .sort((one, other) => one.lead_id - other.lead_id)
  }
}
