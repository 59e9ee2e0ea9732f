import { PassThrough } from 'node:stream'
import { test } from 'tap'
import type { Progress } from '../../../src/tools/push/progress.ts'
import { reportProgress } from '../../../src/tools/push/progress-bar.ts'
import { stoppedClock } from '../../stopped-clock.ts'

const UNLIMITED = { callsPerSecond: undefined, updatesPerMinute: undefined }
const START: Progress = {
  rows: 0,
  updated: 0,
  totalRows: 2_000,
  calls: 0,
  plan: undefined,
  limits: UNLIMITED
}

/** A reporter, and what it has shown since the last look. */
function reporter(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 })
  const lines: string[] = []
  const { report, end } = reportProgress(stream as unknown as NodeJS.WriteStream, (line) => lines.push(line))
  return {
    report: (progress: Partial<Progress>) => {
      report({ ...START, ...progress })
    },
    end,
    shown: () => String(stream.read() ?? ''),
    lines: () => lines.splice(0)
  }
}

test('a terminal gets a progress bar that ends at 100%', async (t) => {
  const { report, end, shown, lines } = reporter(true)
  report({})
  report({ rows: 500, updated: 490, totalRows: 2_000 })
  report({ rows: 2_100, updated: 2_080, totalRows: 2_100 })
  end()
  t.match(shown(), ' 100% | 2100 rows, 20 not updated | ')
  t.same(lines(), [])
})

test('rows without an answer do not count as progress', async (t) => {
  const { report, end, shown } = reporter(true)
  report({ rows: 500, updated: 490 })
  end()
  t.match(shown(), ' 25% | 500 rows, 10 not updated | ')
})

test('the time left is ? until it is known', async (t) => {
  const { report, end, shown } = reporter(true)
  report({})
  end()
  t.match(shown(), ' 0% | 0 rows, 0 not updated | 0 rows/s | ? left')
})

test('elsewhere there is no bar, and a short push prints nothing', async (t) => {
  const { report, end, shown, lines } = reporter(false)
  report({})
  report({ rows: 2_000 })
  end()
  t.same([shown(), lines()], ['', []])
})

test('a slow file: the time left is right from the start, and goes on between the answers', async (t) => {
  const { pass } = stoppedClock(t)
  const { report, end, lines } = reporter(false)
  const slow = {
    totalRows: 50_000,
    plan: { rows: 2_000, calls: 1_998 },
    limits: { callsPerSecond: 20, updatesPerMinute: undefined }
  }
  report(slow)
  await pass(10_000)
  t.same(lines(), ['0% | 0 rows, 0 not updated | 0 rows/s | 41m 28s left'], '49,950 calls, 20 a second')
  report({ ...slow, rows: 200, updated: 200, calls: 200 })
  await pass(10_000)
  t.same(lines(), ['0% | 200 rows, 0 not updated | 20 rows/s | 41m 20s left'], '49,800 calls, 10 s later')
  report({ ...slow, rows: 300, updated: 300, calls: 300 })
  await pass(10_000)
  const slower = lines()
  t.same(slower, ['0% | 300 rows, 0 not updated | 15 rows/s | 55m 4s left'], 'others use VICIdial too')
  await pass(30_000, 10_000)
  t.match(lines().at(-1), ' | ? left', 'without an answer for half a minute nobody knows')
  end()
})

test('the time left follows a file that becomes slower', async (t) => {
  const { pass } = stoppedClock(t)
  const { report, end, lines } = reporter(false)
  const file = { totalRows: 100_000, limits: { callsPerSecond: 20, updatesPerMinute: undefined } }
  report({ ...file, plan: { rows: 2_000, calls: 1 } })
  for (let second = 1; second <= 10; second++) {
    await pass(1_000)
    const rows = second * 2_000
    report({ ...file, rows, updated: rows, calls: second })
  }
  t.same(lines(), ['18% | 18000 rows, 0 not updated | 2000 rows/s | 40s left'])
  for (let second = 1; second <= 70; second++) {
    await pass(1_000)
    const rows = 20_000 + second * 20
    report({ ...file, rows, updated: rows, calls: 10 + second * 20 })
  }
  t.match(lines().at(-1), '21% | 21380 rows, 0 not updated | 20 rows/s | 1h 5m left')
  end()
})

test('the time left follows what a caller may send in a minute', async (t) => {
  const { pass } = stoppedClock(t)
  const { report, end, lines } = reporter(false)
  report({ plan: { rows: 500, calls: 1 }, limits: { callsPerSecond: 20, updatesPerMinute: 600 } })
  await pass(10_000)
  t.match(lines(), ['0% | 0 rows, 0 not updated | 0 rows/s | 3m 10s left'])
  end()
})
