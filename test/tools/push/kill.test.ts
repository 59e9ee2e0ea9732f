import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import fc from 'fast-check'
import { test } from 'tap'
import { API_KEY, dataDir, startGateway } from '../../helper.ts'
import { until } from '../../until.ts'
import { startStandIn } from './stand-in.ts'

const MAX_REQUESTS = 12

function start(url: string, file: string, ...options: string[]): ChildProcess {
  return spawn(process.execPath, ['src/tools/cli/main.ts', 'push', file, '--json', ...options], {
    env: { ...process.env, GATEWAY_URL: url, GATEWAY_KEY: API_KEY },
    stdio: ['ignore', 'pipe', 'inherit']
  })
}

/** Waits until a push ends or is killed. */
async function ended(child: ChildProcess) {
  const output = child.stdout === null ? '' : readText(child.stdout)
  await once(child, 'close')
  const text = await output
  return { killed: child.signalCode === 'SIGKILL', summary: text === '' ? undefined : JSON.parse(text) }
}

test('killed before or after any request, a push updates or rejects each row exactly once', async (t) => {
  // Some rows are invalid, so that there are rejects too.
  const rows = Array.from({ length: 60 }, (_, n) => (n % 7 === 3 ? `${(n % 9) + 1}` : `${(n % 9) + 1},R${n}`))
  const sound = rows.filter((row) => row.includes(',')).map((row) => row.split(',')[1])
  const kills = fc.array(fc.tuple(fc.nat({ max: MAX_REQUESTS }), fc.boolean()), {
    minLength: 1,
    maxLength: 2
  })
  await fc.assert(
    fc.asyncProperty(kills, fc.constantFrom('1', '3'), async (kills, concurrency) => {
      const at = new Map(kills)
      let child: ChildProcess | undefined
      const { url, made, times } = await startStandIn(
        t,
        (request) => {
          const after = at.get(request)
          return after === undefined ? 'none' : after ? 'kill_after' : 'kill_before'
        },
        () => child?.kill('SIGKILL')
      )
      const path = join(dataDir(t), 'leads.csv')
      writeFileSync(path, `lead_id,status\n${rows.join('\n')}\n`)
      let end: Awaited<ReturnType<typeof ended>>
      do {
        child = start(url, path, '--batch', '7', '--concurrency', concurrency)
        end = await ended(child)
      } while (end.killed)

      t.match(end.summary, {
        rows: rows.length,
        by_status: { updated: sound.length, rejected: rows.length - sound.length },
        complete: true
      })
      t.strictSame([...times.keys()].toSorted(), sound.toSorted())
      t.strictSame([...new Set(times.values())], [1])
      for (const statuses of made.values())
        t.strictSame(
          statuses,
          statuses.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
        )
      const rejects = readFileSync(`${path}.rejects.csv`, 'utf8').trimEnd().split('\n').slice(1)
      const lines = rejects.map((line) => Number(line.split(',')[2])).toSorted((a, b) => a - b)
      t.strictSame(
        lines,
        rows.flatMap((row, n) => (row.includes(',') ? [] : [n + 2]))
      )
    }),
    { numRuns: 4 }
  )
})

test('20,000 rows through a gateway, killed once: each row has one outcome', async (t) => {
  const count = 20_000
  const gateway = await startGateway(t, {}, { leads: count })
  const path = join(dataDir(t), 'leads.csv')
  const rows = Array.from({ length: count }, (_, n) => {
    const lead = n % 1_000 === 999 ? 900_000_000 + n : n + 1
    return `${lead},${n % 500 === 7 ? 'TOOLONG' : `K${n % 10}`}`
  })
  writeFileSync(path, `lead_id,status\n${rows.join('\n')}\n`)
  const first = start(gateway.origin, path, '--batch', '500')
  const firstEnd = ended(first)
  // A request takes several calls, so this is in the middle of the push.
  await until('the push is at work', () => gateway.sandbox.calls().length >= 40)
  first.kill('SIGKILL')
  t.strictSame(await firstEnd, { killed: true, summary: undefined })

  const { summary } = await ended(start(gateway.origin, path, '--batch', '500'))
  t.match(summary, {
    rows: count,
    by_status: { updated: count - 60, rejected: 40, not_found: 20 },
    waiting: 0,
    complete: true
  })
  t.ok(summary.rows_this_run < count, `${summary.rows_this_run} rows were left`)
  const leads = gateway.sandbox.leads()
  const wrong = rows.filter((row) => {
    const [lead = '', status] = row.split(',')
    return Number(lead) <= count && status !== 'TOOLONG' && leads[lead]?.status !== status
  })
  t.strictSame(wrong, [])
  const rejects = readFileSync(`${path}.rejects.csv`, 'utf8').trimEnd().split('\n').slice(1)
  t.equal(new Set(rejects.map((line) => line.split(',')[2])).size, 60)
  t.equal(rejects.length, 60)
})
