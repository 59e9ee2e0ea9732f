import { overloaded, StorageError } from '../../src/errors.ts'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import type { Delivered, DeliveryContext } from '../../src/delivery/delivery.ts'
import {
  TIMED_OUT,
  NOT_SENT_AFTER_UNKNOWN,
  type Outcome,
  type OutcomeError
} from '../../src/delivery/outcome.ts'
import { Worker, type WorkerOptions } from '../../src/jobs/worker.ts'
import type { Update } from '../../src/leads/update.ts'
import { MAX_FOLDED, type UpdateQueue } from '../../src/outbox/queue.ts'
import { SqliteOutbox } from '../../src/outbox/sqlite/sqlite-outbox.ts'
import type { Refused } from '../../src/vicidial/reply/reply.ts'
import { dataDir, memoryLog, type Tester } from '../helper.ts'
import { AT_ONCE, jobId, newJob, nextSequence, sets } from '../outbox/jobs.ts'
import { steadyNow } from '../../src/steady-clock.ts'
import { stoppedClock } from '../stopped-clock.ts'
import { until } from '../until.ts'
import { UPDATED, updatedByKey } from '../delivery/updates.ts'

const AWAY: Outcome = failed('upstream_unavailable', true)
const REFUSED: Outcome = failed('list_not_found', false)
const DENIED: Outcome = failed('upstream_permission_denied', false)
const NO_LEAD: Outcome = {
  status: 'not_found',
  warnings: [],
  error: { code: 'lead_not_found', detail: 'No such lead.', retryable: false }
}
const CIRCUIT_OPEN: Refused = { kind: 'refused', code: 'upstream_unavailable', detail: 'VICIdial is away.' }
/** More turns of the event loop than anything takes that doesn't wait for time. */
const MANY_TURNS = 2_000

function failed(code: OutcomeError['code'], retryable: boolean): Outcome {
  return { status: 'failed', warnings: [], error: { code, detail: 'It failed.', retryable } }
}

/** A delivery that the worker asked for, and that ends when the test says so. */
interface Asked {
  readonly updates: readonly Update[]
  readonly context: DeliveryContext
  /** The same outcome for each update. */
  answer(outcome: Outcome): void
  answerOne(index: number, outcome: Outcome): void
  refuse(error: Error): void
}

/** A worker with a real outbox, and a dispatcher that answers when the test says so. */
async function working(t: Tester, settings: Partial<WorkerOptions> = {}) {
  const outbox = new SqliteOutbox(dataDir(t), AT_ONCE)
  const asked: Asked[] = []
  const state: { refused: Refused | undefined; answering: ((update: Update) => Outcome) | undefined } = {
    refused: undefined,
    answering: undefined
  }
  const { log, logged } = memoryLog()
  const options: WorkerOptions = {
    queue: outbox.queue,
    account: 'default',
    dispatcher: {
      deliver: async (given, context) => {
        const { promise, resolve, reject } = Promise.withResolvers<Delivered>()
        const outcomes: Outcome[] = []
        const answerOne = (index: number, outcome: Outcome) => {
          outcomes[index] = outcome
          context.onOutcome?.(index, outcome, 1)
          if (Object.keys(outcomes).length === given.length) resolve({ outcomes, upstreamCalls: 1 })
        }
        const answerAll = (outcomeOf: (update: Update) => Outcome) => {
          for (const [index, update] of given.entries()) answerOne(index, outcomeOf(update))
        }
        const answer = (outcome: Outcome) => answerAll(() => outcome)
        asked.push({ updates: given, context, answer, answerOne, refuse: reject })
        if (state.answering) answerAll(state.answering)
        return promise
      }
    },
    guard: { refusal: () => state.refused },
    schedule: { firstMs: 1_000, longestMs: 4_000, forMs: 5_000 },
    maxInFlight: 100,
    log,
    ...settings
  }
  const worker = new Worker(options)
  t.teardown(async () => {
    for (const { answer } of asked) answer(UPDATED)
    await worker.stop(Date.now())
    await outbox.close()
  })
  let seen = 0
  return {
    outbox,
    worker,
    asked,
    state,
    logged,
    /** The next delivery that was not returned yet, when it is asked for. */
    next: async (): Promise<Asked> => {
      const one = await until('a delivery', () => asked[seen])
      seen++
      return one
    },
    ended: (n: number) =>
      until('the end of the job', async () => {
        const job = await outbox.jobs.find(jobId(n))
        return job?.finishedAt !== undefined && job
      })
  }
}

