import type { CallContext } from '../../vicidial/exchange/call-runner.ts'
import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import type { Delivery } from '../delivery.ts'
import type { FailedExchange } from '../outcome.ts'
import type { CallItem } from '../reading/lead-reader.ts'
import type { RecentWrites } from '../recent-writes.ts'
import type { CallRules } from './batch-key.ts'

/** What the calls of each kind share. */
export interface CallParts {
  readonly exchange: Exchange
  readonly rules: CallRules
  readonly recentWrites: RecentWrites<Delivery>
  readonly contextOf: (items: readonly CallItem[]) => CallContext
  /** Called with the number of tasks that a call has served. */
  readonly onServed: (tasks: number) => void
  /** Called when a call has ended, so that others may start. */
  readonly onEnded: () => void
  /** Notes a fault of the gateway: it fails only the updates of the call that it hit. */
  readonly failure: (error: unknown) => FailedExchange
  readonly log: { error(members: object, message: string): void }
}

/** The end of a call that was not made, because VICIdial may not be called. */
export function unsent(reply: Refused): FailedExchange {
  return { reply, maybeMade: false, isUnsent: true }
}
