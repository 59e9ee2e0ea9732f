/**
 * The column `entry_list_id` of the leads: the list whose custom table holds the lead's custom fields, 0 before
 * there are any. It is no part of the fixture.
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
