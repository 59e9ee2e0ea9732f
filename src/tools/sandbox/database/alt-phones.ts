/** A row of `vicidial_list_alt_phones`: a further phone number of a lead. */
export interface AltPhone {
  readonly lead_id: number
  readonly phone_code: string
  readonly phone_number: string
  readonly alt_phone_note: string
  readonly alt_phone_count: number
  readonly active: 'Y'
}

/** The table `vicidial_list_alt_phones`. */
export class AltPhones {
  #rows: AltPhone[] = []

  reset(): void {
    this.#rows = []
  }

  add(row: AltPhone): void {
    this.#rows.push(row)
  }

  rows(): readonly AltPhone[] {
    return this.#rows
  }
}
