import type { LeadKey } from '../leads/lead-key.ts'
import type { CallContext, Exchange, Exchanged } from '../vicidial/exchange.ts'

/** A key that needs a look-up. */
export type SearchKey = Exclude<LeadKey, { by: 'lead_id' }>

/** The ids of the leads that a key matches, newest first, or the reply because of which that is not known. */
export type Found = readonly number[] | Exchanged<{ readonly kind: string; readonly detail?: string }>

/** VICIdial compares every key with every row it found: more keys in a call cost more than another call. */
const MAX_KEYS_PER_CALL = 500
const NUMERIC = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** One look-up call: keys of one kind. */
export interface LookUpCall {
  readonly by: SearchKey['by']
  readonly values: readonly string[]
}

/** Groups `keys`, each once, into as few look-up calls as possible. */
export function planLookUps(keys: readonly SearchKey[]): LookUpCall[] {
  return (['vendor_lead_code', 'phone_number'] as const).flatMap((by) => {
    const values = new Set(keys.filter((key) => key.by === by).map((key) => key.value))
    return chunks(values).map((chunk) => ({ by, values: chunk }))
  })
}

/** Looks up all `keys`. Returns what was found by `keyName`; never throws. */
export async function lookUp(
  keys: readonly SearchKey[],
  exchange: Exchange,
  context: CallContext
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>()
  await Promise.all(planLookUps(keys).map((call) => search(call, exchange, context, found)))
  return found
}

/** The name under which a key's leads are found. */
export function keyName(key: LeadKey): string {
  return `${key.by}:${key.value}`
}

async function search(
  { by, values }: LookUpCall,
  exchange: Exchange,
  context: CallContext,
  found: Map<string, Found>
): Promise<void> {
  const exchanged = await exchange.search(by, values, context)
  const { reply } = exchanged
  if (reply.kind === 'limit_reached' && values.length > 1) {
    const half = Math.ceil(values.length / 2)
    const halves = [values.slice(0, half), values.slice(half)]
    await Promise.all(halves.map((part) => search({ by, values: part }, exchange, context, found)))
    return
  }
  for (const value of values) {
    const known = reply.kind === 'found' || reply.kind === 'limit_reached'
    // A look-up changes nothing, so whatever became of it, the update was not made.
    found.set(keyName({ by, value }), known ? (reply.leads.get(value) ?? []) : { reply, maybeMade: false })
  }
}

/**
 * Cuts keys into calls so that no two of a call are equal as numbers: VICIdial counts by PHP's loose comparison,
 * where `0123` is `123` and `1e3` is `1000`, and would give each the other's leads.
 */
function chunks(values: ReadonlySet<string>): string[][] {
  const layers: string[][] = []
  const seen = new Map<number, number>()
  for (const value of values) {
    const number = NUMERIC.test(value) ? Number(value) : Number.NaN
    const layer = Number.isNaN(number) ? 0 : (seen.get(number) ?? 0)
    if (!Number.isNaN(number)) seen.set(number, layer + 1)
    layers[layer] ??= []
    layers[layer].push(value)
  }
  return layers.flatMap((layer) => {
    const cut: string[][] = []
    for (let start = 0; start < layer.length; start += MAX_KEYS_PER_CALL) {
      cut.push(layer.slice(start, start + MAX_KEYS_PER_CALL))
    }
    return cut
  })
}
