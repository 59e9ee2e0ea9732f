import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { FIELDS, below, chance, GATEWAY_FILE, LEADS } from '../../checker/requests.ts'
import { Senders } from '../../checker/senders.ts'
import type { Tester } from '../../helper.ts'
import { until } from '../../until.ts'
import { type AttackName, ATTACKS, OF_THE_DATABASE } from './attacks.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { olderAfterNewer } from './order.ts'
import { longestPause, overlaps } from './vicidial-watch.ts'

const GATEWAYS = 3
/** Pause of a sender between two requests, in milliseconds: VICIdial has to keep up. */
const SENDER_PAUSE_MS = 100
/** With more updates waiting, senders wait too. */
const MOST_WAITING = 3_000
/** Between two attacks VICIdial gets so many calls. */
const CALLS_BETWEEN = 60
/** How long after an attack a gateway may still be unable to store, in milliseconds. */
const NOTICED_MS = 5_000
/** How long what a gateway had begun when it was killed may still take in the database and at VICIdial, in milliseconds. */
const LATE_MS = 5_000
/** How long a sender waits for an answer, in milliseconds: otherwise all could wait for a gateway that is frozen until others work. */
const ANSWER_MS = 10_000
/** Faults after which VICIdial has made the change, and the gateway cannot know. */
const FAULTS = ['500_after_success', 'reset_after', 'truncate'] as const

/** How long the attacks of one kind kept VICIdial without a call, in milliseconds. */
export type Pauses = ReadonlyMap<AttackName, readonly number[]>

/** Starts three gateways for `attack`, until the test ends. */
export function startAttackable(t: Tester): Promise<Cluster> {
  return startCluster(t, { gateways: GATEWAYS, leads: LEADS, file: GATEWAY_FILE, delayMs })
}

/**
 * Attacks a cluster one way after the other while senders of all kinds use it, and checks what they were answered against
 * what VICIdial got and holds.
 * @param count how many senders there are
 */
export async function attack(
  t: Test,
  cluster: Cluster,
  plan: readonly AttackName[],
  count: number
): Promise<Pauses> {
  const { sandbox, watch } = cluster
  const backlog = watchBacklog(t, cluster)
  const violations: string[] = []
  /** While an attack keeps gateways from storing: its begin, else when the last one ended. */
  const trouble = { isOn: false, endedAt: Number.NEGATIVE_INFINITY }
  const hasTrouble = (since: number) => trouble.isOn || since < trouble.endedAt + NOTICED_MS
  /** Answers to the request that has set a value, to explain a value that must not be there. */
  const answersTo = new Map<string, string[]>()
  const senders = new Senders({
    gateway: {
      origin: cluster.origin,
      get ready() {
        return pause(SENDER_PAUSE_MS).then(backlog.small)
      }
    },
    onViolation: (what) => violations.push(what),
    hasRoom: (from) => !hasTrouble(from),
    onAnswer: ({ method, path, updates }, answer) => {
      const line = `${performance.now().toFixed(0)}: ${method} ${path}: ${answer ? `${answer.status} ${answer.text}` : 'none'}`
      for (const value of new Set(updates.flatMap(({ fields }) => Object.values(fields))))
        answersTo.set(value, [...(answersTo.get(value) ?? []), line])
    },
    lateMs: LATE_MS,
    answerMs: ANSWER_MS
  })
  t.teardown(() => senders.close())
  for (const [lead, field, value] of held(cluster)) senders.answers.begin(lead, field, value)

  const sending = senders.send(Number.POSITIVE_INFINITY, count)
  const pauses = new Map<AttackName, number[]>()
  for (const name of plan) {
    await callsCome(cluster)
    if (chance(50)) sandbox.fail(FAULTS[below(FAULTS.length)] ?? 'truncate', { calls: 1 + below(2) })
    trouble.isOn = OF_THE_DATABASE.has(name)
    const began = performance.now()
    await ATTACKS[name](cluster, t)
    const ended = performance.now()
    if (trouble.isOn) Object.assign(trouble, { isOn: false, endedAt: ended })
    await cluster.owned()
    await callsCome(cluster)
    const ms = Math.round(longestPause(watch.times, began, performance.now()))
    pauses.set(name, [...(pauses.get(name) ?? []), ms])
    t.comment(`${name}: ${ms} ms without a call`)
  }
  senders.stop()
  await sending
  sandbox.fail('truncate', { calls: 0 })

  do await finished(cluster)
  while ((await senders.replay(false)) > 0)
  const updates = await senders.collect()
  t.comment(`${senders.jobs} jobs with ${updates} updates, ${watch.done.length} calls`)
  t.comment(
    [...senders.counts]
      .sort()
      .map(([what, count]) => `${what}: ${count}`)
      .join(', ')
  )
  for (const { name, process } of cluster.nodes)
    t.comment(`${name} logged: ${[...process.logged].map(([what, count]) => `${count} ${what}`).join(', ')}`)
  const wrong = held(cluster).filter(([lead, field, value]) => !senders.answers.allows(lead, field, value))
  for (const [lead, field, value] of wrong.slice(0, 5)) {
    t.comment(`lead ${lead}: ${field} is ${value}`)
    for (const line of answersTo.get(value) ?? []) t.comment(`  ${line}`)
    for (const { leads, params, from, to } of watch.done)
      if (leads.includes(lead) && params[field] !== undefined)
        t.comment(`  set to ${params[field]} from ${from.toFixed(0)} to ${to.toFixed(0)}`)
  }
  t.same(wrong, [], 'no lead has a value that the answers do not allow')
  t.same(violations.slice(0, 20), [], 'no answer contradicts another')
  t.same(
    olderAfterNewer(watch.done, senders.answers).slice(0, 20),
    [],
    'no older value came after a newer one'
  )
  t.same(overlaps(watch.done).slice(0, 5), [], 'never two calls for one lead')
  for (const { name, process } of cluster.nodes) t.equal(process.stderr, '', `${name} wrote nothing else`)
  return pauses
}

