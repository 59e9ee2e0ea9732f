/** The allowed names, or `*` for all. */
export type Allowed = '*' | ReadonlySet<string>

/** What an update, or a reading, may ask for. */
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
  /** Columns of the lead table that may be read, see `LEAD_COLUMNS`. */
  readonly readFields: Allowed
  /** Labels of custom fields that may be read, out of those that the operator has listed. */
  readonly readCustomFields: Allowed
  /** What may be done beside changing fields, by permission: see `ACTION_PERMISSIONS`. */
  readonly actions: Allowed
}

/** No restrictions. */
export const ALL_RIGHTS: Rights = {
  fields: '*',
  statuses: '*',
  customFields: '*',
  lists: '*',
  lookUps: '*',
  addLists: '*',
  readFields: '*',
  readCustomFields: '*',
  actions: '*'
}

export function allows(allowed: Allowed, name: string): boolean {
  return allowed === '*' || allowed.has(name)
}
