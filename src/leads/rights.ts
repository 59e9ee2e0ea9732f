/** The allowed names, or `*` for all. */
export type Allowed = '*' | ReadonlySet<string>

/** What an update may ask for. */
export interface Rights {
  /** Columns of the lead table, and `reset_called`. */
  readonly fields: Allowed
  /** Values of `status`. */
  readonly statuses: Allowed
  /** Labels of custom fields, out of those that the operator has listed. */
  readonly customFields: Allowed
  /** Ids of lists that leads may be moved to. */
  readonly lists: Allowed
  /** Keys that leads may be looked up by: `vendor_lead_code`, `phone_number`. */
  readonly lookUps: Allowed
  /** Ids of lists that leads may be added to. */
  readonly addLists: Allowed
}

/** No restrictions. */
export const ALL_RIGHTS: Rights = {
  fields: '*',
  statuses: '*',
  customFields: '*',
  lists: '*',
  lookUps: '*',
  addLists: '*'
}

export function allows(allowed: Allowed, name: string): boolean {
  return allowed === '*' || allowed.has(name)
}