/** Holds time until the test ends; only the returned function lets it pass. */
function holdTime(t: Tester): (ms: number) => void {
  return stoppedClock(t, 1_000_000).tick
}

/** Lets everything happen that needs no time, until `isSo`; fails if it never is. */
async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < MANY_TURNS; turns++) {
    if (await isSo()) return
    await turn()
  }
  throw new Error(`needs time: ${what}`)
}

/** The leads of a delivery and the statuses to set, in short. */
function inShort({ updates: given }: Asked): string[] {
  return given.map(({ key, changes }) => `${key.value} ${changes.stored['status']}`)
}

test('accepted updates are delivered for their job, caller and source, and their results are stored', async (t) => {
  const { outbox, worker, next, ended } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 2)], { caller: 'web', source: 'shop' }))
  const before = Date.now()
  worker.wake()
  const delivery = await next()
  const { caller, source, requestId, deadline, sequencing } = delivery.context
  t.same({ caller, source, requestId }, { caller: 'stored web', source: 'shop', requestId: jobId(1) })
  t.ok(deadline > before)
  t.same([sequencing?.sequenceOf(0), sequencing?.sequenceOf(1), sequencing?.isStored], [1, 2, true])
  t.same(inShort(delivery), ['1 A', '2 B'])
  delivery.answer({
    ...UPDATED,
    warnings: [{ field: 'city', code: 'characters_dropped', sent: 'a,b', stored: 'ab' }]
  })

  t.match(await ended(1), { status: 'completed', counts: { updated: 2 }, upstreamCalls: 1 })
  const warnings = [{ field: 'city', code: 'characters_dropped', sent: 'a,b', stored: 'ab' }]
  t.same(await outbox.jobs.results(jobId(1)), [
    { index: 0, lead_id: 1, status: 'updated', warnings },
    { index: 1, lead_id: 2, status: 'updated', warnings }
  ])
})

test('updates of several jobs are sent at once, one delivery per job', async (t) => {
  const { outbox, worker, next } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  await outbox.jobs.accept(newJob(2, [sets('B', 2)], { caller: 'web' }))
  worker.wake()
  const [first, second] = [await next(), await next()]
  t.same([first.context.caller, second.context.caller], ['stored crm', 'stored web'])
})

test('calls are counted for every job, however many updates are settled at once', async (t) => {
  const { outbox, worker, next, ended } = await working(t, { maxInFlight: 2_000 })
  const leads = (from: number) => Array.from({ length: 500 }, (_, n) => sets('A', from + n))
  await outbox.jobs.accept(newJob(1, leads(1)))
  worker.wake()
  const before = await next()
  before.answer(UPDATED)
  await ended(1)
  await outbox.jobs.accept(newJob(2, leads(1)))
  await outbox.jobs.accept(newJob(3, leads(1_000)))
  worker.wake()
  const [first, second] = [await next(), await next()]
  first.answer(UPDATED)
  second.answer(UPDATED)
  t.same([(await ended(2)).upstreamCalls, (await ended(3)).upstreamCalls], [1, 1])
})

