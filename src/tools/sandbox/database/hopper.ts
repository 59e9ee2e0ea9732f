/** A row of `vicidial_hopper`: a lead that is dialled soon. */
export interface HopperRow {
  readonly lead_id: number
  readonly campaign_id: string
  readonly status: string
  readonly user: string
  readonly list_id: number
  readonly gmt_offset_now: string
  readonly state: string
  readonly priority: number
  readonly source: string
  readonly vendor_lead_code: string
}

/** The table `vicidial_hopper`. The API adds a lead only if it is not there. */
export class Hopper {
  #rows = new Map<number, HopperRow>()
  #lastId = 0

  reset(): void {
    this.#rows = new Map()
    this.#lastId = 0
  }

  get(leadId: number): HopperRow | undefined {
    return this.#rows.get(leadId)
  }

  /** @returns the row's `hopper_id` */
  add(row: HopperRow): number {
    this.#rows.set(row.lead_id, row)
    return ++this.#lastId
  }

  remove(leadId: number): void {
    this.#rows.delete(leadId)
  }

  /** By lead id. */
  rows(): HopperRow[] {
    return [...this.#rows.values()].sort((one, other) => one.lead_id - other.lead_id)
  }
}
