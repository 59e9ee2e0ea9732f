import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { until } from '../until.ts'
import { Disk, GatewayProcess, KEY, startSandboxProcess } from './processes.ts'
import { below, chance, FIELDS, GATEWAY_FILE, LEADS } from './requests.ts'
import { Senders } from './senders.ts'

/** `npm run test:checker`: an outside checker. It starts the gateway and the sandbox as processes and imports neither. */
const OPERATIONS = Number(process.env['CHECKER_OPERATIONS'] ?? 100_000)
const SENDERS = 24
const BACK_MS = -90_000
const DAY_MS = 86_400_000
const DISK_MEGABYTES = 1_500
const OPERATIONS_PER_KILL = 2_500
/** What could not be stored is tried again within this time. */
const NOTICED_MS = 5_000
/** Share of the operations, each time, while the disk is full. */
const FULL_FOR = 0.05
const ONE_CALL = [
  'refuse',
  'reset_before',
  'reset_after',
  'hang',
  'hang_after',
  '500',
  '500_after_success',
  'truncate',
  'truncate_clean',
  'html',
  'leads_read_only'
]
const FUNCTIONS = [undefined, undefined, 'batch_update_lead', 'update_lead', 'lead_search']

interface Event {
  /** Happens after so many operations. */
  readonly at: number
  readonly what: string
  readonly happen: () => unknown
}

