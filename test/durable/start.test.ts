import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { dataDir } from '../helper.ts'
import { fill } from './backlog.ts'
import { emptied, get, post, settings, start } from './gateway.ts'

const WAITING = 100_000
/** Far more than it takes on any machine: the aims are 1 s, 250 MB and, with nothing to do, 120 MB. */
const LONGEST_START_MS = 120_000
const MOST_MEMORY_MB = 400
/** Nothing listens there. */
const NO_VICIDIAL = 'http://127.0.0.1:9/vicidial/non_agent_api.php'
const JOB_SIZE = 1_000

/** The memory of a process, in megabytes: now, and the most it ever was. */
function memoryOf(pid = 0): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_024)
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') }
}

test(
  'with 100,000 updates waiting it starts soon, and in little memory',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const directory = dataDir(t)
    await fill(directory, WAITING, JOB_SIZE)

    const began = performance.now()
    const server = await start(t, settings(NO_VICIDIAL, directory))
    const { status, outbox } = await get(server.origin, '/readyz')
    const startMs = Math.round(performance.now() - began)
    const atStart = memoryOf(server.child.pid)
    t.same({ status, outbox }, { status: 'ready', outbox: { waiting: WAITING, dead_letters: 0 } })
    await server.line('vicidial is now unreachable')
    const atWork = memoryOf(server.child.pid)
    t.comment(
      `ready after ${startMs} ms, with ${atStart.now} MB; then ${atWork.now} MB, at most ${atWork.most} MB`
    )
    t.ok(startMs < LONGEST_START_MS)
    t.ok(atWork.most < MOST_MEMORY_MB)
  }
)

test('an idle gateway takes little memory', { skip: process.platform !== 'linux' }, async (t) => {
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const began = performance.now()
  const server = await start(t, settings(sandbox.url, dataDir(t)))
  await get(server.origin, '/readyz')
  const startMs = Math.round(performance.now() - began)
  const atStart = memoryOf(server.child.pid)
  await post(server.origin, { lead_ids: [1], fields: { status: 'SALE' } })
  await emptied(server.origin)
  const after = memoryOf(server.child.pid)
  t.comment(
    `ready after ${startMs} ms, with ${atStart.now} MB; ${after.now} MB after a job, at most ${after.most} MB`
  )
  t.ok(after.most < MOST_MEMORY_MB)
})
