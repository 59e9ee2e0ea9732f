import type { AccountCalls } from '../account/account-calls.ts'
import type { ReplyKind } from '../../vicidial/reply/reply-kind.ts'
import { listSearchParams } from '../../vicidial/wire.ts'
import type { Finding } from './step.ts'

const NOT_ALLOWED: ReadonlySet<ReplyKind> = new Set([
  'list_not_allowed',
  'list_not_found',
  'no_allowed_leads'
])
/** An id that no list has. An unrestricted account may use it all the same. */
const NO_LIST = '999999999'
/** A number that no lead has. The column has an index, so the search is cheap. */
const NO_NUMBER = '000000'

/**
 * Checks whether VICIdial restricts the account to some lists, and whether these include the lists that callers may
 * move or add leads to.
 * @param named the ids of the callers' lists
 */
export async function checkLists(calls: AccountCalls, named: readonly string[]): Promise<Finding> {
  const restricts = async (list: string) => {
    const { kind } = await calls.ask(listSearchParams(NO_NUMBER, list))
    if (NOT_ALLOWED.has(kind)) return true
    return kind === 'not_found' || kind === 'other' ? false : undefined
  }
  const isRestricted = await restricts(NO_LIST)
  if (isRestricted === undefined) {
    return {
      status: 'skipped',
      detail: 'Whether the account is restricted to some lists could not be determined.'
    }
  }
  if (!isRestricted) return { status: 'ok', detail: 'The account is not restricted to some lists.' }
  const forbidden: string[] = []
  for (const list of named) if ((await restricts(list)) === true) forbidden.push(list)
  if (forbidden.length > 0) {
    return {
      status: 'fault',
      detail: `The account is restricted to some lists. Callers may move or add leads to these lists, which are not among them: ${forbidden.join(', ')}.`,
      remedy:
        "Allow the campaigns of these lists in the account's user group (User Groups → Allowed Campaigns), or remove the lists from permissions.lists and add_lists in the gateway file."
    }
  }
  const may =
    named.length > 0
      ? ` They include the lists that callers may move or add leads to: ${named.join(', ')}.`
      : ''
  return {
    status: 'warning',
    detail: `The account is restricted to the lists of the campaigns that its user group allows.${may} VICIdial silently skips leads of other lists: the gateway reports them as not_found.`,
    remedy:
      "If this is not intended, set API List Restrict to 0 on the user's page, or allow more campaigns in its user group."
  }
}
