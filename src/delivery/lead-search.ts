import { keyName, type LeadKey } from '../leads/lead-key.ts'
import type { Exchanged } from '../vicidial/exchange.ts'
import type { Delivery } from './delivery.ts'
import type { Flow, Item } from './fair-queue.ts'

/** A key that needs a look-up. */
export type SearchKey = Exclude<LeadKey, { by: 'lead_id' }>

/** The ids of the leads that a key matches, newest first, or the reply because of which that is not known. */
export type Found = readonly number[] | Exchanged<{ readonly kind: string; readonly detail?: string }>

/** VICIdial compares every key with every row it found: more keys in a call cost more than another call. */
export const MAX_KEYS_PER_CALL = 500

const DIGITS = /^[0-9]+$/
/** One number has one such form: no sign but a minus, no needless zero, no more digits than PHP compares. */
const DECIMAL = /^(?=.{1,16}$)-?(?:(?:0|[1-9]\d*)\.\d*[1-9]|[1-9]\d*)$/
const NUMERIC = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A key on its way into a look-up, and the requests that want to know its leads. */
export class LeadSearch implements Item<LeadSearch> {
  readonly key: SearchKey
  readonly flow: Flow<LeadSearch>
  readonly #requests: Delivery[]
  readonly found: Promise<Found>
  readonly settle: (found: Found) => void
  /** A look-up is cheap, and its result may serve a request that comes meanwhile: it is never given up. */
  readonly live = true
  /** The deadline of its call once that is under way: who has more time needs a look-up of their own. */
  sentUntil = Number.POSITIVE_INFINITY
  /** Whether VICIdial may have got it. */
  isSent = false

  constructor(key: SearchKey, request: Delivery, flow: Flow<LeadSearch>) {
    const { promise, resolve } = Promise.withResolvers<Found>()
    this.key = key
    this.flow = flow
    this.#requests = [request]
    this.found = promise
    this.settle = resolve
  }

  /** Serves one more request. */
  join(request: Delivery): void {
    this.#requests.push(request)
  }

  /** Adds the requests that it serves. */
  addRequests(requests: Set<Delivery>): void {
    for (const request of this.#requests) requests.add(request)
  }
}

/**
 * Keys of one group may share a look-up. No two keys that are equal as numbers may: VICIdial counts by PHP's loose
 * comparison, where `0123` is `123` and `1e3` is `1000`, and would give each the other's leads. Strings of digits
 * are never equal if neither begins with 0, or if they have the same length; nor are decimals in their shortest form.
 */
export function searchGroup({ by, value }: SearchKey): string {
  if (DIGITS.test(value)) return value.startsWith('0') ? `${by} digits ${value.length}` : `${by} integers`
  if (DECIMAL.test(value)) return `${by} decimals`
  return NUMERIC.test(value) ? `${by} number ${value}` : `${by} text`
}

/** The look-ups of `keys`, each key once, as few calls as possible. */
export function planLookUps(keys: readonly SearchKey[]): { by: SearchKey['by']; values: string[] }[] {
  const distinct = new Map(keys.map((key) => [keyName(key), key]))
  return [...Map.groupBy(distinct.values(), searchGroup).values()].flatMap((group) => {
    const calls: { by: SearchKey['by']; values: string[] }[] = []
    for (let start = 0; start < group.length; start += MAX_KEYS_PER_CALL) {
      const part = group.slice(start, start + MAX_KEYS_PER_CALL)
      const [first] = part
      if (first) calls.push({ by: first.by, values: part.map(({ value }) => value) })
    }
    return calls
  })
}
