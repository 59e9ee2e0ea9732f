import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { Pool } from 'undici'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { originOf, run } from '../gateway/gateway-process.ts'
import { API_KEY, batch } from '../helper.ts'

/** Of each of the two loads; the promise speaks of 30 s, see `npm run test:overload`. */
const PROMISED_MS = 30_000
const LOAD_MS = Number(process.env['OVERLOAD_MS'] ?? 1_000)
/** V8 lets garbage grow to this, in MiB, before it must clear it up; beyond that the process would end. */
const OLD_SPACE_MIB = 96
/** For what is young or not on V8's heap, in MiB: requests that wait, and their answers. */
const BESIDE_IT_MIB = 64
const RECOVERY_MS = 60_000
const DEADLINE_MS = 4_000
/** More than the busiest machine takes to notice that a time is over. */
const MARGIN_MS = 60_000
/** One call at a time of 10 leads, 4 ms each: about 2,500 leads a second at best. */
const SETTINGS = {
  // Without it V8 takes memory as long as the machine has some.
  NODE_OPTIONS: `--max-old-space-size=${OLD_SPACE_MIB}`,
  VICIDIAL_MAX_CONCURRENCY: '1',
  VICIDIAL_MAX_LEADS_PER_CALL: '10',
  REQUEST_DEADLINE_MS: String(DEADLINE_MS),
  VICIDIAL_TIMEOUT_MS: '3000',
  DISPATCH_MAX_WAITING: '2500'
}
const UPDATES = 50
/** 250 requests a second of 50 updates: five times what VICIdial can take. */
const EVERY_MS = 4
const LEADS = 20_000

/** The process's memory in MiB, as the kernel counts it. */
function memoryOf(pid: number | undefined): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) / 1_024
}

test('five times the load that VICIdial can handle', { skip: process.platform !== 'linux' }, async (t) => {
  const sandbox = await startSandbox({ leads: LEADS, callMs: 3.5, leadUs: 50 })
  t.teardown(() => sandbox.close())
  const server = run(t, {
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY,
    ...SETTINGS
  })
  const origin = await originOf(server)
  // So few that a busy machine accepts each in time, and far more than it takes to ask for too much.
  const pool = new Pool(origin, { connections: 200 })
  t.teardown(() => pool.destroy())

  let sent = 0
  /** Sends a request each few ms, whatever became of those before; tells statuses, times and memory. */
  const load = async () => {
    const statuses = new Map<number, number>()
    const memory: number[] = []
    const logged = server.lines.length
    const ask = async () => {
      const updates = Array.from({ length: UPDATES }, () => ({
        lead_id: 1 + (sent++ % LEADS),
        fields: { status: 'SALE', rank: String(sent % 7) }
      }))
      const { statusCode, body } = await pool.request({
        path: '/v1/leads/batch-update',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
        body: JSON.stringify({ updates })
      })
      await body.dump()
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
    }
    const asked: Promise<void>[] = []
    const began = performance.now()
    while (performance.now() - began < LOAD_MS) {
      while (asked.length * EVERY_MS < performance.now() - began) asked.push(ask())
      memory.push(memoryOf(server.child.pid))
      await pause(EVERY_MS)
    }
    await Promise.all(asked)
    const times = server.lines.slice(logged).filter(({ msg }) => msg === 'request')
    return { statuses, memory, slowest: Math.max(...times.map(({ ms }) => Number(ms))) }
  }
  const most = (memory: readonly number[]) => Math.max(...memory)
  const recover = async () => {
    const began = performance.now()
    for (;;) {
      const { status } = await batch({ origin }, { lead_ids: [1], fields: { status: 'A' } })
      if (status === 200) return performance.now() - began
      await pause(50)
    }
  }

  t.equal((await batch({ origin }, { lead_ids: [1], fields: { status: 'A' } })).status, 200)
  const atRest = memoryOf(server.child.pid)
  const first = await load()
  t.comment(JSON.stringify([...first.statuses]), `slowest ${first.slowest | 0} ms`)
  t.ok(first.statuses.has(200) || first.statuses.has(207), 'some are done')
  t.ok((first.statuses.get(503) ?? 0) > 0, 'what is too much is refused')
  t.ok(first.slowest < DEADLINE_MS + MARGIN_MS, `ends in time: ${first.slowest}`)
  t.ok((await recover()) < RECOVERY_MS)

  for (const fault of ['hang', '500'] as const) {
    sandbox.fail(fault, { calls: 1_000_000 })
    const faulty = await load()
    t.comment(fault, JSON.stringify([...faulty.statuses]), `slowest ${faulty.slowest | 0} ms`)
    t.notOk(faulty.statuses.has(200))
    t.ok(faulty.slowest < DEADLINE_MS + MARGIN_MS, `ends in time: ${faulty.slowest}`)
    sandbox.reset()
    t.ok((await recover()) < RECOVERY_MS, 'recovers')
  }

  const again = await load()
  const half = first.memory.slice(first.memory.length / 2)
  t.comment(`memory ${atRest | 0} MiB at rest, ${most(half) | 0} MiB, then ${most(again.memory) | 0} MiB`)
  // In a short load it depends on the machine how much of the garbage is cleared up.
  const allowed = LOAD_MS < PROMISED_MS ? atRest + OLD_SPACE_MIB + BESIDE_IT_MIB : most(half) * 1.25
  t.ok(most(again.memory) < allowed, 'memory stays flat')
})
