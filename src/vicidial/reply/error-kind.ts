/** What an error of VICIdial, or of a fork, says. */
export type ErrorKind =
  | 'login_incorrect'
  | 'locked_out'
  | 'ip_blocked'
  | 'group_missing'
  | 'function_not_allowed'
  | 'no_permission'
  | 'function_unknown'
  | 'invalid_source'
  | 'not_found'
  /** Leads were found, all in lists that the account may not use. */
  | 'no_allowed_leads'
  | 'list_unknown'
  | 'list_not_allowed'
  | 'list_not_found'
  /** A lead is not read, as its list is not defined, or not allowed. */
  | 'list_of_lead_not_found'
  /** Custom fields are switched off in VICIdial's system settings. */
  | 'custom_fields_disabled'
  | 'nothing_asked'
  /** The call lacks the keys to search by, or the field to read. */
  | 'search_invalid'
  | 'leads_data_invalid'

/** Error texts of VICIdial and its forks, by a part that identifies them. The first match counts. */
const ERROR_TEXTS: readonly (readonly [text: string, kind: ErrorKind])[] = [
  ['Login incorrect', 'login_incorrect'],
  ['Too many login attempts', 'locked_out'],
  ['IP Address is not allowed', 'ip_blocked'],
  ['user_group DOES NOT EXIST', 'group_missing'],
  ['auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION', 'function_not_allowed'],
  ['USER DOES NOT HAVE PERMISSION', 'no_permission'],
  ['NO FUNCTION SPECIFIED', 'function_unknown'],
  ['Invalid Source', 'invalid_source'],
  ['NO MATCHES FOUND', 'not_found'],
  ['NO LEADS FOUND', 'not_found'],
  ['LEAD NOT FOUND', 'not_found'],
  ['NOT AN ALLOWED LIST ID, RESULTS', 'no_allowed_leads'],
  ['batch_update_lead NOT AN ALLOWED LIST ID', 'list_not_allowed'],
  // Before build 230308. It can only be the lead's list, as the gateway sends `update_lead` no list to search in.
  ['update_lead NOT AN ALLOWED LIST ID -', 'no_allowed_leads'],
  ['NOT A DEFINED LIST ID', 'list_unknown'],
  ['NOT AN ALLOWED LIST ID', 'list_not_allowed'],
  ['LIST NOT FOUND', 'list_of_lead_not_found'],
  ['LIST DOES NOT EXIST', 'list_not_found'],
  ['CUSTOM LIST FIELDS ARE NOT ENABLED', 'custom_fields_disabled'],
  ['NO LEADS DEFINED', 'nothing_asked'],
  // From the functions about do-not-call numbers, without a number.
  ['YOU MUST USE ALL REQUIRED FIELDS', 'nothing_asked'],
  ['NO VALID SEARCH METHOD', 'search_invalid'],
  ['INVALID SEARCH PARAMETERS', 'search_invalid'],
  // From a fork that reads leads_data.
  ['INVALID JSON FORMAT', 'leads_data_invalid']
]

/**
 * Returns what an error line says; undefined if its text is unknown. Whatever follows the first pipe is echoed from
 * the call, the password too: it could read like any error, so it is ignored.
 */
export function errorKindOf(line: string): ErrorKind | undefined {
  const [message = ''] = line.split('|', 1)
  return ERROR_TEXTS.find(([text]) => message.includes(text))?.[1]
}
