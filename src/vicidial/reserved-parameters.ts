import { FIELDS } from '../leads/fields.ts'

/** Parameters that every function takes. */
const CALL = ['source', 'user', 'pass', 'function', 'format', 'DB', 'header']
/** Parameters that say which leads are meant. */
const LEADS = [
  ...['lead_id', 'lead_ids', 'leads_data', 'records', 'stage', 'archived_lead', 'called_since_last_reset'],
  ...['search_method', 'search_location', 'phone_search', 'duplicate_check'],
  ...['list_id', 'entry_list_id', 'force_entry_list_id', 'list_exists_check']
]
/** Parameters that say what is done with a lead. */
const ACTIONS = [
  ...['update_phone_number', 'reset_lead', 'no_update', 'insert_if_not_found', 'custom_fields'],
  ...['delete_lead', 'delete_cf_data', 'add_to_hopper', 'remove_from_hopper', 'hopper_priority'],
  ...['campaign_id', 'hopper_local_call_time_check', 'local_call_time', 'tz_method'],
  ...['callback', 'callback_status', 'callback_datetime', 'callback_type', 'callback_user'],
  ...['callback_comments', 'modify_date', 'entry_date', 'last_local_call_time'],
  ...['usacan_areacode_check', 'usacan_prefix_check', 'nanpa_ac_prefix_check', 'lookup_state'],
  ...['dnc_check', 'campaign_dnc_check', 'multi_alt_phones']
]

/**
 * Parameters that no custom field may be named after. VICIdial takes custom fields as parameters of their own name,
 * so one called `delete_lead` would delete leads.
 */
export const RESERVED_PARAMETERS: ReadonlySet<string> = new Set([
  ...FIELDS.flatMap(({ name, parameter }) => [name, parameter]),
  ...CALL,
  ...LEADS,
  ...ACTIONS
])
