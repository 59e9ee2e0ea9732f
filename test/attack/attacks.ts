import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { hashKey } from '../../src/callers/key.ts'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { originOf, run } from '../gateway/gateway-process.ts'
import type { Tester } from '../helper.ts'

/** How hard each attack is: connections, senders of large bodies, or requests a second. */
export interface Strengths {
  readonly slow_headers: number
  readonly slow_bodies: number
  readonly idle: number
  /** Connections that take nothing of what they ask for. */
  readonly slow_readers: number
  /** Connections that send all but the end of a body of 8 MB, with a wrong signature. */
  readonly held_bodies: number
  readonly large_bodies: number
  readonly deep_json: number
  readonly key_guessing: number
  /** Signature headers of 15,000 commas. */
  readonly long_signatures: number
  /** Bodies of 8 MB where nobody takes one. */
  readonly unread_bodies: number
  readonly invalid_json: number
  /** Forms of half a million parameters, without a login, at VICIdial's address. */
  readonly form_pairs: number
}
export type Attack = keyof Strengths

/** What a caller had of the gateway, in milliseconds, and what the gateway took. */
export interface Measured {
  readonly p50: number
  readonly p99: number
  /** Answers other than 200, without `shed`. */
  readonly refused: number
  /** Refused because the event loop was late, which also a machine that is busy with other work does. */
  readonly shed: number
  /** Of the gateway, in MB. */
  readonly memory: number
  /** Of a core, that the gateway used: 1 is one whole. */
  readonly cpu: number
}

const VICTIM = 'key-of-the-caller-that-is-timed'
const OTHER = 'key-of-a-caller-that-attacks'
const PER_SECOND = 200
const STARTING_MS = 500
/** A real VICIdial's, as measured: what a caller notices is a share of what it waits for anyway. */
const COSTS = { callMs: 3.5, leadUs: 50 }
const FILE = `
compat: true
callers:
  - { name: timed, key_hashes: ["sha256:${hashKey(VICTIM)}"], permissions: "*" }
  - { name: other, key_hashes: ["sha256:${hashKey(OTHER)}"], permissions: "*" }
webhooks:
  - name: signed
    auth: { hmac: { header: X-Signature, secrets: [a-secret-of-nobody] } }
    mapping: { lead: { lead_id: id }, fields: { status: status } }
`

/** A gateway of its own process on a sandbox VICIdial, a caller that is timed, and attackers. */
export async function battlefield(
  t: Tester & { testdir(files: Record<string, string>): string },
  env: Record<string, string> = {}
) {
  const sandbox = await startSandbox(COSTS)
  t.teardown(() => sandbox.close())
  const server = run(t, {
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    // As `npm start`, and a bound: without one V8 takes memory as long as the machine has some.
    NODE_OPTIONS: '--max-semi-space-size=16 --max-old-space-size=160',
    GATEWAY_CONFIG: join(t.testdir({ 'gateway.yaml': FILE }), 'gateway.yaml'),
    ...env
  })
  const origin = await originOf(server)
  const pool = new Pool(origin)
  t.teardown(() => pool.destroy())
  const { pid } = server.child

  /** Sends updates at a steady pace, whatever became of those before, and times them. */
  const measure = async (ms: number): Promise<Measured> => {
    const times: number[] = []
    let refused = 0
    let shed = 0
    let memory = 0
    const ask = async () => {
      const sent = performance.now()
      const { statusCode, body } = await pool.request({
        path: '/v1/leads/batch-update',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${VICTIM}` },
        body: JSON.stringify({ lead_ids: [1 + (times.length % 10)], fields: { rank: times.length % 100 } })
      })
      const text = await body.text()
      if (text.includes('The gateway cannot keep up with its requests.')) shed++
      else if (statusCode !== 200) refused++
      times.push(performance.now() - sent)
    }
    const cpuBefore = cpuOf(pid)
    const began = performance.now()
    const asked: Promise<void>[] = []
    while (performance.now() - began < ms) {
      while (asked.length < ((performance.now() - began) / 1_000) * PER_SECOND) asked.push(ask())
      memory = Math.max(memory, memoryOf(pid))
      await pause(1)
    }
    await Promise.all(asked)
    const cpu = ((cpuOf(pid) - cpuBefore) * 1_000) / (performance.now() - began)
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN
    return { p50: at(0.5), p99: at(0.99), refused, shed, memory, cpu }
  }

  /** What `measure` gives while attacks are in full swing. */
  const under = async (attacks: Partial<Strengths>, ms: number): Promise<Measured> => {
    const file = join(import.meta.dirname, 'attacker.ts')
    const attacker = spawn(process.execPath, [file, JSON.stringify(attacks), origin, OTHER], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ended = once(attacker, 'close')
    try {
      const [first] = await Promise.race([once(attacker.stdout, 'data'), ended])
      if (!(first instanceof Buffer)) throw new Error('the attacker ended before it attacked')
      // Until it has started, the attacker's own process takes much of a core.
      await pause(STARTING_MS)
      const measured = await measure(ms)
      if (attacker.exitCode !== null || attacker.signalCode !== null) throw new Error('the attacker gave up')
      return measured
    } finally {
      attacker.kill('SIGKILL')
      await ended
    }
  }
  return { measure, under }
}

/** A process's memory in MB, as the kernel counts it. */
function memoryOf(pid: number | undefined): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1]) / 1_000)
}

/** What a process has used of the processor, in seconds; the kernel counts in hundredths. */
function cpuOf(pid: number | undefined): number {
  const [user, system] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? []
  return (Number(user) + Number(system)) / 100
}