test('an update that may succeed later is attempted again after growing pauses, and becomes a dead letter in the end', async (t) => {
  const pass = holdTime(t)
  const { outbox, worker, asked, state } = await working(t)
  state.answering = () => AWAY
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now() }))
  await outbox.jobs.accept(newJob(2, [sets('B', 1)], { acceptedAt: Date.now() }))
  worker.wake()

  const waits: number[] = []
  for (let attempts = 1; outbox.queue.size.deadLetters === 0; attempts++) {
    await eventually('an attempt is settled', () => {
      const dueAt = outbox.queue.nextDueAt('default') ?? 0
      return asked.length === attempts && (outbox.queue.size.deadLetters === 1 || dueAt > Date.now())
    })
    t.same(inShort(asked[attempts - 1] as Asked), ['1 A'])
    if (outbox.queue.size.deadLetters > 0) break
    t.match(await outbox.jobs.results(jobId(1)), [
      { status: 'queued', error: { code: 'upstream_unavailable', retryable: true } }
    ])
    const wait = (outbox.queue.nextDueAt('default') ?? 0) - Date.now()
    waits.push(wait)
    pass(wait - 1)
    for (let turns = 0; turns < 20; turns++) await turn()
    t.equal(asked.length, attempts, 'not before it is due')
    pass(1)
  }

  for (const [index, wait] of waits.entries()) {
    const longest = Math.min(4_000, 1_000 * 2 ** index)
    t.ok(wait >= longest / 2 && wait <= longest, `${wait} of ${longest}`)
  }
  t.ok(waits.length === 4 && waits.reduce((sum, wait) => sum + wait, 0) >= 5_000, waits.join(' '))
  t.match(await outbox.jobs.find(jobId(1)), { status: 'failed', counts: { failed: 1 }, upstreamCalls: 5 })
  const letters = await outbox.jobs.deadLetters({ limit: 10 })
  t.same(
    letters.map(({ jobId: id, attempts, result }) => [id, attempts, result.status, result.error?.code]),
    [[jobId(1), 5, 'failed', 'upstream_unavailable']]
  )
  await eventually('the next update of the lead has its turn', () => asked.length === 6)
  t.same(inShort(asked[5] as Asked), ['1 B'])
})

test('an update that was sent was attempted, even if VICIdial may not be called afterwards', async (t) => {
  const pass = holdTime(t)
  const { outbox, worker, asked, state } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now() }))
  for (let attempts = 1; outbox.queue.size.deadLetters === 0; attempts++) {
    state.refused = undefined
    worker.wake()
    await eventually('it is attempted', () => {
      pass(10)
      return asked.length === attempts
    })
    state.refused = CIRCUIT_OPEN
    asked[attempts - 1]?.answer({ ...AWAY, status: 'unknown' })
    await eventually(
      'it is settled',
      () => outbox.queue.size.deadLetters > 0 || outbox.queue.nextDueAt('default') !== undefined
    )
    const wait = (outbox.queue.nextDueAt('default') ?? 0) - Date.now()
    if (outbox.queue.size.deadLetters === 0)
      t.ok(wait >= Math.min(4_000, 1_000 * 2 ** (attempts - 1)) / 2, `${wait}`)
  }
  t.equal(asked.length, 5)
})

test('an update that was not sent, or was refused with the login, was not attempted, and is due again soon', async (t) => {
  const pass = holdTime(t)
  const { outbox, worker, asked } = await working(t)
  const outcomes: Outcome[] = [
    TIMED_OUT.unsent,
    NOT_SENT_AFTER_UNKNOWN,
    failed('upstream_login_failed', true),
    failed('upstream_locked_out', true)
  ]
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now() }))
  worker.wake()
  for (const [index, outcome] of outcomes.entries()) {
    await eventually('it is delivered', () => asked.length === index + 1)
    asked[index]?.answer(outcome)
    await eventually('it waits', () => outbox.queue.nextDueAt('default') !== undefined)
    t.equal((outbox.queue.nextDueAt('default') ?? 0) - Date.now(), 250)
    t.match(await outbox.jobs.results(jobId(1)), [{ status: 'queued', error: { code: outcome.error?.code } }])
    pass(250)
  }
  await eventually('it is delivered', () => asked.length === outcomes.length + 1)
  asked.at(-1)?.answer(AWAY)
  await eventually('it waits', () => outbox.queue.nextDueAt('default') !== undefined)
  pass(5_000)
  await eventually('it is delivered', () => asked.length === outcomes.length + 2)
  asked.at(-1)?.answer(DENIED)
  await eventually('it waits', () => outbox.queue.nextDueAt('default') !== undefined)
  pass(5_000)
  await eventually('it is delivered', () => asked.length === outcomes.length + 3)
  asked.at(-1)?.answer(TIMED_OUT.unsent)
  await eventually('it waits', () => outbox.queue.nextDueAt('default') !== undefined)
  t.match(
    await outbox.jobs.results(jobId(1)),
    [{ status: 'queued', error: { code: 'upstream_permission_denied' } }],
    'the error of the last attempt stays'
  )
  await worker.stop(Date.now())
  const [claimed] = await outbox.queue.claim('default', 1, Date.now() + 60_000)
  t.equal(claimed?.attempts, 2)
})

