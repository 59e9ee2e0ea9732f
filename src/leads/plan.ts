import type { Changes } from './changes.ts'

/** One lead and what is to be changed of it. `lead` is its id or, in a plan without look-ups, its key in words. */
export interface LeadChanges<Lead = number> {
  readonly lead: Lead
  readonly changes: Changes
}

/** One call to VICIdial: each of its leads stands in it once. */
export interface Call<Lead = number> {
  readonly function: Changes['function']
  readonly rows: LeadChanges<Lead>[]
  /** Calls with the same wave may run at once; every call of an earlier wave comes first. */
  readonly wave: number
}

/** A plan: the calls in order, and for each entry the call that carries it. */
export interface Plan<Lead = number> {
  readonly calls: readonly Call<Lead>[]
  readonly callOf: readonly Call<Lead>[]
}

export interface PlanRules {
  readonly maxLeadsPerCall: number
  /** `leads_data` carries each lead with its own values, so that different changes can share a call. */
  readonly dialect: 'lead_ids' | 'leads_data'
}

/**
 * Groups entries into calls: the same changes share a call, cut to `maxLeadsPerCall` leads. A lead that stands
 * again takes effect in the order given: its next, different changes go into a later wave. Linear in the entries.
 */
export function planCalls<Lead>(entries: readonly LeadChanges<Lead>[], rules: PlanRules): Plan<Lead> {
  const open = new Map<string, Call<Lead>>()
  const latest = new Map<Lead, { call: Call<Lead>; key: string }>()
  const calls: Call<Lead>[] = []
  const callOf = entries.map((entry) => {
    const { lead, changes } = entry
    const previous = latest.get(lead)
    if (previous?.key === changes.key) return previous.call
    const wave = previous ? previous.call.wave + 1 : 0
    const grouping = rules.dialect === 'leads_data' ? changes.function : changes.key
    const group = `${wave} ${grouping}`
    let call = open.get(group)
    const size = changes.function === 'update_lead' ? 1 : rules.maxLeadsPerCall
    if (call === undefined || call.rows.length >= size) {
      call = { function: changes.function, rows: [], wave }
      open.set(group, call)
      calls.push(call)
    }
    call.rows.push(entry)
    latest.set(lead, { call, key: changes.key })
    return call
  })
  return { calls: calls.sort((a, b) => a.wave - b.wave), callOf }
}
