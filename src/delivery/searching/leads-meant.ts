import type { LeadKey } from '../../leads/lead-key.ts'
import type { Update } from '../../leads/update.ts'
import { ambiguous, codeUnread, leadExists, notFound, tooManyCodes } from '../outcome.ts'
import type { Found } from './lead-search.ts'
import { MAX_CODES_READ } from './search-queue.ts'

const NO_LEAD = 'No lead has this key.'
const SPELT_OTHERWISE = 'No lead has exactly this key. VICIdial finds one with another spelling.'

type Codes = Extract<Found, { kind: 'leads' }>['codes']

/** The leads that an update changes, of those that its key matches; or the outcome of an update that changes none. */
export function leadsMeant(
  { key, onMultiple, newest: most = 1, keyMatch, mustBeNew }: Update,
  found: Found
): Found {
  if (found.kind === 'outcome') return found
  const { codes, refusal, isUnsent, isProvisional } = found
  let { leads } = found
  if (keyMatch === 'exact' && codes !== undefined) {
    if (leads.length > MAX_CODES_READ) return { kind: 'outcome', outcome: tooManyCodes(leads) }
    if (leads.some((lead) => !codes.has(lead))) {
      const outcome = codeUnread(refusal)
      return { kind: 'outcome', outcome: isUnsent ? { ...outcome, isUnsent } : outcome }
    }
    leads = leads.filter((lead) => codes.get(lead) === key.value)
  }
  if (leads.length > 0 && mustBeNew) return { kind: 'outcome', outcome: leadExists(leads) }
  const [newest] = leads
  if (newest === undefined) {
    const outcome = notFound(codes ? SPELT_OTHERWISE : NO_LEAD)
    return { kind: 'outcome', outcome: isProvisional ? { ...outcome, isProvisional } : outcome }
  }
  if (leads.length > 1 && onMultiple === 'reject') return { kind: 'outcome', outcome: ambiguous(leads) }
  return { ...found, leads: onMultiple === 'newest' ? leads.slice(0, most) : leads }
}

/** The code of the leads, if it is not the key; null if one could not be read; undefined if they have the key itself. */
export function codeMatched(key: LeadKey, leads: readonly number[], codes: Codes): string | null | undefined {
  if (codes === undefined) return undefined
  const found = leads.map((lead) => codes.get(lead) ?? null)
  return (
    found.find((code) => code !== null && code !== key.value) ?? (found.includes(null) ? null : undefined)
  )
}
