/**
 * How long a backlog takes to be delivered, against the same updates in synchronous batches. To be run by hand, on a
 * machine that does nothing else: `node test/durable/drain.ts [updates] [--cpu-prof-dir=DIR]`
 */
import { spawn } from 'node:child_process'
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { run, originOf } from '../gateway/gateway-process.ts'
import { batchOf, CHANGE_SETS, fill } from './backlog.ts'
import { emptied, HEADERS, post, settings } from './gateway.ts'

const BATCH = 10_000
/** What a call costs on a real VICIdial, and each lead of it. */
const COST = ['--call-ms', '3.5', '--lead-us', '50']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'cpu-prof-dir': { type: 'string' } }
})
const updates = Number(positionals[0] ?? 100_000)
const profile = values['cpu-prof-dir']

/** Starts a gateway on `directory`, does something with it, and ends it. Returns what that took, in milliseconds. */
async function timed(
  name: string,
  url: string,
  directory: string,
  work: (origin: string) => Promise<unknown>
) {
  const ends: (() => unknown)[] = []
  const flags =
    profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${join(profile, name)}` }
  const server = run({ teardown: (end) => ends.push(end) }, { ...settings(url, directory), ...flags })
  try {
    const origin = await originOf(server)
    const began = performance.now()
    await work(origin)
    const ms = performance.now() - began
    server.child.kill('SIGTERM')
    await server.exit
    const calls = server.lines.filter(({ msg }) => msg === 'vicidial call')
    const leads = calls.reduce((sum, call) => sum + Number(call['leads']), 0)
    process.stdout.write(`${name}: ${Math.round(ms)} ms, ${calls.length} calls with ${leads} leads\n`)
    return ms
  } finally {
    for (const end of ends) await end()
  }
}

const sandbox = spawn(
  process.execPath,
  ['src/tools/cli/main.ts', 'sandbox', '--port', '0', '--leads', String(updates), ...COST],
  { stdio: ['ignore', 'pipe', 'inherit'] }
)
try {
  let url = ''
  for await (const line of createInterface({ input: sandbox.stdout })) {
    url = `${line.slice('listening on '.length)}/vicidial/non_agent_api.php`
    break
  }
  process.stdout.write(`${updates} updates with ${CHANGE_SETS} change sets\n`)
  using plain = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  const synchronousMs = await timed('synchronous', url, plain.path, async (origin) => {
    for (let first = 1; first <= updates; first += BATCH) {
      const { status, text } = await post(origin, batchOf(first, Math.min(BATCH, updates)), HEADERS)
      if (status !== 200) throw new Error(`HTTP ${status}: ${text.slice(0, 300)}`)
    }
  })
  for (const [turn, jobSize] of [1_000, 1].entries()) {
    using directory = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
    await fill(directory.path, updates, jobSize, turn + 1)
    const ms = await timed(`jobs-of-${jobSize}`, url, directory.path, (origin) => emptied(origin))
    process.stdout.write(`  ${(ms / synchronousMs).toFixed(2)} times as long as synchronous batches\n`)
  }
} finally {
  sandbox.kill('SIGTERM')
}
