import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { dataDir } from '../helper.ts'
import { emptied, HEADERS, settings, start, terminated } from './gateway.ts'
import { Senders } from './senders.ts'

const ROUNDS = Number(process.env['SIGTERM_ROUNDS'] ?? 2)
const LONGEST_END_MS = 120_000
/** SIGTERM comes after so many durable answers of a round at most, and so many milliseconds more. */
const MOST_ANSWERS = Number(process.env['SIGTERM_ANSWERS'] ?? 40)
const MOST_MS = 10
const SYNCHRONOUS_SENDERS = 8
/** The senders of durable updates have the leads before it. */
const FIRST_LEAD = 501

/** Sends a synchronous request. Returns the HTTP status, or how the connection failed, and whether it was in use before. */
function sendSynchronously(origin: string, lead: number, agent: Agent): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const options = { agent, method: 'POST', headers: HEADERS }
  const sent = request(`${origin}/v1/leads/batch-update`, options, (response) => {
    response.on('error', () => resolve('cut off'))
    response.on('end', () => resolve(String(response.statusCode)))
    response.resume()
  })
  sent.on('error', () => resolve(sent.reusedSocket ? 'reset' : 'refused'))
  sent.end(JSON.stringify({ lead_ids: [lead], fields: { status: 'SYNC' } }))
  return promise
}

test(`SIGTERM under load, ${ROUNDS} times: every request is answered, and no update is lost`, async (t) => {
  const sandbox = await startSandbox({ callMs: 3.5, leadUs: 50 })
  t.teardown(() => sandbox.close())
  const env = settings(sandbox.url, dataDir(t))
  let answers = 0
  let enough = Promise.withResolvers<void>()
  const senders = new Senders({
    senders: 8,
    leadsPerSender: 5,
    onAnswer: () => {
      if (--answers === 0) enough.resolve()
    }
  })

  let most = 0
  const seen = new Map<string, number>()
  for (let round = 1; round <= ROUNDS; round++) {
    const server = await start(t, env)
    const agent = new Agent({ keepAlive: true })
    const ending = new AbortController()
    const one = async (lead: number) => {
      for (let answer = '200'; answer === '200';) {
        answer = await sendSynchronously(server.origin, lead, agent)
        seen.set(answer, (seen.get(answer) ?? 0) + 1)
      }
    }
    answers = 1 + Math.floor(Math.random() * MOST_ANSWERS)
    enough = Promise.withResolvers()
    const sending = [
      senders.send(server.origin, ending.signal),
      ...Array.from({ length: SYNCHRONOUS_SENDERS }, (_, n) => one(FIRST_LEAD + n))
    ]
    await enough.promise
    await pause(Math.random() * MOST_MS)
    const terminating = terminated(server)
    await server.line('draining')
    ending.abort()
    const { code, ms } = await terminating
    await Promise.all(sending)
    agent.destroy()
    most = Math.max(most, ms)
    t.equal(code, 0)
    t.equal(server.stderr(), '')
  }
  t.ok(most < LONGEST_END_MS)
  // A new connection may be refused; one that was in use before gets an answer, if only that the gateway ends.
  t.strictSame(
    [...seen.keys()].filter((answer) => !['200', '503', 'refused'].includes(answer)),
    []
  )

  const server = await start(t, env)
  t.equal(await emptied(server.origin), 0)
  await senders.assertDelivered(server.origin)
  senders.assertOrder(sandbox.calls())
  senders.assertHeld(sandbox)
  t.comment(`${senders.accepted} durable requests, ${senders.updates} updates`)
  t.comment(
    `synchronous: ${JSON.stringify(Object.fromEntries(seen))}; ended in ${Math.round(most)} ms at most`
  )
})