/** Most calls are quick, a few are slow; none is as slow as the wait of a new owner allows for. */
function delayMs(): number {
  if (chance(2)) return 100 + below(500)
  return chance(10) ? 10 + below(40) : below(4)
}

/** What VICIdial holds. */
function held({ sandbox }: Cluster): [lead: number, field: string, value: string][] {
  const leads = sandbox.leads() as unknown as Record<string, Record<string, string>>
  return Object.entries(leads).flatMap(([lead, columns]) =>
    FIELDS.map((field): [number, string, string] => [Number(lead), field, String(columns[field])])
  )
}

/** Resolves when VICIdial got so many more calls. */
async function callsCome({ watch }: Cluster): Promise<void> {
  const { length } = watch.times
  await until('calls come', () => watch.times.length >= length + CALLS_BETWEEN)
}

/** Resolves when every update of every job has ended. */
async function finished(cluster: Cluster): Promise<void> {
  let fewest = Number.POSITIVE_INFINITY
  while (fewest > 0)
    fewest = await until(`fewer than ${fewest} updates wait`, async () => {
      const waiting = await countWaiting(cluster)
      if (waiting !== undefined && waiting < fewest) return { waiting }
      await pause(LOOK_EVERY_MS)
      return false
    }).then(({ waiting }) => waiting)
}

const WAITING = 'SELECT coalesce(sum(pending), 0) AS waiting FROM jobs WHERE finished_at IS NULL'

async function countWaiting({ ask }: Cluster): Promise<number | undefined> {
  const [row] = (await ask(WAITING).catch(() => undefined)) ?? []
  return row && Number(row['waiting'])
}

const LOOK_EVERY_MS = 250

/** Lets senders wait while much waits for VICIdial. */
function watchBacklog(t: Test, cluster: Cluster): { small: () => Promise<void> } {
  let isSmall = Promise.resolve()
  const closing = new AbortController()
  const watching = (async () => {
    while (!closing.signal.aborted) {
      if (((await countWaiting(cluster)) ?? 0) > MOST_WAITING) {
        const small = Promise.withResolvers<void>()
        isSmall = small.promise
        await until('VICIdial keeps up', async () => {
          await pause(LOOK_EVERY_MS)
          const waiting = await countWaiting(cluster)
          return closing.signal.aborted || (waiting !== undefined && waiting < MOST_WAITING / 2)
        })
        small.resolve()
      }
      await pause(LOOK_EVERY_MS, undefined, { signal: closing.signal }).catch(() => {})
    }
  })()
  t.teardown(async () => {
    closing.abort()
    await watching
  })
  return { small: () => isSmall }
}
