import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdtempDisposableSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { KEY, type Server, startGatewayProcess, startSandboxProcess } from '../../../bench/servers.ts'
import { Through } from '../../../bench/target.ts'

/**
 * `npm run test:push`: pushes a million rows, killed and resumed twice, beside the same updates sent by a bare loop in
 * turn. Fails if a row has not exactly one outcome, the memory goes beyond its limit, or the push is too slow.
 */
const ROWS = Number(process.env['PUSH_ROWS'] ?? 1_000_000)
const BATCH = 2_000
const CONCURRENCY = 2
/** Every so many rows one names a lead that there is not, and one has a status that is too long. */
const GONE_EVERY = 10_000
const LONG_EVERY = 1_000
const BARE_ROWS = Math.min(ROWS, Math.max(BATCH, Math.floor(ROWS / 5)))
const MAX_RSS_MIB = 150
const MAX_SLOWDOWN = 1.2
const SAMPLE_EVERY_MS = 100
/** Parts of the time that the bare loop would take for all rows. */
const KILLED_AFTER = [0.3, 0.35]

interface Run {
  /** null: it was killed. */
  readonly exitCode: number | null
  readonly seconds: number
  readonly peakMiB: number
  readonly rows: number
  readonly summary: Record<string, any> | undefined
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function* csv(): Generator<string, void> {
  yield 'Lead,Stage,City\n'
  for (let row = 1; row <= ROWS; row++) {
    const lead = row % GONE_EVERY === 0 ? 900_000_000 + row : row
    const status = row % LONG_EVERY === 1 ? 'TOOLONG' : `B${row % 20}`
    yield `${lead},${status},City ${row % 20}\n`
  }
}

/** The bodies of the same updates, all sound; made beforehand. */
function bodies(): string[] {
  return Array.from({ length: Math.ceil(BARE_ROWS / BATCH) }, (_, part) => {
    const updates = Array.from({ length: BATCH }, (_, n) => {
      const row = part * BATCH + n + 1
      return { lead_id: row, fields: { status: `B${row % 20}`, city: `City ${row % 20}` } }
    })
    return JSON.stringify({ updates })
  })
}

/** Rows a second of a loop that does nothing but send. */
async function bare(gateway: Server, prepared: readonly string[]): Promise<number> {
  const through = new Through(gateway.origin, CONCURRENCY)
  const started = performance.now()
  let next = 0
  const loop = async () => {
    for (let body = prepared[next++]; body !== undefined; body = prepared[next++]) await through.batch(body)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, loop))
  const seconds = (performance.now() - started) / 1_000
  await through.close()
  return (prepared.length * BATCH) / seconds
}

/** Pushes until it ends, or is killed after some time. */
async function pushed(gateway: Server, file: string, killAfterMs: number): Promise<Run> {
  const mapping = ['--map', 'Lead=lead_id', '--map', 'Stage=status', '--map', 'City=city']
  const args = ['bin/vicidial-gateway.js', 'push', file, ...mapping, '--json', '--batch', String(BATCH)]
  const env = { ...process.env, GATEWAY_URL: gateway.origin, GATEWAY_KEY: KEY }
  const before = recordedRows(file)
  const started = performance.now()
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const output = readText(child.stdout)
  let peakMiB = 0
  while (child.exitCode === null && child.signalCode === null) {
    peakMiB = Math.max(peakMiB, peakOf(child))
    if (performance.now() - started > killAfterMs) child.kill('SIGKILL')
    await Promise.race([ended, pause(SAMPLE_EVERY_MS)])
  }
  await ended
  const text = await output
  const seconds = (performance.now() - started) / 1_000
  const summary = text === '' ? undefined : JSON.parse(text)
  return { exitCode: child.exitCode, seconds, peakMiB, rows: recordedRows(file) - before, summary }
}

/** The most memory that a process has had, in MiB; 0 if it has ended. */
function peakOf({ pid }: ChildProcess): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  } catch {
    return 0
  }
}

/** Rows that have an outcome by the state of a push that does not run. */
function recordedRows(file: string): number {
  if (!existsSync(`${file}.push-state`)) return 0
  const database = new DatabaseSync(`${file}.push-state`)
  const row = database.prepare("SELECT value FROM facts WHERE name = 'totals'").get()
  database.close()
  return row === undefined ? 0 : JSON.parse(String(row['value'])).rows
}

/** Every rejected row must stand among the rejects once, and no other. */
function assertRejects(path: string): void {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1)
  const told = lines.map((line) => line.split(',').slice(3, 6).join(' '))
  const expected = Array.from({ length: ROWS }, (_, n) => n + 1).flatMap((row) => {
    if (row % GONE_EVERY === 0) return [`${row + 1} not_found lead_not_found`]
    return row % LONG_EVERY === 1 ? [`${row + 1} rejected field_too_long`] : []
  })
  assert.deepEqual(told.toSorted(), expected.toSorted())
}

using directory = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
const file = join(directory.path, 'leads.csv')
await pipeline(Readable.from(csv()), createWriteStream(file))
const sandbox = await startSandboxProcess(ROWS)
const url = `${sandbox.origin}/vicidial/non_agent_api.php`
const gateway = await startGatewayProcess(url, { user: 'api', pass: 's3cret' })
try {
  const prepared = bodies()
  const bareRates: number[] = []
  const runs: Run[] = []
  for (const part of [...KILLED_AFTER, Number.POSITIVE_INFINITY]) {
    const rate = await bare(gateway, prepared)
    bareRates.push(rate)
    print(`bare loop: ${Math.round(rate)} rows/s`)
    const run = await pushed(gateway, file, (part * ROWS * 1_000) / rate)
    runs.push(run)
    const end = run.exitCode === null ? 'killed' : `exit ${run.exitCode}`
    print(
      `push: ${run.rows} rows in ${run.seconds.toFixed(1)} s, ${run.peakMiB.toFixed(1)} MiB at most, ${end}`
    )
  }
  const bareRate = bareRates.reduce((sum, rate) => sum + rate, 0) / bareRates.length
  const pushRate = ROWS / runs.reduce((sum, { seconds }) => sum + seconds, 0)
  const peakMiB = Math.max(...runs.map((run) => run.peakMiB))
  const gone = Math.floor(ROWS / GONE_EVERY)
  const long = Math.floor((ROWS + LONG_EVERY - 1) / LONG_EVERY)
  print(
    `bare loop ${Math.round(bareRate)} rows/s, push ${Math.round(pushRate)} rows/s: ${(pushRate / bareRate).toFixed(3)}`
  )
  print(JSON.stringify(runs.at(-1)?.summary))
  assert.deepEqual(
    runs.map(({ exitCode }) => exitCode),
    [null, null, 1]
  )
  assert.deepEqual(runs.at(-1)?.summary?.['by_status'], {
    updated: ROWS - gone - long,
    not_found: gone,
    rejected: long
  })
  assert.equal(
    runs.reduce((sum, { rows }) => sum + rows, 0),
    ROWS
  )
  assertRejects(`${file}.rejects.csv`)
  assert(peakMiB < MAX_RSS_MIB, `${peakMiB} MiB`)
  assert(pushRate > bareRate / MAX_SLOWDOWN, 'too slow')
} finally {
  await gateway.stop()
  await sandbox.stop()
}
