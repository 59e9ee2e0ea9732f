import { test } from 'tap'
import { errorKindOf } from '../../../src/vicidial/reply/error-kind.ts'

test('each known error text has its kind, wherever it is in the line', (t) => {
  const cases = [
    ['Login incorrect, please try again: ', 'login_incorrect'],
    ['Too many login attempts, try again in 15 minutes: ', 'locked_out'],
    ['Your IP Address is not allowed to use this function: ', 'ip_blocked'],
    ['user_group DOES NOT EXIST: ', 'group_missing'],
    ['auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: ', 'function_not_allowed'],
    ['batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS: ', 'no_permission'],
    ['NO FUNCTION SPECIFIED', 'function_unknown'],
    ['Invalid Source: ', 'invalid_source'],
    ['batch_update_lead NO MATCHES FOUND IN THE SYSTEM: ', 'not_found'],
    ['batch_update_lead NO LEADS FOUND: ', 'not_found'],
    ['update_lead LEAD NOT FOUND: ', 'not_found'],
    ['lead_search NOT AN ALLOWED LIST ID, RESULTS FOUND: ', 'no_allowed_leads'],
    ['update_lead NOT A DEFINED LIST ID: ', 'list_unknown'],
    ['batch_update_lead NOT AN ALLOWED LIST ID - 6666', 'list_not_allowed'],
    ['lead_search NOT AN ALLOWED LIST ID - 2125550001', 'list_not_allowed'],
    ['list_custom_fields NOT AN ALLOWED LIST ID - 102', 'list_not_allowed'],
    // Before build 230308.
    ['update_lead NOT AN ALLOWED LIST ID - 102', 'no_allowed_leads'],
    ['lead_field_info LIST NOT FOUND: ', 'list_of_lead_not_found'],
    ['list_info LIST DOES NOT EXIST: ', 'list_not_found'],
    ['CUSTOM LIST FIELDS ARE NOT ENABLED ON THIS SYSTEM: ', 'custom_fields_disabled'],
    ['batch_update_lead NO LEADS DEFINED: ', 'nothing_asked'],
    ['add_dnc_phone YOU MUST USE ALL REQUIRED FIELDS: ', 'nothing_asked'],
    ['lead_search NO VALID SEARCH METHOD: ', 'search_invalid'],
    ['lead_search INVALID SEARCH PARAMETERS: ', 'search_invalid'],
    ['batch_update_lead INVALID JSON FORMAT', 'leads_data_invalid']
  ] as const
  for (const [message, kind] of cases) t.equal(errorKindOf(`${message}|6666|Login incorrect`), kind, message)
  t.end()
})

test('an unknown text has no kind, even if text echoed after a pipe reads like an error', (t) => {
  t.equal(errorKindOf('batch_update_lead SOMETHING NEW: |6666|NO MATCHES FOUND|'), undefined)
  t.equal(errorKindOf('|Login incorrect'), undefined)
  t.equal(errorKindOf(''), undefined)
  t.end()
})
