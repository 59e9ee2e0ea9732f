import { type ListedCustomFields, readListedCustomFields } from '../../vicidial/reply/listed-custom-fields.ts'
import type { ReplyKind } from '../../vicidial/reply/reply-kind.ts'
import { listCustomFieldsParams } from '../../vicidial/wire.ts'
import type { AccountCalls } from './account-calls.ts'

/** VICIdial did not list the fields. */
export interface NotListed {
  readonly kind: ReplyKind
  /** Why, and what to do, in sentences. */
  readonly why: string
}

const LOGIN = 'VICIdial refused the login of the account.'
const REFUSALS: Partial<Readonly<Record<ReplyKind, string>>> = {
  login_incorrect: LOGIN,
  locked_out: LOGIN,
  ip_blocked: "VICIdial's IP list forbids this machine's address.",
  function_not_allowed: "Select list_custom_fields in API Allowed Functions of the user's page in VICIdial.",
  no_permission: "In the user's page in VICIdial, set Modify Lists to 1; the user's level must be 8 or more.",
  function_unknown: 'This VICIdial does not know list_custom_fields.',
  list_not_found: 'VICIdial has no such list.',
  list_not_allowed: "The list does not belong to a campaign that the user's group allows.",
  custom_fields_disabled: "Custom fields are switched off in VICIdial's system settings."
}
const OTHERWISE = 'VICIdial answered with something other than lists of custom fields.'

/**
 * Asks VICIdial for the custom fields of a list, or of all lists.
 * @param list an id, or `all`
 */
export async function listCustomFields(
  calls: AccountCalls,
  list: string
): Promise<readonly ListedCustomFields[] | NotListed> {
  const { kind, text, isUnheard, why = OTHERWISE } = await calls.ask(listCustomFieldsParams(list))
  if (isUnheard) return { kind, why }
  const lists = kind === 'other' ? readListedCustomFields(text) : []
  return lists.length > 0 ? lists : { kind, why: REFUSALS[kind] ?? OTHERWISE }
}
