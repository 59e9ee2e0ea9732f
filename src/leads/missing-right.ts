import { type Changes, CUSTOM, optionsOf } from './changes.ts'
import type { LeadKey } from './lead-key.ts'
import { type Allowed, allows, type Rights } from './rights.ts'

/** The first right that an update needs and `rights` lacks, as `"DNC" (permissions.statuses)`, or undefined. */
export function missingRight(
  rights: Rights,
  { key, changes }: { readonly key: LeadKey; readonly changes: Changes }
): string | undefined {
  const { stored } = changes
  const { status, list_id: list } = stored
  const needed: [allowed: Allowed, name: string | undefined, permission: string][] = [
    [rights.lookUps, key.by === 'lead_id' ? undefined : key.by, 'look_ups'],
    ...Object.keys(stored).map((name): [Allowed, string, string] =>
      name.startsWith(CUSTOM)
        ? [rights.customFields, name.slice(CUSTOM.length), 'custom_fields']
        : [rights.fields, name, 'fields']
    ),
    [rights.fields, optionsOf(changes).resetCalled ? 'reset_called' : undefined, 'fields'],
    [rights.statuses, status, 'statuses'],
    [rights.lists, list, 'lists']
  ]
  const missing = needed.find(([allowed, name]) => name !== undefined && !allows(allowed, name))
  return missing && `"${missing[1]}" (permissions.${missing[2]})`
}
