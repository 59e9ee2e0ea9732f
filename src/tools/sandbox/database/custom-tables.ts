import type { Fixture } from './fixture.ts'

const RECORDED_LABELS: NonNullable<Fixture['custom_fields']> = { '101': ['favorite_color'] }

/**
 * The custom-field tables, one for each list that has custom fields.
 *
 * A reset restores the leads only, as in the recordings; values stored here stay for the life of the sandbox. So a
 * value written in one exchange counts as unchanged in a later one (`update/custom-fields-disabled`, then
 * `update/custom-fields-and-status`).
 */
export class CustomTables {
  readonly #labels = new Map<number, readonly string[]>()
  readonly #rows = new Map<number, Map<number, Readonly<Record<string, string>>>>()

  constructor(labels: Fixture['custom_fields'] = RECORDED_LABELS) {
    for (const [listId, listLabels] of Object.entries(labels)) {
      this.#labels.set(Number(listId), listLabels)
      this.#rows.set(Number(listId), new Map())
    }
  }

  /** The labels of a list; undefined if it has no custom fields. */
  labels(listId: number): readonly string[] | undefined {
    return this.#labels.get(listId)
  }

  /** @returns the number of changed rows: 1 for a new row or a different value, else 0 */
  update(listId: number, leadId: number, values: Readonly<Record<string, string>>): 0 | 1 {
    const rows = this.#rows.get(listId)
    if (rows === undefined) return 0
    const before = rows.get(leadId)
    if (before !== undefined && Object.entries(values).every(([label, value]) => before[label] === value))
      return 0
    rows.set(leadId, { ...before, ...values })
    return 1
  }
}

/**
 * The column `entry_list_id` of the leads: the list whose custom table holds the lead's custom fields, or 0 if there
 * are none yet. The fixture doesn't set it.
 */
export class EntryLists {
  #lists = new Map<number, number>()

  reset(): void {
    this.#lists = new Map()
  }

  get(leadId: number): number {
    return this.#lists.get(leadId) ?? 0
  }

  set(leadId: number, listId: number): void {
    this.#lists.set(leadId, listId)
  }
}
