import type { Config } from '../../config/config.ts'
import type { Account } from '../../vicidial/account.ts'
import { Client } from '../../vicidial/client.ts'
import { type ListedCustomFields, readListedCustomFields } from '../../vicidial/reply/listed-custom-fields.ts'
import { readReplyKind, type ReplyKind } from '../../vicidial/reply/reply-kind.ts'
import { formBody, listCustomFieldsParams } from '../../vicidial/wire.ts'

const LOGIN = 'VICIdial refused the login of the account.'
/** Why VICIdial does not tell the fields, and what to do. */
const REFUSALS: Partial<Readonly<Record<ReplyKind, string>>> = {
  login_incorrect: LOGIN,
  locked_out: LOGIN,
  ip_blocked: LOGIN,
  function_not_allowed: "Select list_custom_fields in API Allowed Functions of the user's page in VICIdial.",
  no_permission: "In the user's page in VICIdial, set Modify Lists to 1; the user's level must be 8 or more.",
  function_unknown: 'This VICIdial does not know list_custom_fields.',
  list_not_found: 'VICIdial has no such list.',
  list_not_allowed: "The list is not one of a campaign that the user's group allows.",
  custom_fields_disabled: "Custom fields are switched off in VICIdial's system settings."
}
const NOT_LISTED = 'VICIdial answered with something else than lists of custom fields.'

/**
 * Asks VICIdial for the custom fields of a list, or of all lists.
 * @param list an id, or `all`
 * @returns the lists, or why VICIdial does not tell them
 */
export async function askCustomFields(
  { vicidial: { url, source, timeoutMs } }: Config,
  { user, pass }: Account,
  list: string
): Promise<readonly ListedCustomFields[] | string> {
  const client = new Client({ url, connections: 1 })
  try {
    const reply = await client.post(formBody(listCustomFieldsParams(list), { source, user, pass }), timeoutMs)
    const kind = readReplyKind(reply)
    if ('sent' in reply) return reply.detail
    const lists = kind === 'other' ? readListedCustomFields(reply.text) : []
    return lists.length > 0 ? lists : (REFUSALS[kind] ?? NOT_LISTED)
  } finally {
    await client.close()
  }
}
