import type { Delivered } from '../../delivery/delivery.ts'
import type { Outcome } from '../../delivery/outcome.ts'
import type { Addition } from '../../leads/adding/addition.ts'
import { type Changes, changesOf, type Condition, onlyIf, partsOf } from '../../leads/changes.ts'
import { keyName, keyOfName } from '../../leads/lead-key.ts'
import type { Update } from '../../leads/update.ts'
import { ON_MULTIPLE, type OnMultiple } from '../../leads/update-options.ts'
import type { WaitingRequest } from '../../updates/ordered-delivery.ts'
import { steadyNow } from '../../steady-clock.ts'

/** The path of a request to deliver updates. */
export const DELIVER = '/v1/deliver'

/**
 * Index, key, what to do with several leads and how many, 1 for an exact key, the position of the changes, the lead to
 * add, and 1 if it must be new.
 */
type WireUpdate = [number, string, OnMultiple, number | null, 0 | 1, number, (Addition | null)?, (0 | 1)?]

/** A synchronous request, from the gateway that took it to the owner. */
export interface DeliveryBody {
  readonly account: string
  readonly caller: string
  readonly source: string
  readonly request_id: string
  /** Milliseconds until its deadline: clocks may differ. */
  readonly left_ms: number
  /** Each once, as many updates share them. Their key follows from the rest. */
  readonly changes: readonly { parts: ReturnType<typeof partsOf>; condition?: Condition | undefined }[]
  readonly updates: readonly WireUpdate[]
}

/** The owner's answer: the outcomes in order, or the refusal of the whole request. */
export type DeliveryAnswer =
  | {
      readonly outcomes: readonly Outcome[]
      readonly calls: number
      /** How long the owner took, in milliseconds. */
      readonly ms: number
    }
  | { readonly overloaded: { readonly detail: string; readonly retry_after: number } }

/** Writes a request for the owner. */
export function writeDelivery(
  account: string,
  updates: readonly Update[],
  { caller, source, requestId, deadline }: WaitingRequest
): DeliveryBody {
  const positions = new Map<Changes, number>()
  const wire = updates.map((update): WireUpdate => {
    const { index, key, onMultiple, newest = null, keyMatch, changes, addition, mustBeNew } = update
    const position = positions.get(changes) ?? positions.size
    positions.set(changes, position)
    const written = [index, keyName(key), onMultiple, newest, keyMatch === 'exact' ? 1 : 0, position] as const
    return addition === undefined ? [...written] : [...written, addition, mustBeNew ? 1 : 0]
  })
  const changes = [...positions.keys()].map((one) => ({ parts: partsOf(one), condition: one.condition }))
  const left_ms = deadline - steadyNow()
  return { account, caller, source, request_id: requestId, left_ms, changes, updates: wire }
}

/** Reads what `writeDelivery` wrote. @throws Error if it is something else */
export function readDelivery(body: unknown): {
  account: string
  updates: Update[]
  request: WaitingRequest
} {
  const { account, caller, source, request_id: requestId, left_ms, ...rest } = body as DeliveryBody
  const changes = rest.changes.map(({ parts, condition }) => {
    const all = changesOf(...parts)
    return condition === undefined ? all : onlyIf(all, condition)
  })
  const updates = rest.updates.map((written): Update => {
    const [index, key, onMultiple, newest, isExact, position, addition, isNew] = written
    const ofUpdate = changes[position]
    if (ofUpdate === undefined || !ON_MULTIPLE.includes(onMultiple)) throw new RangeError('no such changes')
    return {
      index,
      key: keyOfName(key),
      onMultiple,
      ...(newest === null ? {} : { newest }),
      ...(isExact === 1 ? { keyMatch: 'exact' } : {}),
      changes: ofUpdate,
      ...(addition && { addition }),
      ...(isNew === 1 && { mustBeNew: true })
    }
  })
  return { account, updates, request: { caller, source, requestId, deadline: steadyNow() + left_ms } }
}

/** The delivery that an answer tells of. */
export function readOutcomes({ outcomes, calls }: Extract<DeliveryAnswer, { calls: number }>): Delivered {
  return { outcomes, upstreamCalls: calls }
}
