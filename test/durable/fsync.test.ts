import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { dataDir, type Tester } from '../helper.ts'
import { DURABLE, emptied, HEADERS, post, settings, start } from './gateway.ts'

const SYNCS = 'fsync,fdatasync'
const CALLS = `read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,${SYNCS}`
const ATTACH_MS = 120_000
const LOG = 'gateway.db-wal'
/** Where the second frame of a log begins, after its header and the first frame. */
const SECOND_FRAME = 32 + 24 + 4_096
/** The end of a sync of the log, by whichever thread. */
const SYNCED =
  /^(?:(?:fsync|fdatasync)\(\d+<[^>]*\/gateway\.db-wal>\)|<\.\.\. (?:fsync|fdatasync) resumed>\)) += 0/
/** What the main thread did, in the words of this test; everything else is left out. */
const DEEDS: readonly [deed: string, call: RegExp][] = [
  ['request read', /^(?:read|readv|recvfrom|recvmsg)\(.*"POST \/v1\/leads\/batch-update /],
  ['log written', /^pwrite64\(\d+<[^>]*\/gateway\.db-wal>/],
  ['log synced', SYNCED],
  ['answer written', /^(?:write|writev|sendto|sendmsg)\(.*"HTTP\/1\.1 20[02] /]
]

/** Starts to note system calls of a process into `file`. Undefined if this machine does not let it. */
async function trace(t: Tester, pid: number, file: string, calls: string): Promise<ChildProcess | undefined> {
  const args = ['-f', '-y', '-s', '200', '-e', `trace=${calls}`, '-o', file, '-p', String(pid)]
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => strace.kill('SIGKILL'))
  const limit = setTimeout(() => strace.kill('SIGKILL'), ATTACH_MS)
  for await (const line of createInterface({ input: strace.stderr })) {
    if (!line.includes('attached')) continue
    clearTimeout(limit)
    strace.stderr.resume()
    return strace
  }
  clearTimeout(limit)
  return undefined
}

/** Notes system calls of a process into `file` while `run` runs. Undefined, without a run, if this machine does not let it. */
async function traced<T>(
  t: Tester & { comment(text: string): void },
  pid: number,
  file: string,
  calls: string,
  run: () => Promise<T>
): Promise<T | undefined> {
  const strace = await trace(t, pid, file, calls)
  if (strace === undefined) {
    t.comment('strace may not trace here')
    return undefined
  }
  const result = await run()
  const ended = once(strace, 'exit')
  strace.kill('SIGINT')
  await ended
  return result
}

/** The deeds of the thread `pid`, in order, each run of equal ones once. */
function deedsIn(file: string, pid: number): string[] {
  const deeds: string[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, thread, call = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const isOfMain = Number(thread) === pid
    const deed = DEEDS.find(([, pattern]) => (isOfMain || pattern === SYNCED) && pattern.test(call))?.[0]
    if (deed !== undefined && deed !== deeds.at(-1)) deeds.push(deed)
  }
  return deeds
}

/**
 * Who synced which file, and the writes after which a power failure could lose what was stored: to the log or the database
 * while the other one is not synced, and to a log that has begun again while its header is not synced.
 */
function writesIn(trace: string, pid: number): { syncs: string[]; unsafe: string[] } {
  const syncs = new Set<string>()
  const unsafe: string[] = []
  const unsynced = new Set<string>()
  const syncing = new Map<string, string>()
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, thread = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const [, name, path = '', rest = ''] = /^(\w+)\(\d+<[^>]*\/(gateway\.db(?:-wal)?)>(.*)$/.exec(call) ?? []
    if (name === 'pwrite64') {
      const offset = Number(/, (\d+)(?:\) += |\s*<unfinished)/.exec(rest)?.[1])
      const isLog = path === LOG
      if (unsynced.has(isLog ? 'gateway.db' : LOG)) unsafe.push(line)
      if (isLog && unsynced.has('header') && offset >= SECOND_FRAME) unsafe.push(line)
      unsynced.add(isLog && offset === 0 ? 'header' : path).add(path)
    } else if (name !== undefined) {
      syncs.add(`${path} by ${Number(thread) === pid ? 'the main thread' : 'another'}`)
      syncing.set(thread, path)
    }
    const synced = syncing.get(thread)
    if (synced === undefined || !/ = 0$/.test(call)) continue
    syncing.delete(thread)
    unsynced.delete(synced)
    if (synced === LOG) unsynced.delete('header')
  }
  return { syncs: [...syncs].sort(), unsafe }
}

const HAS_STRACE = spawnSync('strace', ['-V']).status === 0

/** A gateway in a process of its own. */
async function gatewayProcess(t: Tester): Promise<{ origin: string; pid: number; directory: string }> {
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const directory = dataDir(t)
  const { origin, child } = await start(t, settings(sandbox.url, directory))
  return { origin, pid: child.pid ?? 0, directory }
}

test(
  'accepted updates are synced to disk before the response is written',
  { skip: !HAS_STRACE },
  async (t) => {
    const { origin, pid, directory } = await gatewayProcess(t)
    const requests: [name: string, headers: Record<string, string>, status: number][] = [
      ['respond-async', DURABLE, 202],
      ['respond-async with an Idempotency-Key', { ...DURABLE, 'idempotency-key': 'a' }, 202],
      ['synchronous with an Idempotency-Key', { ...HEADERS, 'idempotency-key': 'b' }, 200]
    ]
    for (const [index, [name, headers, expected]] of requests.entries()) {
      const file = join(directory, `trace-${index}`)
      await emptied(origin)
      const request = () => post(origin, { lead_ids: [1], fields: { rank: index } }, headers)
      const response = await traced(t, pid, file, CALLS, request)
      if (response === undefined) return

      const deeds = deedsIn(file, pid)
      const untilAnswered = deeds.slice(0, deeds.indexOf('answer written') + 1)
      t.equal(response.status, expected, name)
      t.match(untilAnswered.join(', '), /^request read, (log written, log synced, )+answer written$/, name)
    }
  }
)

test(
  'a long log is copied into the database in a safe order, and the main thread never syncs',
  { skip: !HAS_STRACE },
  async (t) => {
    const { origin, pid, directory } = await gatewayProcess(t)
    const file = join(directory, 'trace')
    const lead_ids = Array.from({ length: 5_000 }, (_, n) => n + 1)
    const statuses = await traced(t, pid, file, `pwrite64,${SYNCS}`, async () => {
      const responses = [
        await post(origin, { lead_ids, fields: { rank: 0 } }),
        await post(origin, { lead_ids, fields: { rank: 1 } })
      ]
      await emptied(origin)
      return responses.map(({ status }) => status)
    })
    if (statuses === undefined) return

    const { syncs, unsafe } = writesIn(file, pid)
    t.same(statuses, [202, 202])
    t.same(syncs, ['gateway.db by another', 'gateway.db-wal by another'])
    t.same(unsafe, [])
  }
)