test(`${OPERATIONS} operations, with all that can go wrong: no lead has a value that the answers do not allow`, async (t) => {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  const sandbox = await startSandboxProcess(LEADS)
  t.teardown(() => sandbox.stop())
  const fail = (fault: string, calls: number, functionName?: string) =>
    fetch(`${sandbox.origin}/sandbox/faults`, {
      method: 'POST',
      body: JSON.stringify({ fault, calls, ...(functionName ? { function: functionName } : {}) })
    })
  /** What VICIdial holds. */
  const held = async (): Promise<[lead: number, field: string, value: string][]> => {
    const response = await fetch(`${sandbox.origin}/sandbox/leads`)
    const leads = (await response.json()) as Record<string, Record<string, string>>
    return Object.entries(leads).flatMap(([lead, columns]) =>
      FIELDS.map((field): [number, string, string] => [Number(lead), field, String(columns[field])])
    )
  }
  const data = join(directory.path, 'data')
  const hasDisk =
    process.getuid?.() === 0 && process.platform === 'linux' && OPERATIONS >= OPERATIONS_PER_KILL
  using disk = hasDisk ? new Disk(data, DISK_MEGABYTES) : undefined
  if (!disk) mkdirSync(data)
  writeFileSync(join(directory.path, 'gateway.yaml'), GATEWAY_FILE)
  const gateway = await GatewayProcess.start({
    VICIDIAL_URL: `${sandbox.origin}/vicidial/non_agent_api.php`,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_BUILD: '250720-1841',
    VICIDIAL_DB_CHARSET: 'utf8',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    VICIDIAL_MAX_CONCURRENCY: '4',
    VICIDIAL_TIMEOUT_MS: '2000',
    REQUEST_DEADLINE_MS: '6000',
    // An update becomes a dead letter soon, so that there are some to be replayed.
    RETRY_FIRST_PAUSE_MS: '1',
    RETRY_LONGEST_PAUSE_MS: '1',
    RETRY_FOR_MS: '1',
    ANONYMOUS_POINTS_PER_MINUTE: '0',
    API_KEY: KEY,
    GATEWAY_CONFIG: join(directory.path, 'gateway.yaml'),
    DATA_DIR: data,
    LOG_LEVEL: 'warn'
  })
  t.teardown(() => gateway.stop())
  const violations: string[] = []
  const senders = new Senders({
    gateway,
    onViolation: (what) => violations.push(what),
    hasRoom: (from) => !disk || from > disk.hasRoomSince + NOTICED_MS || disk.hasRoomSince === 0
  })
  t.teardown(() => senders.close())

  for (const [lead, field, value] of await held()) senders.answers.begin(lead, field, value)

  const at = (share: number) => Math.floor(share * OPERATIONS)
  const kills = Math.max(1, Math.floor(OPERATIONS / OPERATIONS_PER_KILL))
  const events: Event[] = [
    ...Array.from({ length: kills }, (_, n): Event => {
      const signal = n % 5 === 4 ? 'SIGTERM' : 'SIGKILL'
      return {
        at: at((n + 0.5 + Math.random() / 4) / kills),
        what: signal,
        // It does not start with a full disk.
        happen: () => gateway.restart(signal, () => disk?.empty())
      }
    }),
    { at: at(0.3), what: 'clock back', happen: () => gateway.shiftClock(BACK_MS) },
    {
      at: at(0.6),
      what: 'clock forward',
      happen: () => {
        senders.jumps++
        gateway.shiftClock(DAY_MS)
      }
    },
    ...(disk ? [0.2, 0.45, 0.8] : []).flatMap((share): Event[] => [
      { at: at(share), what: 'disk full', happen: () => disk?.fill() },
      { at: at(share + FULL_FOR), what: 'room again', happen: () => disk?.empty() }
    ])
  ].toSorted((a, b) => a.at - b.at)
  let isSending = true
  const happening = (async () => {
    for (const { at, what, happen } of events) {
      await until(what, () => senders.operations >= at)
      await happen()
    }
  })()
  const failing = (async () => {
    while (isSending) {
      const last = senders.operations
      const functionName = FUNCTIONS[below(FUNCTIONS.length)]
      // Look-ups succeed during a long one, so that the circuit stays closed and updates become dead letters.
      const isLong = chance(6)
      if (isLong) await fail('500', 400, 'batch_update_lead')
      else await fail(ONE_CALL[below(ONE_CALL.length)] ?? '500', 1 + below(3), functionName)
      const most = last + (isLong ? 600 : 40 + below(120))
      await until('more is sent', () => senders.operations >= most || !isSending)
    }
  })()

  const began = performance.now()
  await Promise.all([senders.send(OPERATIONS, SENDERS), happening])
  isSending = false
  await failing
  await fail('500', 0)
  disk?.empty()
  const seconds = Math.round((performance.now() - began) / 1_000)
  for (;;) {
    let fewest = Infinity
    for (; fewest > 0;) {
      const waiting = await until(`fewer than ${fewest} updates wait`, async () => {
        const left = await senders.left()
        return left.waiting < fewest && left
      })
      fewest = waiting.waiting
    }
    if ((await senders.replay(false)) === 0) break
  }
  const updates = await senders.collect()
  const wrong: { lead: number; field: string; value: string }[] = []
  for (const [lead, field, value] of await held())
    if (!senders.answers.allows(lead, field, value)) wrong.push({ lead, field, value })
  t.comment(
    `${OPERATIONS} operations in ${seconds} s: ${senders.jobs} jobs with ${updates} updates, ${kills} kills, ${disk ? 3 : 0} times a full disk`
  )
  t.comment(
    [...senders.counts]
      .sort()
      .map(([what, count]) => `${what}: ${count}`)
      .join(', ')
  )
  t.comment([...gateway.logged].map(([what, count]) => `${what}: ${count}`).join(', '))
  const calls = wrong.length > 0 ? await callsTo(sandbox.origin) : []
  for (const { lead, field, value } of wrong.slice(0, 10)) {
    t.comment(`lead ${lead}: ${field} is ${value}`)
    const writes = senders.answers.writes(lead, field)
    const last = writes.toSorted((a, b) => a.from - b.from).slice(-8)
    for (const { value, from, to, fate, request } of last)
      t.comment(`  ${value}: ${fate}, sent at ${from | 0}, answered at ${to | 0}: ${JSON.stringify(request)}`)
    for (const call of calls)
      if (last.some((write) => call.params[field] === write.value)) t.comment(`  ${JSON.stringify(call)}`)
  }
  for (const what of violations.slice(0, 20)) t.comment(what)
  t.same(wrong, [], 'no value but those that the answers allow')
  t.equal(violations.length, 0, 'no answer contradicts another')
  t.equal(gateway.stderr, '')
})

async function callsTo(origin: string): Promise<{ params: Record<string, string> }[]> {
  return (await (await fetch(`${origin}/sandbox/calls`)).json()) as { params: Record<string, string> }[]
}
