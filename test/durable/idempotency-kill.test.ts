import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { dataDir } from '../helper.ts'
import { DURABLE, emptied, get, HEADERS, kill, type Posted, post, settings, start } from './gateway.ts'
import { until } from '../until.ts'

const ROUNDS = Number(process.env['IDEMPOTENCY_ROUNDS'] ?? 2)
const REQUESTS = 50
/** In this time fifty requests come and are answered; in every second round the process is killed somewhere in it. */
const DURING_MS = 60
const CALL_MS = 20
const CONFLICT = 409

/** Sends one request many times at once. Returns the responses; none where the connection broke or another was busy. */
async function sendAll(
  origin: string,
  times: number,
  batch: object,
  headers: Record<string, string>,
  onAnswer: () => void = () => {}
): Promise<Posted[]> {
  const send = async () => {
    const answer = await post(origin, batch, headers)
    if (answer.status !== CONFLICT) onAnswer()
    return answer
  }
  const asked = Array.from({ length: times }, () => send().catch(() => undefined))
  const answers = await Promise.all(asked)
  return answers.filter((answer) => answer !== undefined).filter(({ status }) => status !== CONFLICT)
}

/** Repeats what has no answer yet, until everything has one. */
async function completed(
  origin: string,
  answers: Posted[],
  batch: object,
  headers: Record<string, string>
): Promise<Posted[]> {
  const all = [...answers]
  while (all.length < REQUESTS) all.push(...(await sendAll(origin, REQUESTS - all.length, batch, headers)))
  return all
}

test('fifty requests with one Idempotency-Key and a kill -9 among them: one job, one response', async (t) => {
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const env = settings(sandbox.url, dataDir(t))
  let server = await start(t, env)
  const jobs = new Set<string>()

  for (let round = 1; round <= ROUNDS; round++) {
    const batch = { lead_ids: [1, 2, 3], fields: { rank: round } }
    const headers = { ...DURABLE, 'idempotency-key': `round-${round}` }
    const answered = Promise.withResolvers<void>()
    const first = sendAll(server.origin, REQUESTS, batch, headers, answered.resolve)
    await (round % 2 === 0 ? pause(Math.random() * DURING_MS) : answered.promise)
    await kill(server)
    const before = await first
    server = await start(t, env)
    const answers = await completed(server.origin, before, batch, headers)

    t.comment(`${before.length} of ${REQUESTS} answered before the kill`)
    t.same([...new Set(answers.map(({ status }) => status))], [202])
    t.equal(new Set(answers.map(({ text }) => text)).size, 1, 'one answer')
    t.ok(answers.filter(({ headers }) => headers['idempotency-replayed'] !== 'true').length <= 1)
    jobs.add(JSON.parse(answers[0]?.text ?? '{}').id)
  }

  t.equal(await emptied(server.origin), 0)
  const listed = await get(server.origin, '/v1/jobs')
  t.same(new Set(listed.jobs.map(({ id }: { id: string }) => id)), jobs)
  t.equal(jobs.size, ROUNDS)
  t.match(
    listed.jobs,
    Array.from({ length: ROUNDS }, () => ({ status: 'completed', summary: { received: 3, updated: 3 } }))
  )
  const held = sandbox.leads() as unknown as Record<number, { rank: number }>
  t.same([held[1]?.rank, held[2]?.rank, held[3]?.rank], [ROUNDS, ROUNDS, ROUNDS])
})

test('the same with responses that wait for VICIdial: the updates are made, all responses are the same', async (t) => {
  const sandbox = await startSandbox({ callMs: CALL_MS })
  t.teardown(() => sandbox.close())
  const env = settings(sandbox.url, dataDir(t))
  let server = await start(t, env)

  for (let round = 1; round <= ROUNDS; round++) {
    const batch = { lead_ids: [1, 2, 3], fields: { rank: round } }
    const headers = { ...HEADERS, 'idempotency-key': `round-${round}` }
    const first = sendAll(server.origin, REQUESTS, batch, headers)
    await until('VICIdial has the call', () =>
      sandbox.calls().some(({ params }) => params['rank'] === String(round))
    )
    await pause(Math.random() * 2 * CALL_MS)
    await kill(server)
    const before = await first
    server = await start(t, env)
    const answers = await completed(server.origin, before, batch, headers)

    t.comment(`${before.length} of ${REQUESTS} answered before the kill`)
    t.same([...new Set(answers.map(({ status }) => status))], [200])
    t.equal(new Set(answers.map(({ text }) => text)).size, 1, 'one answer')
    t.match(JSON.parse(answers[0]?.text ?? '{}').summary, { received: 3, updated: 3 })
    const held = sandbox.leads() as unknown as Record<number, { rank: number }>
    t.same([held[1]?.rank, held[2]?.rank, held[3]?.rank], [round, round, round])
  }
})
