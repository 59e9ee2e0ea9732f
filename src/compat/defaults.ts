/**
 * Parameters of `update_lead` and `batch_update_lead` at the value that VICIdial takes without them: they change nothing.
 * Clients send them with every call. Source: non_agent_api.php, builds 210917-1615 to 250720-1841.
 */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['DB', '0'],
  ['search_location', 'SYSTEM'],
  ['archived_lead', 'N'],
  ['no_update', 'N'],
  ['insert_if_not_found', 'N'],
  ['update_phone_number', 'N'],
  ['delete_lead', 'N'],
  ['delete_cf_data', 'N'],
  ['callback', 'N'],
  ['callback_status', 'CALLBK'],
  ['callback_type', 'ANYONE'],
  ['add_to_hopper', 'N'],
  ['remove_from_hopper', 'N'],
  ['hopper_priority', '0'],
  ['hopper_local_call_time_check', 'N']
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
  const isDefault = (name: string) => DEFAULTS.get(name) === textOf(members.get(name))
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
