import type { Update } from './update.ts'

/** What is allowed: these names, or whatever there is. */
export type Allowed = '*' | ReadonlySet<string>

/** What an update may ask for. */
export interface Rights {
  /** Columns of the lead table, and `reset_called`. */
  readonly fields: Allowed
  /** Values of `status`. */
  readonly statuses: Allowed
  /** Labels of custom fields, of those that the operator has listed. */
  readonly customFields: Allowed
  /** Ids of lists that leads may be moved to. */
  readonly lists: Allowed
  /** Keys by which leads may be looked up: `vendor_lead_code`, `phone_number`. */
  readonly lookUps: Allowed
}

/** Everything. */
export const ALL_RIGHTS: Rights = { fields: '*', statuses: '*', customFields: '*', lists: '*', lookUps: '*' }

export function allows(allowed: Allowed, name: string): boolean {
  return allowed === '*' || allowed.has(name)
}

const CUSTOM = 'custom_fields.'

/**
 * The first right that an update needs and that is not among `rights`, as `"DNC" (permissions.statuses)`; undefined if
 * none is missing.
 */
export function missingRight(
  rights: Rights,
  { key, changes }: Pick<Update, 'key' | 'changes'>
): string | undefined {
  const { stored, params } = changes
  const { status, list_id: list } = stored
  const names = Object.keys(stored)
  const needed: [allowed: Allowed, name: string | undefined, permission: string][] = [
    [rights.lookUps, key.by === 'lead_id' ? undefined : key.by, 'look_ups'],
    ...names.map((name): [Allowed, string, string] =>
      name.startsWith(CUSTOM)
        ? [rights.customFields, name.slice(CUSTOM.length), 'custom_fields']
        : [rights.fields, name, 'fields']
    ),
    [rights.fields, params['reset_lead'] === undefined ? undefined : 'reset_called', 'fields'],
    [rights.statuses, status, 'statuses'],
    [rights.lists, list, 'lists']
  ]
  const missing = needed.find(([allowed, name]) => name !== undefined && !allows(allowed, name))
  return missing && `"${missing[1]}" (permissions.${missing[2]})`
}
