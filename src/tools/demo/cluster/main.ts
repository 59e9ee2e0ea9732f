import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { startDatabase } from './database.ts'
import { startFront } from './front.ts'
import { type DemoGateway, startGateway } from './gateways.ts'
import { startSenders } from './senders.ts'

/**
 * `npm run demo:cluster`: three gateways on one PostgreSQL. Sends work, kills the gateway that calls VICIdial, and shows that
 * nothing is lost and how long calls paused. With `--once` it ends then, with 0 if nothing was lost.
 */

const KEY = 'demo-key'
const GATEWAYS = 3
const LEADS = 1_000
const SENDERS = 24
/** What a call takes in VICIdial, in milliseconds. */
const CALL_MS = 3
const BEFORE_MS = 4_000
const AFTER_MS = 3_000
const LOOK_EVERY_MS = 100
/** Messages of the log that tell of the cluster. */
const OF_THE_CLUSTER = /the right to call vicidial|^gateway (?:joined|is gone)/

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } })
const closing: (() => Promise<unknown>)[] = []
const began = performance.now()

function print(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** Prints what happens, with the seconds since the start. */
function tell(text: string): void {
  print(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}`)
}

async function close(): Promise<void> {
  for (const step of closing.toReversed()) await step()
}

async function demo(): Promise<boolean> {
  const sandbox = await startSandbox({ leads: LEADS, callMs: CALL_MS })
  closing.push(() => sandbox.close())
  const database = await startDatabase()
  closing.push(() => database.stop())
  tell('PostgreSQL and a sandbox VICIdial have started')
  const env = {
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_DB_CHARSET: 'utf8',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    API_KEY: KEY,
    DATABASE_URL: database.url,
    CLUSTER_SECRET: 'secret-of-the-demo-cluster'
  }
  const names = Array.from({ length: GATEWAYS }, (_, index) => `gateway-${index + 1}`)
  let isOver = false
  const onLine = (gateway: string, message: string) => {
    if (!isOver && OF_THE_CLUSTER.test(message)) tell(`${gateway}: ${message}`)
  }
  const gateways = await Promise.all(names.map((name) => startGateway(name, env, onLine)))
  for (const gateway of gateways) closing.push(() => gateway.stop())
  const front = await startFront(gateways.map(({ origin }) => origin))
  closing.push(() => front.close())
  tell(`${GATEWAYS} gateways listen, with a load balancer before them: ${front.origin}`)

  const senders = startSenders(front.origin, KEY, SENDERS)
  tell(`${SENDERS} senders send updates, some stored (202), some synchronous`)
  const owner = await ownerOf(gateways)
  await pause(BEFORE_MS)
  const { length } = sandbox.calls()
  const killedAt = Date.now()
  await owner.kill()
  tell(`kill -9 of ${owner.name}, which calls VICIdial (${length} calls so far)`)
  await ownerOf(gateways.filter((gateway) => gateway !== owner))
  while (longestPause(sandbox.calls(), killedAt) === undefined) await pause(LOOK_EVERY_MS)
  await pause(AFTER_MS)
  await senders.stop()
  const paused = longestPause(sandbox.calls(), killedAt) ?? 0
  tell(`VICIdial got calls again after ${(paused / 1_000).toFixed(1)} s`)
  const pending = await allEnded(front.origin, senders.jobs)
  tell(`all ${senders.jobs.length} jobs have ended`)

  const { accepted, updated, unknown, refused, broken } = senders.answered
  print()
  print(`  ${accepted} updates were answered with 202; ${accepted - pending} of them are made`)
  print(`  ${updated} synchronous updates were answered as made, ${unknown} with an unknown end`)
  print(`  ${refused} requests were refused while calls paused, ${broken} broke with ${owner.name}`)
  const leads = sandbox.leads()
  const wrong = [...senders.allowed].filter(
    ([lead, comments]) => !comments.includes(String(leads[lead]?.comments))
  )
  for (const [lead, comments] of wrong)
    print(`  lead ${lead} has ${leads[lead]?.comments}, not ${comments.join(' or ')}`)
  const isWell = pending === 0 && wrong.length === 0
  isOver = values.once
  print(
    isWell ? '  Every lead has the value that was acknowledged last: nothing is lost.' : '  Updates are lost.'
  )
  if (!values.once)
    showMore(
      front.origin,
      gateways.filter((gateway) => gateway !== owner)
    )
  return isWell
}

/** The one of these gateways that calls VICIdial. */
async function ownerOf(gateways: readonly DemoGateway[]): Promise<DemoGateway> {
  for (;;) {
    for (const { origin } of gateways) {
      const response = await fetch(`${origin}/readyz`).catch(() => undefined)
      const { cluster } = ((await response?.json()) ?? {}) as { cluster?: { owner?: string } }
      const owner = gateways.find(({ name }) => name === cluster?.owner)
      if (owner) return owner
    }
    await pause(LOOK_EVERY_MS)
  }
}

/** The longest time without a call after `from`, in milliseconds; undefined as long as there was none. */
function longestPause(calls: readonly { readonly at: string }[], from: number): number | undefined {
  let last = from
  let longest: number | undefined
  for (const { at } of calls) {
    const time = Date.parse(at)
    if (time <= from) continue
    longest = Math.max(longest ?? 0, time - last)
    last = time
  }
  return longest
}

/** Waits until every job has ended. Returns how many updates were not made. */
async function allEnded(origin: string, jobs: readonly string[]): Promise<number> {
  let missing = 0
  for (const job of jobs) {
    for (;;) {
      const response = await fetch(`${origin}/v1/jobs/${job}`, {
        headers: { authorization: `Bearer ${KEY}` }
      })
      const { status } = (await response.json()) as { status?: string }
      if (status !== 'queued' && status !== 'running') {
        if (status !== 'completed') missing++
        break
      }
      await pause(LOOK_EVERY_MS)
    }
  }
  return missing
}

function showMore(origin: string, gateways: readonly DemoGateway[]): void {
  print()
  print('The others keep running until Ctrl+C. Try next:')
  print(`  - the operations page, with the key ${KEY}:  ${origin}/ops`)
  for (const { name, origin, pid } of gateways)
    print(`  - ${name}:  curl -s ${origin}/readyz  or  kill -9 ${pid}`)
}

try {
  const isWell = await demo()
  if (values.once) {
    await close()
    process.exitCode = isWell ? 0 : 1
  } else {
    process.once('SIGINT', close)
    process.once('SIGTERM', close)
  }
} catch (error) {
  await close()
  throw error
}
