import { charsetOf } from '../../leads/cleaning/column-text.ts'
import { type LeadKey, NUMERIC } from '../../leads/lead-key.ts'
import { steadyNow } from '../../steady-clock.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import type { Delivery } from '../delivery.ts'
import type { Flow, Item } from '../fair-queue.ts'
import type { Outcome } from '../outcome.ts'

/** A key whose leads have to be searched for. */
export type SearchKey = Exclude<LeadKey, { by: 'lead_id' }>

/** A key to search for, and whether an update takes no lead whose code is spelt otherwise. */
export interface WantedSearch {
  readonly key: SearchKey
  readonly isExact: boolean
}

/** What a search found for a key: the ids of its leads, newest first, or the outcome of its updates if it failed. */
export type Found =
  | {
      readonly kind: 'leads'
      readonly leads: readonly number[]
      /** The codes of the leads, if they may be spelt otherwise than the key; a code that could not be read is left out. */
      readonly codes?: ReadonlyMap<number, string>
      /** Why the first code that is left out could not be read. */
      readonly refusal?: Refused
      /** The code was not read, because no call could be made. */
      readonly isUnsent?: true
      /** Could not be checked; see `Exchanged`. */
      readonly isProvisional?: true
      /** `KeyLines.version` of a look-up after which no lead has the key in any spelling; absent: one may have. */
      readonly absentAsOf?: number
      /** No lead has the key as it is spelt, but one has a code that the database takes for the same. */
      readonly isSpeltOtherwise?: boolean
    }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }

const DIGITS = /^[0-9]+$/
/** A decimal in its shortest form: no sign but a minus, no needless zero, no more digits than PHP compares. */
const DECIMAL = /^(?=.{1,16}$)-?(?:(?:0|[1-9]\d*)\.\d*[1-9]|[1-9]\d*)$/

/**
 * Keys with the same batch key may share a call; keys that are equal as numbers never have the same. VICIdial counts by
 * PHP's loose comparison, where `0123` is `123` and `1e3` is `1000`, and would give each the other's leads. Strings of
 * digits are never equal if neither begins with 0, or if they have the same length; nor are decimals in their shortest
 * form. Other keys share a call only with keys of the same character set: latin1 tables cannot hold every key, and one that
 * they cannot hold breaks the whole look-up. On PHP 7 that reads as a look-up that finds nothing.
 */
export function searchBatchKey({ by, value }: SearchKey): string {
  if (DIGITS.test(value)) return value.startsWith('0') ? `${by} digits ${value.length}` : `${by} integers`
  if (DECIMAL.test(value)) return `${by} decimals`
  return NUMERIC.test(value) ? `${by} number ${value}` : `${by} ${charsetOf(value)}`
}

/** The search for one key, and the requests that it serves. */
export class LeadSearch implements Item<LeadSearch> {
  readonly key: SearchKey
  /** Whether the codes of the leads found are read. */
  readonly readsCodes: boolean
  /** Whether it confirms that no lead has the key, see `confirmAbsence`. */
  readonly isConfirming: boolean
  readonly flow: Flow<LeadSearch>
  readonly found: Promise<Found>
  readonly settle: (found: Found) => void
  /** A search is cheap and may serve a later request, so it is never given up. */
  readonly isWanted = true
  /** The deadline of its call; infinite while it waits. A request with much more time gets a search of its own. */
  deadline = Number.POSITIVE_INFINITY
  /** Whether VICIdial may have received it. */
  isSent = false
  readonly #requests: Delivery[]

  constructor(
    key: SearchKey,
    readsCodes: boolean,
    request: Delivery,
    flow: Flow<LeadSearch>,
    isConfirming = false
  ) {
    const { promise, resolve } = Promise.withResolvers<Found>()
    this.key = key
    this.readsCodes = readsCodes
    this.isConfirming = isConfirming
    this.flow = flow
    this.found = promise
    this.settle = resolve
    this.#requests = [request]
  }

  join(request: Delivery): void {
    this.#requests.push(request)
  }

  addRequests(requests: Set<Delivery>): void {
    for (const request of this.#requests) requests.add(request)
  }

  /** Whether it leaves `request` at least half of its time. */
  isInTimeFor(request: Delivery): boolean {
    const now = steadyNow()
    return (this.deadline - now) * 2 >= request.deadline - now
  }
}
