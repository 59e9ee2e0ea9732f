import type { UpstreamState } from '../vicidial/guard.ts'
import type { DispatcherQueue } from './dispatchers.ts'

/** What the gateway that calls VICIdial shows of it, and of what waits for it. */
export interface OwnerView {
  /** VICIdial's state by account. */
  readonly states: ReadonlyMap<string, UpstreamState>
  readonly queues: readonly DispatcherQueue[]
}
