import { alternate, median, medianRatio, timed } from './measure.ts'
import type { Results } from './table.ts'
import { changeSet, Direct, type Target, Through } from './target.ts'

const ROUNDS = 5
const SETS = 20
/** Leads of a round that VICIdial does not have yet. */
const MISSING = 500
const KEYS_PER_LOOK_UP = 500
const CONCURRENCY = 2
const ADD = { list_id: '101', phone_code: '1' }

interface Upsert {
  readonly code: string
  /** Undefined if VICIdial does not have the lead. */
  readonly lead: number | undefined
  readonly set: number
}

/**
 * One batch of upserts, of which some leads are missing, against the same calls by hand: look-ups of 500 codes, a
 * `batch_update_lead` for each change set, and an `update_lead` that adds for each missing lead.
 */
export async function upserts(target: Target, origin: string): Promise<Results['upserts']> {
  const through = new Through(origin, 1)
  const direct = new Direct(target, CONCURRENCY)
  let round = 0
  const { a, b } = await alternate(
    ROUNDS,
    () => {
      const body = JSON.stringify({
        updates: upsertsOf(target, round++).map(({ code, set }, n) => ({
          vendor_lead_code: code,
          fields: changeSet(set),
          add: { phone_number: phoneOf(n) }
        })),
        on_missing: 'add',
        add: ADD
      })
      return timed(() => through.batch(body))
    },
    () => {
      const all = upsertsOf(target, round++)
      return timed(() => byHand(direct, all))
    }
  )
  await Promise.all([through.close(), direct.close()])
  return {
    leads: target.leads,
    missing: MISSING,
    gatewayMs: median(a),
    idealMs: median(b),
    ratio: medianRatio(a, b)
  }
}

function upsertsOf({ leads, firstLead }: Target, round: number): Upsert[] {
  const every = Math.floor(leads / MISSING)
  return Array.from({ length: leads }, (_, n) => {
    const set = (n + Math.floor(n / every) + round) % SETS
    const isMissing = n % every === every - 1
    return isMissing
      ? { code: `NEW-${round}-${n}`, lead: undefined, set }
      : { code: `CRM-${firstLead + n}`, lead: firstLead + n, set }
  })
}

function phoneOf(n: number): string {
  return String(3_125_550_000 + n)
}

/** The look-ups, and then everything else: what is to be changed and added is only known after them. */
async function byHand(direct: Direct, all: readonly Upsert[]): Promise<void> {
  const codes = all.map(({ code }) => code)
  const searches = Array.from({ length: Math.ceil(codes.length / KEYS_PER_LOOK_UP) }, (_, n) =>
    direct.search(codes.slice(n * KEYS_PER_LOOK_UP, (n + 1) * KEYS_PER_LOOK_UP))
  )
  await Promise.all(searches)
  const updates = Array.from({ length: SETS }, (_, set) => {
    const leads = all.filter((one) => one.set === set && one.lead !== undefined).map(({ lead }) => lead)
    return direct.call({ function: 'batch_update_lead', lead_ids: leads.join(','), ...changeSet(set) })
  })
  const additions = all.flatMap(({ code, lead, set }, n) => {
    if (lead !== undefined) return []
    const key = { search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: code, phone_number: phoneOf(n) }
    return [
      direct.call({ function: 'update_lead', ...key, ...ADD, ...changeSet(set), insert_if_not_found: 'Y' })
    ]
  })
  await Promise.all([...updates, ...additions])
}
