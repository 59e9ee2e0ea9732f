import type { Delivered } from '../../delivery/delivery.ts'
import type { Outcome } from '../../delivery/outcome.ts'
import { type Changes, changesOf } from '../../leads/changes.ts'
import { keyName, keyOfName } from '../../leads/lead-key.ts'
import { ON_MULTIPLE, type OnMultiple, type Update } from '../../leads/update.ts'
import type { WaitingRequest } from '../../updates/ordered-delivery.ts'
import { steadyNow } from '../../steady-clock.ts'

/** The path of a request to deliver updates. */
export const DELIVER = '/v1/deliver'

/** Index, key, what to do with several leads and how many, 1 for an exact key, and the position of the changes. */
type WireUpdate = [number, string, OnMultiple, number | null, 0 | 1, number]

/** A synchronous request, from the gateway that took it to the owner. */
export interface DeliveryBody {
  readonly account: string
  readonly caller: string
  readonly source: string
  readonly request_id: string
  /** Milliseconds until its deadline: clocks may differ. */
  readonly left_ms: number
  /** Each once, as many updates share them. Their key follows from the rest. */
  readonly changes: readonly Parameters<typeof changesOf>[]
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
  const wire = updates.map(({ index, key, onMultiple, newest = null, keyMatch, changes }): WireUpdate => {
    const position = positions.get(changes) ?? positions.size
    positions.set(changes, position)
    return [index, keyName(key), onMultiple, newest, keyMatch === 'exact' ? 1 : 0, position]
  })
  const changes = [...positions.keys()].map(({ function: called, params, stored, warnings }) => [
    called,
    params,
    stored,
    warnings
  ]) as DeliveryBody['changes']
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
  const changes = rest.changes.map((parts) => changesOf(...parts))
  const updates = rest.updates.map(([index, key, onMultiple, newest, isExact, position]): Update => {
    const ofUpdate = changes[position]
    if (ofUpdate === undefined || !ON_MULTIPLE.includes(onMultiple)) throw new RangeError('no such changes')
    return {
      index,
      key: keyOfName(key),
      onMultiple,
      ...(newest === null ? {} : { newest }),
      ...(isExact === 1 ? { keyMatch: 'exact' } : {}),
      changes: ofUpdate
    }
  })
  return { account, updates, request: { caller, source, requestId, deadline: steadyNow() + left_ms } }
}

/** The delivery that an answer tells of. */
export function readOutcomes({ outcomes, calls }: Extract<DeliveryAnswer, { calls: number }>): Delivered {
  return { outcomes, upstreamCalls: calls }
}
