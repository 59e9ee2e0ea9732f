import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../config/config.ts'
import { Dispatcher } from '../delivery/dispatcher.ts'
import { Worker } from '../jobs/worker.ts'
import type { Observer } from '../telemetry/observer.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { type Account, DEFAULT_ACCOUNT } from './account.ts'
import { Client } from './client.ts'
import { Exchange } from './exchange.ts'
import { Guard, type UpstreamState } from './guard.ts'

/** Updates of the outbox on their way at once: enough to fill the calls of many change sets. */
const MAX_IN_FLIGHT = 10_000

/** All that updates by one VICIdial account go through: what happens to it happens to no other. */
interface Upstream {
  readonly client: Client
  readonly guard: Guard
  readonly dispatcher: Dispatcher
  readonly worker: Worker
}

/** The upstreams to VICIdial, one for each account. */
export class Upstreams {
  readonly #upstreams: ReadonlyMap<string, Upstream>

  constructor(config: Config, outbox: Outbox, observer: Observer, log: FastifyBaseLogger) {
    const onSettled = () => {
      // The next update of a lead may be another account's.
      this.wake()
    }
    this.#upstreams = new Map(
      accountsOf(config).map((account) => [
        account.name,
        createUpstream(account, config, outbox, observer, log, onSettled)
      ])
    )
  }

  /** @throws Error if there is no such account; no caller and no source of webhooks names one */
  dispatcher(account: string): Dispatcher {
    const upstream = this.#upstreams.get(account)
    if (upstream === undefined) throw new Error(`there is no account ${account}`)
    return upstream.dispatcher
  }

  /** What is known of VICIdial by each account; the first one is `DEFAULT_ACCOUNT`. */
  get states(): ReadonlyMap<string, UpstreamState> {
    return new Map([...this.#upstreams].map(([name, { guard }]) => [name, guard.state]))
  }

  /** What waits for VICIdial by each account, and how long the oldest of it has: see `Dispatcher`. */
  get queues(): readonly { readonly account: string; readonly waiting: number; readonly oldestMs: number }[] {
    return [...this.#upstreams].map(([account, { dispatcher }]) => {
      const { waiting, oldestMs } = dispatcher
      return { account, waiting, oldestMs }
    })
  }

  /** Lets every worker look for what is due. */
  wake(): void {
    for (const { worker } of this.#upstreams.values()) worker.wake()
  }

  /** Takes no more from the outbox; resolves when all that is on its way is settled, or at `deadline`. */
  async stop(deadline: number): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map(({ worker }) => worker.stop(deadline)))
  }

  async close(): Promise<void> {
    for (const { guard, client } of this.#upstreams.values()) {
      guard.close()
      await client.close()
    }
  }
}

/** Every account of a configuration, that of the environment first. */
export function accountsOf({ vicidial, accounts }: Config): readonly Account[] {
  return [{ ...vicidial, name: DEFAULT_ACCOUNT }, ...accounts]
}

function createUpstream(
  account: Account,
  { vicidial, dispatch, durable }: Config,
  outbox: Outbox,
  observer: Observer,
  processLog: FastifyBaseLogger,
  onSettled: () => void
): Upstream {
  const { url, dialect, timeoutMs, source, maxLeadsPerCall } = vicidial
  const { name, maxConcurrency, maxCallsPerSecond } = account
  const log = name === DEFAULT_ACCOUNT ? processLog : processLog.child({ account: name })
  const client = new Client({ url, connections: maxConcurrency })
  const guard = new Guard({
    maxConcurrency,
    maxCallsPerSecond,
    onChange: (state) => {
      log[state.state === 'reachable' ? 'info' : 'warn'](
        { vicidial: state },
        `vicidial is now ${state.state}`
      )
    }
  })
  const exchange = new Exchange({
    client,
    guard,
    account,
    dialect,
    source,
    timeoutMs,
    onEnd: (call) => {
      observer.callEnded({ ...call, account: name })
    },
    log
  })
  const dispatcher = new Dispatcher({
    exchange,
    guard,
    rules: { maxLeadsPerCall, dialect },
    log,
    ...dispatch
  })
  const maxInFlight = Math.min(MAX_IN_FLIGHT, Math.ceil(dispatch.maxWaiting / 2))
  const schedule = durable.retry
  const worker = new Worker({
    outbox,
    account: name,
    dispatcher,
    guard,
    schedule,
    maxInFlight,
    onSettled,
    log
  })
  return { client, guard, dispatcher, worker }
}
