import type { Fixture } from './fixture.ts'

const RECORDED_LABELS: NonNullable<Fixture['custom_fields']> = { '101': ['favorite_color'] }

/**
 * The custom-field tables of the lists, one a list that has custom fields.
 *
 * They are tables of their own, and the reset that the recordings begin with puts back the leads only: what was
 * once stored here stays for the life of the sandbox. That is why a value written in one exchange counts as
 * unchanged in a later one (`update/custom-fields-disabled`, then `update/custom-fields-and-status`).
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

  /** @returns the rows that changed: 1 for a new row or a value that differs, 0 if nothing differs */
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