test('fewer updates are in flight while VICIdial is slow', async (t) => {
  const pass = holdTime(t)
  const { outbox, worker, asked } = await working(t, { maxInFlight: 2_000 })
  const leads = Array.from({ length: 2_000 }, (_, n) => sets('A', n + 1))
  await outbox.jobs.accept(newJob(1, leads, { acceptedAt: Date.now() }))
  worker.wake()
  await eventually('the first are claimed', () => asked.length === 1)
  t.equal(asked[0]?.updates.length, 500)
  pass(60_000)
  asked[0]?.answer(TIMED_OUT.unsent)
  await eventually('more is claimed', () => asked.length === 2)
  for (let turns = 0; turns < 50; turns++) await turn()
  t.equal(
    asked.slice(1).reduce((sum, { updates: given }) => sum + given.length, 0),
    50
  )
})

test('each update is settled as soon as its own outcome is known, and the next of its lead is delivered', async (t) => {
  const { outbox, worker, next, ended } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('HANGS', 2)]))
  await outbox.jobs.accept(newJob(2, [sets('B', 1)]))
  worker.wake()
  const first = await next()
  t.same(inShort(first), ['1 A', '2 HANGS'])
  first.answerOne(0, UPDATED)
  const second = await next()
  t.same(inShort(second), ['1 B'])
  t.match(await outbox.jobs.results(jobId(1)), [{ status: 'updated' }, { status: 'queued' }])
  t.match(await outbox.jobs.find(jobId(1)), { status: 'running', upstreamCalls: 1 })
  second.answer(UPDATED)
  await ended(2)
  first.answerOne(1, UPDATED)
  t.match(await ended(1), { status: 'completed', upstreamCalls: 1 })
})

test('a result lists fields that were superseded before the claim and during the delivery', async (t) => {
  const { outbox, worker, next, ended } = await working(t)
  const element = { lead_id: 1, fields: { status: 'OLD', email: 'a@example.com', city: 'Bonn' } }
  await outbox.jobs.accept(newJob(1, [element, sets('OLD', 2)]))
  await outbox.queue.supersede([{ lead: 'lead_id:1', fields: ['status'] }], await nextSequence(outbox))
  worker.wake()
  const delivery = await next()
  delivery.answerOne(0, { ...UPDATED, superseded: ['email'] })
  delivery.answerOne(1, { status: 'superseded', warnings: [], superseded: ['status'] })
  t.match(await ended(1), { status: 'completed', counts: { updated: 1, superseded: 1 } })
  t.same(await outbox.jobs.results(jobId(1)), [
    { index: 0, lead_id: 1, status: 'updated', superseded: ['status', 'email'] },
    { index: 1, lead_id: 2, status: 'superseded', superseded: ['status'] }
  ])
})

test('after a fault during a delivery, only updates without an outcome are delivered again', async (t) => {
  const { outbox, worker, next, ended } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
  worker.wake()
  const first = await next()
  first.answerOne(0, UPDATED)
  first.refuse(new TypeError('a fault'))
  const second = await next()
  t.same(inShort(second), ['2 A'])
  first.answerOne(1, UPDATED)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'running' })
  second.answer(UPDATED)
  t.match(await ended(1), { status: 'completed' })
})

test('an update is attempted again if the operator can fix its error', async (t) => {
  const { outbox, worker, state, next, ended } = await working(t, {
    schedule: { firstMs: 1, longestMs: 1, forMs: 1_000 }
  })
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  worker.wake()
  const first = await next()
  state.answering = () => UPDATED
  first.answer(DENIED)
  t.match(await ended(1), { status: 'completed' })
})

test('an update with an unknown outcome is sent again', async (t) => {
  const { outbox, worker, state, next, ended } = await working(t, {
    schedule: { firstMs: 1, longestMs: 1, forMs: 1_000 }
  })
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  worker.wake()
  const first = await next()
  state.answering = () => UPDATED
  first.answer({ ...AWAY, status: 'unknown' })
  t.same(inShort(await next()), ['1 A'])
  t.match(await ended(1), { status: 'completed' })
})

test('an update that cannot succeed ends at once, and is no dead letter', async (t) => {
  const { outbox, worker, asked, state, ended } = await working(t)
  state.answering = ({ key }) => (key.value === 1 ? NO_LEAD : REFUSED)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
  worker.wake()

  t.match(await ended(1), { status: 'failed', counts: { not_found: 1, failed: 1 } })
  t.same(await outbox.jobs.results(jobId(1)), [
    { index: 0, lead_id: 1, status: 'not_found', error: NO_LEAD.error },
    { index: 1, lead_id: 2, status: 'failed', error: REFUSED.error }
  ])
  t.equal(asked.length, 1)
  t.same(outbox.queue.size, { pending: 0, deadLetters: 0 })
})

