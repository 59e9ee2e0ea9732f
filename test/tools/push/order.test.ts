import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { test } from 'tap'
import { push } from '../../../src/tools/push/push.ts'
import { summaryText } from '../../../src/tools/push/summary.ts'
import { dataDir, type Tester } from '../../helper.ts'
import { until } from '../../until.ts'
import { pushOptions } from './options.ts'
import { type Fault, startStandIn } from './stand-in.ts'

const FAULTS: Fault[] = ['none', 429, 503, 'cut_before', 'cut_after', 'slow', 'half']
const MAX_RUNS = 20

/** Writes a row for each lead. Its status contains its index. */
function file(t: Tester, leads: readonly number[]): string {
  const path = join(dataDir(t), 'leads.csv')
  const rows = leads.map((lead, index) => `${lead},R${index}\n`)
  writeFileSync(path, `lead_id,status\n${rows.join('')}`)
  return path
}

test('with any failures, each row has one outcome and the last row of each lead wins', async (t) => {
  const leads = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 60 })
  const faults = fc.array(fc.constantFrom(...FAULTS), { maxLength: 40 })
  const sizes = fc.integer({ min: 1, max: 8 })
  const concurrency = fc.integer({ min: 1, max: 4 })
  await fc.assert(
    fc.asyncProperty(leads, faults, sizes, concurrency, async (leads, faults, batch, concurrency) => {
      const { url, made } = await startStandIn(t, (request) => faults[request] ?? 'none')
      const path = file(t, leads)
      let outcome = await push(pushOptions(url, path, { batch, concurrency }))
      for (let run = 1; run < MAX_RUNS && outcome.waiting > 0; run++)
        outcome = await push(pushOptions(url, path, { batch, concurrency }))

      const { totals, waiting, stopped, rejects } = outcome
      t.strictSame(
        { rows: totals.rows, byStatus: totals.byStatus, waiting, stopped, rejects },
        {
          rows: leads.length,
          byStatus: { updated: leads.length },
          waiting: 0,
          stopped: undefined,
          rejects: undefined
        }
      )
      const last = new Map(leads.map((lead, index) => [String(lead), `R${index}`]))
      t.strictSame(new Map([...made].map(([lead, statuses]) => [lead, statuses.at(-1)])), last)
    }),
    { numRuns: 60 }
  )
})

test('a row that keeps failing waits, and so do later rows of its lead', async (t) => {
  let isAway = true
  const { url, made } = await startStandIn(t, () => (isAway ? 'away' : 'none'))
  const path = file(t, [1, 2, 3, 1, 2, 3, 1])
  const options = { batch: 3, concurrency: 2 }
  const first = await push(pushOptions(url, path, options))
  t.match(first, { waiting: 3, stopped: undefined, totals: { rows: 4, byStatus: { updated: 4 } } })
  t.strictSame([made.get('1'), made.get('2'), made.get('3')], [undefined, ['R1', 'R4'], ['R2', 'R5']])

  isAway = false
  const second = await push(pushOptions(url, path, options))
  t.match(second, { waiting: 0, rowsThisRun: 3, totals: { rows: 7, byStatus: { updated: 7 } } })
  t.strictSame(made.get('1'), ['R0', 'R3', 'R6'])
})

test('batches of different leads run concurrently, batches of the same lead one after the other', async (t) => {
  const watch = async (leads: readonly number[]) => {
    const { url, atOnce } = await startStandIn(t, () => 'slow')
    await push(pushOptions(url, file(t, leads), { batch: 2, concurrency: 3 }))
    return atOnce()
  }
  t.equal(await watch([1, 2, 3, 4, 5, 6, 7, 8]), 3)
  t.equal(await watch([1, 2, 3, 1, 1, 4]), 1)
})

test('an interrupted push sends nothing more, and the next one sends the rest', async (t) => {
  const interruption = new AbortController()
  const { url, times } = await startStandIn(t, (request) => {
    if (request === 1) interruption.abort()
    return 'none'
  })
  const path = file(t, [1, 2, 3, 4, 5, 6, 7, 8])
  const first = await push(pushOptions(url, path, { batch: 2, concurrency: 1, signal: interruption.signal }))
  t.match(first, { stopped: 'It was interrupted.', rowsThisRun: 4, rowsLeft: 4, totals: { rows: 4 } })
  t.match(
    summaryText(first),
    'Stopped: It was interrupted.\nRemaining: about 4 rows.\nRun the same command again to send the remaining rows.'
  )
  const second = await push(pushOptions(url, path, { batch: 2, concurrency: 1 }))
  t.match(second, { stopped: undefined, rowsThisRun: 4, rowsLeft: 0, totals: { rows: 8 } })
  t.strictSame([...times.values()], [1, 1, 1, 1, 1, 1, 1, 1])
})

test('an interrupted push does not wait for a slow request, and the next one gets its answer', async (t) => {
  const interruption = new AbortController()
  const { url, times } = await startStandIn(t, (_request, updates) => {
    if (updates.length > 2) return 413
    if (interruption.signal.aborted || updates.every(({ lead_id }) => lead_id !== '7')) return 'none'
    interruption.abort()
    return 'held'
  })
  const path = file(t, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
  const first = await push(pushOptions(url, path, { batch: 4, concurrency: 1, signal: interruption.signal }))
  t.match(first, { stopped: 'It was interrupted.', rowsThisRun: 6, totals: { rows: 6 } })
  const second = await push(pushOptions(url, path, { batch: 4, concurrency: 1 }))
  t.match(second, { stopped: undefined, rowsThisRun: 7, totals: { rows: 13, byStatus: { updated: 13 } } })
  t.strictSame(
    [...times.values()],
    Array.from(times, () => 1)
  )
})

test('an interrupted push does not wait for a silent standard input', async (t) => {
  for (const start of [
    '',
    'lead_id,status\n',
    'lead_id,status\n1,A\n2,B\n',
    '[{"lead_id":1,"status":"A"},'
  ]) {
    const interruption = new AbortController()
    const { url } = await startStandIn(t, () => 'none')
    const standardInput = new PassThrough()
    standardInput.write(start)
    const options = { standardInput, signal: interruption.signal, rejects: join(dataDir(t), 'rejects.csv') }
    const pushed = push(pushOptions(url, '-', options))
    await until('what there is was read', () => standardInput.readableLength === 0)
    interruption.abort()
    const end = await pushed.then(
      ({ stopped }) => stopped,
      (error: Error) => error.message
    )
    t.equal(end, 'It was interrupted.', start)
  }
})

test('a push stops when nothing has succeeded for retry.forMs', async (t) => {
  const { url, requests } = await startStandIn(t, () => 503)
  const retry = { firstMs: 5, longestMs: 5, forMs: 1_000 }
  const outcome = await push(pushOptions(url, file(t, [1]), { retry }))
  t.match(outcome, { stopped: 'The gateway answered 503 overloaded: Later.', totals: { rows: 0 } })
  t.ok(requests() > 5, `${requests()} requests`)
})
