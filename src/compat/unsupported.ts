/** Checks of VICIdial's `add_lead` that `update_lead`, by which the gateway adds leads, does not make. */
export const ADD_LEAD_OPTIONS = [
  ...['dnc_check', 'campaign_dnc_check', 'duplicate_check', 'lookup_state'],
  ...['usacan_prefix_check', 'usacan_areacode_check', 'nanpa_ac_prefix_check']
]

/** What the gateway does not do, and the parameters of VICIdial that ask for it or belong to it. */
const UNSUPPORTED: readonly (readonly [what: string, parameters: readonly string[]])[] = [
  ['looks for leads in every list', ['search_location']],
  ['finds no archived leads', ['archived_lead']],
  ['only looks for leads with update_lead', ['no_update']],
  ['adds leads by update_lead and add_lead only', ['insert_if_not_found']],
  ['adds no alternate phone numbers', ['multi_alt_phones']],
  ['leaves the time zone of a new lead to VICIdial', ['tz_method']],
  ['deletes nothing', ['delete_lead', 'delete_cf_data']],
  ["changes no lead's entry list", ['entry_list_id', 'force_entry_list_id']],
  [
    'changes no callbacks',
    [
      ...['callback', 'callback_status', 'callback_datetime', 'callback_type', 'callback_user'],
      ...['callback_comments', 'campaign_id']
    ]
  ],
  [
    'does not change the hopper',
    ['add_to_hopper', 'remove_from_hopper', 'hopper_priority', 'hopper_local_call_time_check']
  ],
  ['checks no leads that are added', ADD_LEAD_OPTIONS],
  ['shows none of its queries', ['DB']]
]
const BY_PARAMETER: ReadonlyMap<string, string> = new Map(
  UNSUPPORTED.flatMap(([what, parameters]) => parameters.map((name): [string, string] => [name, what]))
)

/** Why the gateway refuses a parameter of VICIdial; undefined for any other name. */
export function whyUnsupported(parameter: string): string | undefined {
  const what = BY_PARAMETER.get(parameter)
  return what === undefined ? undefined : `The gateway ${what}: leave ${parameter} out, or at its default.`
}