test('while VICIdial may not be called, nothing is claimed and no attempt is used up', async (t) => {
  const pass = holdTime(t)
  const { outbox, worker, asked, state } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now() }))
  state.refused = CIRCUIT_OPEN
  worker.wake()
  for (let seconds = 0; seconds < 100; seconds++) {
    pass(1_000)
    for (let turns = 0; turns < 5; turns++) await turn()
  }
  t.equal(asked.length, 0)
  t.equal(outbox.queue.nextDueAt('default'), 1_000_000, 'it is not claimed')

  state.refused = undefined
  await eventually('it is delivered', () => {
    pass(50)
    return asked.length === 1
  })
  state.refused = CIRCUIT_OPEN
  asked[0]?.answer({ ...AWAY, isUnsent: true })
  await eventually('it is settled', () => outbox.queue.nextDueAt('default') !== undefined)
  t.equal(outbox.queue.size.pending, 1)
  t.ok((outbox.queue.nextDueAt('default') ?? 0) > Date.now(), 'it does not come again at once')
  pass(1_000)
  const [claimed] = await outbox.queue.claim('default', 1, Date.now())
  t.equal(claimed?.attempts, 0)
})

test('an update that the dispatcher has no room for is due again soon, and no attempt is used up', async (t) => {
  const pass = holdTime(t)
  const { outbox, worker, asked, state, logged } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now() }))
  worker.wake()
  await eventually('it is delivered', () => asked.length === 1)
  asked[0]?.refuse(overloaded('There is no room.', 1))
  await eventually('it waits', () => (outbox.queue.nextDueAt('default') ?? 0) > Date.now())
  t.equal(logged(), '')

  state.refused = CIRCUIT_OPEN
  pass(1_000)
  const [claimed] = await outbox.queue.claim('default', 1, Date.now())
  t.equal(claimed?.attempts, 0)
})

test('a fault of the dispatcher is logged, and the update is delivered again', async (t) => {
  const { outbox, worker, next, ended, logged } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  worker.wake()
  const first = await next()
  first.refuse(new TypeError('a fault'))
  const second = await next()
  t.match(logged(), '"msg":"worker failed"')
  second.answer(UPDATED)
  t.match(await ended(1), { status: 'completed', counts: { updated: 1 } })
})

/** A queue with another `method`. */
function withMethod<Name extends 'settle' | 'claim'>(
  queue: UpdateQueue,
  method: Name,
  other: UpdateQueue[Name]
): UpdateQueue {
  return new Proxy(queue, {
    get(target, name) {
      if (name === method) return other
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    }
  })
}

/** A queue whose `method` fails the first `times` times. */
function failing(queue: UpdateQueue, method: 'settle' | 'claim', times: number): UpdateQueue {
  let left = times
  const member = queue[method].bind(queue) as (...given: unknown[]) => Promise<never>
  const failingMember = (...given: unknown[]): Promise<never> => {
    if (left === 0) return member(...given)
    left--
    return Promise.reject(new StorageError('The disk is full.'))
  }
  return withMethod(queue, method, failingMember)
}

test('an update that cannot be settled is settled later, with its calls, and delivered once', async (t) => {
  const outbox = new SqliteOutbox(dataDir(t), AT_ONCE)
  t.teardown(() => outbox.close())
  const { worker, asked, state, logged } = await working(t, { queue: failing(outbox.queue, 'settle', 2) })
  state.answering = () => UPDATED
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  worker.wake()
  await until('the end of the job', async () => (await outbox.jobs.find(jobId(1)))?.finishedAt !== undefined)

  t.match(await outbox.jobs.find(jobId(1)), { status: 'completed', upstreamCalls: 1 })
  t.equal(asked.length, 1)
  t.equal(logged().match(/"msg":"outbox cannot be written"/g)?.length, 2)
})

