import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { SearchReply } from '../../vicidial/reply/reply.ts'
import type { Found, LeadSearch } from '../searching/lead-search.ts'
import { type FailedExchange, notDone } from '../outcome.ts'

/** Sends a look-up of keys of one kind, and returns its reply. */
export type SendSearch = (keys: readonly string[]) => ReturnType<Exchange['search']>

/** What settles a search that found leads; it may read their codes. */
export type SettleFound = (search: LeadSearch, leads: readonly number[]) => void

/**
 * Makes sure that VICIdial has no lead with the keys, in any spelling. A look-up names only leads whose code is spelt like
 * the key, but finds those that the database takes for the same, as `CRM-1` for `crm-1`: an addition would change such a
 * lead. Only if it finds none of them does VICIdial say that there are no matches. Otherwise the keys are looked up in
 * halves, until each one that it finds in another spelling is alone.
 */
export async function confirmAbsence(
  searches: readonly LeadSearch[],
  send: SendSearch,
  settleFound: SettleFound
): Promise<void> {
  const exchanged = await send(searches.map(({ key }) => key.value))
  const { reply, isProvisional } = exchanged
  if (reply.kind === 'not_found') {
    const absent: Found = { kind: 'leads', leads: [], ...(isProvisional ? { isProvisional } : {}) }
    for (const search of searches) search.settle(absent)
    return
  }
  if (reply.kind !== 'found' && reply.kind !== 'limit_reached') {
    const outcome = notDone({ ...failed(exchanged), maybeMade: false })
    for (const search of searches) search.settle({ kind: 'outcome', outcome })
    return
  }
  const others: LeadSearch[] = []
  for (const search of searches) {
    const leads = reply.leads.get(search.key.value) ?? []
    if (leads.length > 0) settleFound(search, leads)
    else others.push(search)
  }
  const [first] = others
  if (first === undefined) return
  if (searches.length === 1) {
    first.settle({ kind: 'leads', leads: [], isSpeltOtherwise: true })
    return
  }
  // If others explain the rows that VICIdial found, the rest may be absent together.
  const middle = others.length < searches.length ? others.length : Math.ceil(others.length / 2)
  for (const part of [others.slice(0, middle), others.slice(middle)])
    if (part.length > 0) await confirmAbsence(part, send, settleFound)
}

function failed(exchanged: Exchanged<SearchReply>): FailedExchange {
  return exchanged as FailedExchange
}
