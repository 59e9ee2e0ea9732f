import { PassThrough } from 'node:stream'
import { test } from 'tap'
import { reportProgress } from '../../../src/tools/push/progress-bar.ts'

const STEPS = [
  { rows: 0, updated: 0, rowsRead: 0, bytes: 0, totalBytes: 4_000 },
  { rows: 500, updated: 490, rowsRead: 1_000, bytes: 2_000, totalBytes: 4_000 },
  { rows: 2_000, updated: 1_980, rowsRead: 2_000, bytes: 4_000, totalBytes: 4_000 }
]

/** Output on a terminal, or elsewhere. */
function written(isTTY: boolean, steps: readonly (typeof STEPS)[number][]) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 })
  const told: string[] = []
  const { report, end } = reportProgress(stream as unknown as NodeJS.WriteStream, (line) => told.push(line))
  for (const step of steps) report(step)
  end()
  return { shown: String(stream.read() ?? ''), told }
}

test('a terminal gets a progress bar that ends at 100%', async (t) => {
  const { shown, told } = written(true, STEPS)
  t.match(shown, ' 100% | 2000 rows, 20 not updated | ')
  t.same(told, [])
})

test('rows that were read and not sent yet do not count as progress', async (t) => {
  const { shown } = written(true, STEPS.slice(0, 2))
  t.match(shown, ' 25% | 500 rows, 10 not updated | ')
})

test('the time left is ? until it is known', async (t) => {
  const { shown } = written(true, STEPS.slice(0, 1))
  t.match(shown, ' 0% | 0 rows, 0 not updated | 0 rows/s | ? left')
})

test('elsewhere there is no bar, and a short push prints nothing', async (t) => {
  t.same(written(false, STEPS), { shown: '', told: [] })
})