test('an outbox that cannot be read is read again later', async (t) => {
  const outbox = new SqliteOutbox(dataDir(t), AT_ONCE)
  t.teardown(() => outbox.close())
  const { worker, state, logged } = await working(t, { queue: failing(outbox.queue, 'claim', 2) })
  state.answering = () => UPDATED
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  worker.wake()
  await until('the end of the job', async () => (await outbox.jobs.find(jobId(1)))?.finishedAt !== undefined)
  t.equal(logged().match(/"msg":"outbox cannot be read"/g)?.length, 2)
})

test('at most the maximum of updates is in flight, and the rest follows as others are settled', async (t) => {
  const { outbox, worker, asked, next, ended } = await working(t, { maxInFlight: 2 })
  await outbox.jobs.accept(
    newJob(
      1,
      [1, 2, 3, 4, 5].map((lead) => sets('A', lead))
    )
  )
  worker.wake()
  worker.wake()
  const first = await next()
  for (let turns = 0; turns < 20; turns++) await turn()
  t.equal(asked.length, 1)
  first.answer(UPDATED)
  const second = await next()
  t.same(
    [inShort(first), inShort(second)],
    [
      ['1 A', '2 A'],
      ['3 A', '4 A']
    ]
      .values()
      .toArray()
  )
  second.answer(UPDATED)
  const third = await next()
  third.answer(UPDATED)
  t.match(await ended(1), { counts: { updated: 5 } })
})

test('a wake is never lost, whenever it comes', async (t) => {
  const { outbox, worker, state } = await working(t)
  state.answering = () => UPDATED
  worker.wake()
  const numbers = Array.from({ length: 200 }, (_, n) => n + 1)
  for (const n of numbers) {
    const accepting = outbox.jobs.accept(newJob(n, [sets('A', n)])).then(() => {
      worker.wake()
    })
    if (n % 3 === 0) await accepting
    if (n % 5 === 0) await turn()
  }
  await until('everything is delivered', () => outbox.queue.size.pending === 0)
  t.equal((await outbox.jobs.list({ limit: 1_000, status: 'completed' })).length, 200)
})

test('stop waits for updates in flight, and claims no more', async (t) => {
  const { outbox, worker, asked, next } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 1)]))
  worker.wake()
  const delivery = await next()
  let isStopped = false
  const stopped = worker.stop(Date.now() + 60_000).then(() => {
    isStopped = true
  })
  for (let turns = 0; turns < 20; turns++) await turn()
  t.equal(isStopped, false)
  delivery.answer(UPDATED)
  await stopped
  t.match(await outbox.jobs.results(jobId(1)), [{ status: 'updated' }, { status: 'queued' }])
  worker.wake()
  for (let turns = 0; turns < 20; turns++) await turn()
  t.equal(asked.length, 1)
})

test('stop gives up soon when the outbox cannot be written, and its updates are delivered again after the start', async (t) => {
  const pass = holdTime(t)
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory, AT_ONCE)
  const { worker, asked, logged } = await working(t, { queue: failing(outbox.queue, 'settle', Infinity) })
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now() }))
  await outbox.jobs.accept(newJob(2, [sets('B', 2)], { acceptedAt: Date.now() }))
  worker.wake()
  await eventually('both are delivered', () => asked.length === 2)
  asked[0]?.answer(UPDATED)
  await eventually('its settlement fails', () => logged().includes('"msg":"outbox cannot be written"'))

  let isStopped = false
  void worker.stop(Date.now() + 25_000).then(() => {
    isStopped = true
  })
  asked[1]?.answer(UPDATED)
  pass(250)
  await eventually('it has stopped', () => isStopped)
  t.equal(logged().match(/"msg":"outbox cannot be written"/g)?.length, 2)
  await outbox.close()
  const after = new SqliteOutbox(directory, AT_ONCE)
  t.teardown(() => after.close())
  const claimed = await after.queue.claim('default', 10, Date.now())
  t.same(
    claimed.map(({ job, attempts }) => [job.id, attempts]),
    [
      [jobId(1), 0],
      [jobId(2), 0]
    ]
  )
})

