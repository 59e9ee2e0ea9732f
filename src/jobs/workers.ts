import type { Dispatchers } from '../delivery/dispatchers.ts'
import type { UpdateQueue } from '../outbox/queue.ts'
import type { Upstream } from '../vicidial/upstreams.ts'
import type { RetrySchedule } from './retry-schedule.ts'
import { Worker } from './worker.ts'

/** Most updates that a worker has in flight: enough to fill the calls of many change sets. */
const MAX_IN_FLIGHT = 10_000

export interface WorkersOptions {
  readonly queue: UpdateQueue
  readonly dispatchers: Dispatchers
  readonly schedule: RetrySchedule
  /** Updates that a dispatcher lets wait; workers fill at most half of that. */
  readonly maxWaiting: number
}

/** The workers that deliver stored updates, one for each VICIdial account. */
export class Workers {
  readonly #workers: readonly Worker[]

  constructor(upstreams: readonly Upstream[], { queue, dispatchers, schedule, maxWaiting }: WorkersOptions) {
    const maxInFlight = Math.min(MAX_IN_FLIGHT, Math.ceil(maxWaiting / 2))
    // The next update of a lead may be another account's.
    const onSettled = () => {
      this.wake()
    }
    this.#workers = upstreams.map(({ account: { name }, guard, log }) => {
      const dispatcher = dispatchers.of(name)
      return new Worker({ queue, account: name, dispatcher, guard, schedule, maxInFlight, onSettled, log })
    })
  }

  /** Lets every worker look for what is due. */
  wake(): void {
    for (const worker of this.#workers) worker.wake()
  }

  /** Stops all workers, see `Worker.stop`; `deadline` is in milliseconds since the epoch. */
  async stop(deadline: number): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(deadline)))
  }
}
