import { isYes } from './fields.ts'
import { ADD_LEAD_OPTIONS } from './unsupported.ts'

/**
 * Options of `update_lead` and `batch_update_lead` that are off without them, and those of `add_lead` that these functions
 * don't read. Clients send them with every call. Source: non_agent_api.php, builds 210917-1615 to 250720-1841.
 */
const OFF: ReadonlySet<string> = new Set([
  ...['archived_lead', 'no_update', 'insert_if_not_found', 'update_phone_number', 'delete_lead'],
  ...['delete_cf_data', 'callback', 'add_to_hopper', 'remove_from_hopper', 'hopper_local_call_time_check'],
  ...ADD_LEAD_OPTIONS
])
/** Other parameters at the value that VICIdial takes without them: they change nothing. */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['DB', '0'],
  ['search_location', 'SYSTEM'],
  ['callback_status', 'CALLBK'],
  ['callback_type', 'ANYONE'],
  ['hopper_priority', '0']
])

/** Parameters that VICIdial reads only if another one is on. */
const DETAILS: ReadonlyMap<string, readonly string[]> = new Map([
  ['insert_if_not_found', ['multi_alt_phones', 'tz_method']],
  ['add_to_hopper', ['hopper_priority', 'hopper_local_call_time_check']],
  [
    'callback',
    [
      ...['callback_status', 'callback_datetime', 'callback_type', 'callback_user', 'callback_comments'],
      'campaign_id'
    ]
  ]
])

/** Parameters without those that change nothing: defaults, and the details of what the call itself switches off. */
export function withoutDefaults(members: ReadonlyMap<string, unknown>): Map<string, unknown> {
  const isDefault = (name: string) => {
    const value = members.get(name)
    return OFF.has(name) ? isYes(value) === false : DEFAULTS.get(name) === textOf(value)
  }
  const rest = new Map([...members].filter(([name]) => !isDefault(name)))
  for (const [name, details] of DETAILS) {
    if (!members.has(name) || !isDefault(name)) continue
    for (const detail of details) rest.delete(detail)
  }
  return rest
}

/** A JSON body may have numbers. */
function textOf(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value
}