test('stop waits for calls in flight though a write failed, and settles their updates if writing works again', async (t) => {
  const pass = holdTime(t)
  const outbox = new SqliteOutbox(dataDir(t), AT_ONCE)
  t.teardown(() => outbox.close())
  const { worker, asked, logged } = await working(t, { queue: failing(outbox.queue, 'settle', 1) })
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now() }))
  await outbox.jobs.accept(newJob(2, [sets('B', 2)], { acceptedAt: Date.now() }))
  worker.wake()
  await eventually('both are delivered', () => asked.length === 2)

  let isStopped = false
  void worker.stop(Date.now() + 25_000).then(() => {
    isStopped = true
  })
  asked[0]?.answer(UPDATED)
  await eventually('its settlement fails', () => logged().includes('"msg":"outbox cannot be written"'))
  for (let turns = 0; turns < 20; turns++) await turn()
  t.equal(isStopped, false)

  asked[1]?.answer(UPDATED)
  for (let turns = 0; turns < 20; turns++) await turn()
  pass(250)
  await eventually('it has stopped', () => isStopped)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'completed' })
  t.match(await outbox.jobs.find(jobId(2)), { status: 'completed' })
})

test('stop waits for a claim in flight and does not deliver it; it is ready again after the start', async (t) => {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory, AT_ONCE)
  const claimed = Promise.withResolvers<void>()
  const claim = async (...given: Parameters<UpdateQueue['claim']>) => {
    const updates = await outbox.queue.claim(...given)
    await claimed.promise
    return updates
  }
  const { worker, asked } = await working(t, { queue: withMethod(outbox.queue, 'claim', claim) })
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  worker.wake()
  let isStopped = false
  const stopped = worker.stop(Date.now() + 60_000).then(() => {
    isStopped = true
  })
  for (let turns = 0; turns < 20; turns++) await turn()
  t.equal(isStopped, false)
  claimed.resolve()
  await stopped
  for (let turns = 0; turns < 20; turns++) await turn()
  t.equal(asked.length, 0)
  await outbox.close()
  const after = new SqliteOutbox(directory, AT_ONCE)
  t.teardown(() => after.close())
  const again = await after.queue.claim('default', 10, Date.now())
  t.same(
    again.map(({ job, attempts }) => [job.id, attempts]),
    [[jobId(1), 0]]
  )
})

test('stop resolves at once with nothing in flight, also a second time', async (t) => {
  const { worker } = await working(t)
  worker.wake()
  await worker.stop(Date.now() + 60_000)
  await worker.stop(Date.now() + 60_000)
  t.pass('both are over')
})

test('stop resolves at its deadline, and leaves updates that are not settled queued', async (t) => {
  const { outbox, worker, next } = await working(t)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  worker.wake()
  await next()
  await worker.stop(Date.now() + 20)
  t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
  t.match(await outbox.jobs.find(jobId(1)), { status: 'queued' })
})

test('fields that newer updates have set are left out and listed; an update without other fields ends', async (t) => {
  const { outbox, worker, next, ended } = await working(t)
  const change = (lead: Record<string, unknown>) => ({
    ...lead,
    fields: { status: 'OLD', email: 'a@example.com' }
  })
  await outbox.jobs.accept(newJob(1, [change({ lead_id: 1 }), sets('OLD', { vendor_lead_code: 'CRM-2' })]))
  const newer = [
    { lead: 'lead_id:1', fields: ['status'] },
    { lead: 'vendor_lead_code:CRM-2', fields: ['status', 'owner'] }
  ]
  await outbox.queue.supersede(newer, await nextSequence(outbox))
  worker.wake()
  const delivery = await next()
  t.same(
    delivery.updates.map(({ changes }) => changes.params),
    [{ email: 'a@example.com' }]
  )
  delivery.answer(UPDATED)

  t.match(await ended(1), { status: 'completed', counts: { updated: 1, superseded: 1 } })
  t.same(await outbox.jobs.results(jobId(1)), [
    { index: 0, lead_id: 1, status: 'updated', superseded: ['status'] },
    { index: 1, vendor_lead_code: 'CRM-2', status: 'superseded', superseded: ['owner', 'status'] }
  ])
})

test('a delivered update supersedes older dead letters of the lead, under each of its names', async (t) => {
  const { outbox, worker, state, ended } = await working(t, {
    schedule: { firstMs: 1, longestMs: 1, forMs: 1 }
  })
  state.answering = () => AWAY
  await outbox.jobs.accept(newJob(1, [sets('OLD', 7)]))
  worker.wake()
  t.match(await ended(1), { counts: { failed: 1 } })
  state.answering = () => updatedByKey(7)
  await outbox.jobs.accept(newJob(2, [sets('NEW', { vendor_lead_code: 'CRM-7' })]))
  worker.wake()
  t.match(await ended(2), { counts: { updated: 1 } })
  const letters = await outbox.jobs.deadLetters({ limit: 10 })
  t.same(
    letters.map(({ jobId: id, superseded }) => [id, ...superseded]),
    [[jobId(1), 'status']]
  )
})

