import { Gauge } from '@prometheus-io/client'
import { StorageError } from '../../errors.ts'
import { type Metrics, PREFIX } from './metrics.ts'

/** What the gauges read at each scrape; maps are by VICIdial account. */
export interface GaugeSources {
  /** What this gateway has as the owner; nothing while another one is. */
  readonly owner: () => {
    readonly states: ReadonlyMap<string, { readonly state: string }>
    readonly queues: readonly Queue[]
  }
  /** Every value of `state`. */
  readonly upstreamStates: readonly string[]
  readonly outbox: Storage
  readonly history: { readonly unwritten: number }
}

/** The updates of one account that wait in memory. */
interface Queue {
  readonly account: string
  readonly waiting: number
  readonly oldestMs: number
}

interface Storage {
  readonly queue: {
    readonly pendingByAccount: ReadonlyMap<string, number>
    /** Milliseconds since the epoch. */
    readonly oldestPendingAt: number | undefined
    readonly size: { readonly deadLetters: number }
  }
  readonly bytes: number
  readonly fault: string | undefined
}

/** The value of a gauge, or one value for each set of labels. */
type Reading = number | readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]

/** Adds gauges that are read at each scrape. A scrape costs the same however many updates wait. */
export function addGauges(metrics: Metrics, sources: GaugeSources): void {
  const { owner, upstreamStates, outbox, history } = sources
  const add = (name: string, help: string, labelNames: string[], read: () => Reading) => {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [metrics.registry],
      collect() {
        this.reset()
        const reading = orNaN(read)
        if (typeof reading === 'number') this.set(reading)
        else for (const [labels, value] of reading) this.set(labels, value)
      }
    })
  }
  const byAccount = (values: Iterable<readonly [account: string, value: number]>) =>
    summed(values, (account) => metrics.accountLabel(account))

  add('waiting_updates', 'Updates that wait for a call to VICIdial, or for its answer.', ['account'], () =>
    byAccount(owner().queues.map(({ account, waiting }) => [account, waiting]))
  )
  add(
    'oldest_waiting_seconds',
    'The age of the oldest request of which nothing was sent yet; 0 without one.',
    ['account'],
    () => byAccount(owner().queues.map(({ account, oldestMs }) => [account, oldestMs / 1_000]))
  )
  add(
    'vicidial_state',
    'The state of VICIdial: 1 for the current state, 0 for the others.',
    ['account', 'state'],
    () =>
      [...owner().states].flatMap(([account, { state: current }]) =>
        upstreamStates.map((state) => [{ account, state }, state === current ? 1 : 0] as const)
      )
  )
  add('outbox_updates', 'Stored updates that wait or are being delivered.', ['account'], () =>
    byAccount([
      ...owner()
        .states.keys()
        .map((account) => [account, 0] as const),
      ...outbox.queue.pendingByAccount
    ])
  )
  add('outbox_oldest_seconds', 'The age of the oldest job with pending updates; 0 without one.', [], () => {
    const at = outbox.queue.oldestPendingAt
    return at === undefined ? 0 : Math.max(0, Date.now() - at) / 1_000
  })
  add(
    'dead_letters',
    'Stored updates that failed for good and were not replayed.',
    [],
    () => outbox.queue.size.deadLetters
  )
  add('outbox_size_bytes', 'The size of the database.', [], () => outbox.bytes)
  add('outbox_failing', '1 while the database cannot be written, otherwise 0.', [], () =>
    outbox.fault === undefined ? 0 : 1
  )
  add('history_unwritten_updates', 'Updates whose history is not written yet.', [], () => history.unwritten)
}

/** Reads a gauge; NaN while the database fails, so that the other metrics are still shown. */
function orNaN(read: () => Reading): Reading {
  try {
    return read()
  } catch (error) {
    if (error instanceof StorageError) return Number.NaN
    throw error
  }
}

/** Adds up the values that share a label. */
function summed(
  values: Iterable<readonly [account: string, value: number]>,
  labelOf: (account: string) => string
): Reading {
  const sums = new Map<string, number>()
  for (const [name, value] of values) {
    const account = labelOf(name)
    sums.set(account, (sums.get(account) ?? 0) + value)
  }
  return [...sums].map(([account, value]) => [{ account }, value])
}
