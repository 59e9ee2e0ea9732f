import { StorageError } from '../../errors.ts'
import { Gauge } from '@prometheus-io/client'
import type { HistoryRecorder } from '../../history/history-recorder.ts'
import type { Dispatchers } from '../../delivery/dispatchers.ts'
import type { Upstreams } from '../../vicidial/upstreams.ts'
import type { Outbox } from '../../outbox/outbox.ts'
import { UPSTREAM_STATES } from '../../vicidial/guard.ts'
import { type Metrics, PREFIX } from './metrics.ts'

/** Of what the gauges tell. */
export interface Gauged {
  readonly upstreams: Upstreams
  readonly dispatchers: Dispatchers
  readonly outbox: Outbox
  readonly history: HistoryRecorder
}

/** What a gauge shows: one value, or one for each set of labels. */
type Shown = number | readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]

/** Adds gauges of how things stand; each is read at a scrape, at a cost that does not grow with what waits. */
export function addGauges(metrics: Metrics, { upstreams, dispatchers, outbox, history }: Gauged): void {
  const add = (name: string, help: string, labelNames: string[], read: () => Shown) => {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [metrics.registry],
      collect() {
        this.reset()
        const shown = readable(read)
        if (typeof shown === 'number') this.set(shown)
        else for (const [labels, value] of shown) this.set(labels, value)
      }
    })
  }
  const byAccount = (values: Iterable<readonly [account: string, value: number]>) =>
    summed(values, (account) => metrics.accountLabel(account))

  add('waiting_updates', 'Updates that wait for a call to VICIdial, or for its answer.', ['account'], () =>
    byAccount(dispatchers.queues.map(({ account, waiting }) => [account, waiting]))
  )
  add(
    'oldest_waiting_seconds',
    'The age of the oldest request of which nothing was sent yet; 0 if there is none.',
    ['account'],
    () => byAccount(dispatchers.queues.map(({ account, oldestMs }) => [account, oldestMs / 1_000]))
  )
  add(
    'vicidial_state',
    'What is known of VICIdial: 1 for the state that holds, 0 for the others.',
    ['account', 'state'],
    () =>
      [...upstreams.states].flatMap(([account, { state: held }]) =>
        UPSTREAM_STATES.map((state) => [{ account, state }, state === held ? 1 : 0] as const)
      )
  )
  add('outbox_updates', 'Stored updates that wait or are being delivered.', ['account'], () =>
    byAccount([
      ...upstreams.states.keys().map((account) => [account, 0] as const),
      ...outbox.queue.pendingByAccount
    ])
  )
  add(
    'outbox_oldest_seconds',
    'The age of the oldest job with updates that have not ended; 0 if there is none.',
    [],
    () => {
      const at = outbox.queue.oldestPendingAt
      return at === undefined ? 0 : Math.max(0, Date.now() - at) / 1_000
    }
  )
  add(
    'dead_letters',
    'Stored updates that were given up and not replayed.',
    [],
    () => outbox.queue.size.deadLetters
  )
  add('outbox_size_bytes', 'The size of the database.', [], () => outbox.bytes)
  add('outbox_failing', '1 while the database cannot be written, else 0.', [], () =>
    outbox.fault === undefined ? 0 : 1
  )
  add('history_unwritten_updates', 'Updates whose history is not written yet.', [], () => history.unwritten)
}

/** A database that cannot be read must not take the other metrics with it. */
function readable(read: () => Shown): Shown {
  try {
    return read()
  } catch (error) {
    if (error instanceof StorageError) return Number.NaN
    throw error
  }
}

/** Values of one label together. */
function summed(
  values: Iterable<readonly [account: string, value: number]>,
  labelOf: (account: string) => string
): Shown {
  const sums = new Map<string, number>()
  for (const [name, value] of values) {
    const account = labelOf(name)
    sums.set(account, (sums.get(account) ?? 0) + value)
  }
  return [...sums].map(([account, value]) => [{ account }, value])
}