test('a long run of updates of a lead costs one delivery, and each has its own result', async (t) => {
  const { outbox, worker, asked, next, ended } = await working(t)
  const run = Array.from({ length: 30 }, (_, n) => sets(`A${n}`, 1))
  await outbox.jobs.accept(newJob(1, run.slice(0, 20)))
  await outbox.jobs.accept(newJob(2, run.slice(20), { caller: 'web' }))
  worker.wake()
  const delivery = await next()
  t.same(inShort(delivery), ['1 A29'])
  t.same(delivery.context.caller, 'stored web')
  delivery.answer(UPDATED)

  t.match(await ended(1), { status: 'completed', counts: { superseded: 20 }, upstreamCalls: 0 })
  t.match(await ended(2), { status: 'completed', counts: { superseded: 9, updated: 1 }, upstreamCalls: 1 })
  t.same((await outbox.jobs.results(jobId(1)))[7], {
    index: 7,
    lead_id: 1,
    status: 'superseded',
    superseded: ['status']
  })
  t.equal(asked.length, 1)
})

test('one lead with many updates takes no room from other leads', async (t) => {
  const { outbox, worker, asked } = await working(t)
  const run = Array.from({ length: MAX_FOLDED + 1 }, (_, n) => sets(`A${n}`, 1))
  await outbox.jobs.accept(newJob(1, run))
  worker.wake()
  await eventually('the newest of the run is sent', () => asked.length === 1)
  await outbox.jobs.accept(newJob(2, [sets('B', 2)]))
  worker.wake()
  await eventually('the other lead is sent before that is answered', () => asked.length === 2)
  t.same(asked.map(inShort), [[`1 A${MAX_FOLDED}`], ['2 B']])
})

test('no more than 5,000 updates are in flight that are folded into others', async (t) => {
  const { outbox, worker, asked } = await working(t)
  const leads = Array.from({ length: 11 }, (_, n) => n + 1)
  for (const lead of leads) {
    await outbox.jobs.accept(
      newJob(
        lead,
        Array.from({ length: MAX_FOLDED + 1 }, () => sets('A', lead))
      )
    )
    worker.wake()
    await eventually('its lead is sent', () => asked.length === lead)
  }
  const indexes = asked.map(({ updates: given }) => given[0]?.index)
  t.same(indexes, [...leads.slice(1).map(() => MAX_FOLDED), 0], 'the last one is sent alone')
})

test('if the newest of a run is refused for its value, each of the others is sent alone', async (t) => {
  const { outbox, worker, state, asked, ended } = await working(t)
  state.answering = ({ changes }) => (changes.stored['status'] === 'A11' ? REFUSED : UPDATED)
  await outbox.jobs.accept(
    newJob(
      1,
      Array.from({ length: 12 }, (_, n) => sets(`A${n}`, 1))
    )
  )
  worker.wake()
  t.match(await ended(1), { status: 'partial', counts: { updated: 11, failed: 1 } })
  t.same(
    asked.map((one) => inShort(one).join()),
    ['1 A11', ...Array.from({ length: 11 }, (_, n) => `1 A${n}`)]
  )
})

test("an update waits as long as it should when the system's clock is set back or forward", async (t) => {
  const { pass, setAhead } = stoppedClock(t, 1_000_000_000_000)
  const { outbox, worker, asked, state } = await working(t)
  state.answering = () => (asked.length === 1 ? AWAY : UPDATED)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { acceptedAt: Date.now(), dueAt: steadyNow() }))
  setAhead(-120_000)
  worker.wake()
  await eventually('it fails once', () => asked.length === 1)
  setAhead(86_400_000)
  await pass(499, 100)
  t.equal(asked.length, 1, 'half of the first pause at least')
  setAhead(-86_400_000)
  await pass(600, 100)
  t.equal(asked.length, 2)
  await outbox.jobs.accept(newJob(2, [sets('B', 1)], { acceptedAt: Date.now(), dueAt: steadyNow() }))
  worker.wake()
  await eventually('a new one is sent at once', () => asked.length === 3)
})
