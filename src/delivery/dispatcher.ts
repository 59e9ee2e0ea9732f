import { type Call, type LeadChanges, type PlanRules, planCalls } from '../leads/plan.ts'
import type { Update } from '../leads/update.ts'
import type { CallContext, Exchange } from '../vicidial/exchange.ts'
import { type Found, keyName, lookUp, type SearchKey } from './look-up.ts'
import { ambiguous, combine, notDone, notFound, type Outcome } from './outcome.ts'

const NO_LEAD = 'No lead has this key.'
const NO_SUCH_LEAD = "VICIdial knows no lead with this id, or the gateway's account may not touch its list."

/** Updates in, one outcome each out. */
export class Dispatcher {
  readonly #exchange: Exchange
  readonly #rules: PlanRules

  constructor(exchange: Exchange, rules: PlanRules) {
    this.#exchange = exchange
    this.#rules = rules
  }

  /**
   * Delivers updates to VICIdial: looks up their keys, plans the fewest calls, sends them in order per lead.
   * @returns one outcome per update, in the same order; never throws
   */
  async deliver(updates: readonly Update[], context: CallContext): Promise<Outcome[]> {
    const keys = updates.map((update) => update.key).filter((key): key is SearchKey => key.by !== 'lead_id')
    const found = keys.length > 0 ? await lookUp(keys, this.#exchange, context) : new Map<string, Found>()

    const rows: LeadChanges[] = []
    const resolved = updates.map((update) => {
      const target = leadsOf(update, found)
      if ('status' in target) return target
      const first = rows.length
      for (const lead of target) rows.push({ lead, changes: update.changes })
      return { first, end: rows.length }
    })
    const outcomes = await this.#send(rows, context)
    return resolved.map((one) => ('status' in one ? one : combine(outcomes.slice(one.first, one.end))))
  }

  /** Sends rows as planned; gives one outcome per row. Calls of one wave run at once, waves one after the other. */
  async #send(rows: readonly LeadChanges[], context: CallContext): Promise<Outcome[]> {
    const plan = planCalls(rows, this.#rules)
    const outcomes = new Map<Call, ReadonlyMap<number, Outcome>>()
    const uncertain = new Set<number>()
    for (const wave of waves(plan.calls)) {
      await Promise.all(
        wave.map(async (call) => {
          const byLead = await this.#call(call, uncertain, context)
          outcomes.set(call, byLead)
        })
      )
      for (const call of wave) {
        for (const [lead, outcome] of outcomes.get(call) ?? []) {
          if (outcome.status === 'unknown') uncertain.add(lead)
        }
      }
    }
    return rows.map((row, index) => {
      const call = plan.callOf[index]
      const outcome = call && outcomes.get(call)?.get(row.lead)
      if (outcome === undefined) throw new Error(`lead ${row.lead} has no outcome`)
      return withOwnWarnings(outcome, row)
    })
  }

  /** Sends one call. A lead whose earlier update may still be under way is left out: it could be overtaken. */
  async #call(
    call: Call,
    uncertain: ReadonlySet<number>,
    context: CallContext
  ): Promise<Map<number, Outcome>> {
    const outcomes = new Map<number, Outcome>()
    let rows = call.rows.filter(({ lead }) => {
      if (uncertain.has(lead)) outcomes.set(lead, overtaken(lead))
      return !uncertain.has(lead)
    })
    while (rows.length > 0) {
      const exchanged = await this.#exchange.update({ ...call, rows }, context)
      const { reply } = exchanged
      const named = reply.kind === 'not_found' ? rows.filter(({ lead }) => reply.leads.has(lead)) : []
      if (named.length > 0 && named.length < rows.length) {
        // A dialect that names the missing leads has done nothing for the others.
        for (const { lead } of named) outcomes.set(lead, notFound([lead], NO_SUCH_LEAD))
        rows = rows.filter(({ lead }) => !outcomes.has(lead))
        continue
      }
      for (const row of rows) outcomes.set(row.lead, this.#judge(row, exchanged))
      break
    }
    return outcomes
  }

  #judge(row: LeadChanges, exchanged: Awaited<ReturnType<Exchange['update']>>): Outcome {
    const { reply } = exchanged
    const leads = [row.lead]
    if (reply.kind === 'not_found') return notFound(leads, NO_SUCH_LEAD)
    if (reply.kind !== 'updated') return notDone(leads, exchanged)
    if (!reply.leads.has(row.lead)) return notFound(leads, NO_SUCH_LEAD)
    if (row.changes.params['custom_fields'] === undefined || reply.customFields === 'stored') {
      return { status: 'updated', leads, warnings: [] }
    }
    return { status: 'updated', leads, warnings: customFieldsNotStored(row) }
  }
}

/** The leads that an update names, or its outcome if that settles it. */
function leadsOf(update: Update, found: ReadonlyMap<string, Found>): readonly number[] | Outcome {
  if (update.key.by === 'lead_id') return [update.key.value]
  const leads = found.get(keyName(update.key)) ?? []
  if ('reply' in leads) return notDone([], leads)
  const [newest] = leads
  if (newest === undefined) return notFound([], NO_LEAD)
  if (leads.length === 1 || update.onMultiple === 'newest') return [newest]
  return update.onMultiple === 'all' ? leads : ambiguous(leads)
}

function waves(calls: readonly Call[]): Call[][] {
  const grouped: Call[][] = []
  for (const call of calls) {
    grouped[call.wave] ??= []
    grouped[call.wave]?.push(call)
  }
  return grouped
}

function overtaken(lead: number): Outcome {
  const detail = 'Not sent: an earlier update of this lead has no known outcome and could still take effect.'
  return {
    status: 'failed',
    leads: [lead],
    warnings: [],
    error: { code: 'upstream_timeout', detail, retryable: true }
  }
}

function customFieldsNotStored(row: LeadChanges): Outcome['warnings'] {
  return Object.entries(row.changes.stored)
    .filter(([name]) => name.startsWith('custom_fields.'))
    .map(([field, sent]) => ({ field, code: 'custom_fields_not_stored', sent, stored: '' }))
}

function withOwnWarnings(outcome: Outcome, row: LeadChanges): Outcome {
  if (outcome.status !== 'updated' || row.changes.warnings.length === 0) return outcome
  return { ...outcome, warnings: [...row.changes.warnings, ...outcome.warnings] }
}
