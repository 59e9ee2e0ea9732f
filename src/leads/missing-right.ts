import { type Addition, listOf } from './adding/addition.ts'
import { type Changes, CUSTOM } from './changes.ts'
import { optionsOf } from './compose-changes.ts'
import { isDnc } from './actions/dnc.ts'
import { FIELD_BY_NAME } from './fields.ts'
import { ACTION_PERMISSIONS, forbiddenAction } from './actions/lead-actions.ts'
import type { LeadKey } from './lead-key.ts'
import { missingReadRight, readOf } from './reading/lead-read.ts'
import { type Allowed, allows, type Rights } from './rights.ts'

/** What an update asks for. */
interface Asked {
  readonly key: LeadKey
  readonly changes: Changes
  readonly addition?: Addition
}

type Needed = [allowed: Allowed, name: string | undefined, permission: string]

/** Parameters of an addition that need no right of their own. */
const IMPLIED: ReadonlySet<string> = new Set(['list_id', 'phone_code', 'phone_number', 'custom_fields'])

/** The first right that an update needs and `rights` lacks, as `"DNC" (permissions.statuses)`, or undefined. */
export function missingRight(rights: Rights, { key, changes, addition }: Asked): string | undefined {
  if (isDnc(changes)) return allows(rights.actions, 'dnc') ? undefined : '"dnc" (permissions.routes)'
  const { stored } = changes
  const { status, list_id: list } = stored
  const needed: Needed[] = [
    [rights.lookUps, key.by === 'lead_id' ? undefined : key.by, 'look_ups'],
    ...Object.keys(stored).map((name): Needed =>
      name.startsWith(CUSTOM)
        ? [rights.customFields, name.slice(CUSTOM.length), 'custom_fields']
        : [rights.fields, name, 'fields']
    ),
    [rights.fields, optionsOf(changes).resetCalled ? 'reset_called' : undefined, 'fields'],
    [rights.statuses, status, 'statuses'],
    [rights.lists, list, 'lists'],
    [rights.statuses, statusOfCallback(changes), 'statuses'],
    ...(addition ? neededToAdd(rights, key, addition) : [])
  ]
  const missing = needed.find(([allowed, name]) => name !== undefined && !allows(allowed, name))
  if (missing !== undefined) return `"${missing[1]}" (permissions.${missing[2]})`
  const action = changes.actions && forbiddenAction(changes.actions, rights)
  if (action !== undefined) return `"${ACTION_PERMISSIONS[action]}" (permissions.routes)`
  const read = readOf(changes)
  return read && missingReadRight(rights, read)
}

function statusOfCallback({ actions }: Changes): string | undefined {
  const { callback } = actions ?? {}
  return callback === undefined || callback === 'remove' ? undefined : callback.status
}

function neededToAdd(rights: Rights, key: LeadKey, addition: Addition): Needed[] {
  const { params } = addition
  const own = Object.keys(params).filter((name) => name !== key.by && !IMPLIED.has(name))
  return [
    [rights.addLists, listOf(addition), 'add_lists'],
    [rights.statuses, params['status'], 'statuses'],
    ...own.map((name): Needed =>
      FIELD_BY_NAME.has(name) ? [rights.fields, name, 'fields'] : [rights.customFields, name, 'custom_fields']
    )
  ]
}
