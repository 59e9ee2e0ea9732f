import { steadyNow } from '../../steady-clock.ts'
import type { CallContext } from '../../vicidial/exchange/call-runner.ts'
import type { Delivery } from '../delivery.ts'
import type { CallItem } from '../reading/lead-reader.ts'

/** Makes the log of one call. */
export interface CallLog {
  child(bindings: Record<string, unknown>): CallContext['log']
}

/**
 * The context of a call, which is of use until the last of its requests ends and counts for each of them.
 * @param markSent called with each request, each time the call is sent
 */
export function callContext(
  items: readonly CallItem[],
  log: CallLog,
  markSent: (request: Delivery) => void
): CallContext {
  const deliveries = new Set<Delivery>()
  for (const item of items) item.addRequests(deliveries)
  const [first] = deliveries
  const { requestId = '', source = '' } = first ?? {}
  let deadline = 0
  let since = steadyNow()
  for (const delivery of deliveries) {
    deadline = Math.max(deadline, delivery.deadline)
    since = Math.min(since, delivery.receivedAt)
  }
  return {
    source,
    deadline,
    since,
    requests: deliveries,
    log: log.child({ request_id: requestId, requests: deliveries.size }),
    onSent: () => {
      for (const item of items) item.isSent = true
      for (const delivery of deliveries) {
        delivery.calls++
        markSent(delivery)
      }
    }
  }
}
