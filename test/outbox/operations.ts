import { test } from 'tap'
import { type Attempt, MAX_ATTEMPTS_KEPT } from '../../src/outbox/attempts.ts'
import type { HistoryPage, HistoryRecord } from '../../src/outbox/history.ts'
import type { DeadLetterChoice } from '../../src/outbox/jobs.ts'
import type { Claimed, Settlement } from '../../src/outbox/queue.ts'
import { COUNTED_MS, type ResultCount } from '../../src/outbox/result-counts.ts'
import type { Tester } from '../helper.ts'
import { dead, done, jobId, newJob, replayAs, sets, settleNext, waiting } from './jobs.ts'
import type { Opened } from './outbox-suite.ts'

const PART = { from: 0, limit: 100 }
const HOSTILE = `'"><script>\u0000é`

function attempt(number: number, more: Partial<Attempt> = {}): Attempt {
  return {
    number,
    at: number * 10,
    status: 'failed',
    code: 'upstream_error',
    detail: `It failed ${number}.`,
    ...more
  }
}

/** Settles with the attempt that it was. */
function tried(settle: (claimed: Claimed) => Settlement, more: Partial<Attempt> = {}) {
  return (claimed: Claimed): Settlement => ({
    ...settle(claimed),
    attempt: attempt(claimed.attempts + 1, more)
  })
}

/** The tests of what the operations page shows, which every engine passes. */
export function operationsSuite(name: string, open: (t: Tester) => Promise<Opened>): void {
  test(`${name}: the last attempts of updates that did not succeed at once are kept, with the time of the next`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
    await settleNext(outbox, done)
    for (let n = 1; n <= MAX_ATTEMPTS_KEPT + 1; n++)
      await settleNext(
        outbox,
        tried((claimed) => waiting(claimed, n > MAX_ATTEMPTS_KEPT ? 5_000 : 0), { said: `WORDS ${n}` })
      )
    await settleNext(outbox, tried(dead), 1_000)
    await outbox.jobs.accept(newJob(2, [sets('B', 4)]))

    const later = await reopen()
    const kept = Array.from({ length: MAX_ATTEMPTS_KEPT }, (_, n) =>
      attempt(n + 2, { said: `WORDS ${n + 2}` })
    )
    t.strictSame(await later.jobs.attempts(jobId(1), PART), [
      { index: 1, nextAt: 5_000, attempts: kept },
      { index: 2, nextAt: undefined, attempts: [attempt(1)] }
    ])
    t.same(
      (await later.jobs.attempts(jobId(1), { from: 2, limit: 1 })).map(({ index }) => index),
      [2]
    )
    t.same(
      (await later.jobs.attempts(jobId(1), { from: 0, limit: 2 })).map(({ index }) => index),
      [1]
    )
    t.strictSame(await later.jobs.attempts(jobId(2), PART), [])
    t.strictSame(await later.jobs.attempts(jobId(9), PART), [])
  })

  test(`${name}: an update's last attempt is kept if others failed before it, and all are deleted with their job`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await settleNext(
      outbox,
      tried((claimed) => waiting(claimed, 1), { said: HOSTILE })
    )
    const success = { status: 'updated', code: undefined, detail: undefined } as const
    await settleNext(outbox, tried(done, success))
    const [update] = await outbox.jobs.attempts(jobId(1), PART)
    t.strictSame(update?.attempts[1], { number: 2, at: 20, status: 'updated' })
    t.equal(update?.attempts[0]?.said?.replace('\uFFFD', '\u0000'), HOSTILE)
    t.equal(update?.nextAt, undefined)
    await outbox.jobs.purge(Number.MAX_SAFE_INTEGER, 100)
    t.strictSame(await outbox.jobs.attempts(jobId(1), PART), [])
  })

  test(`${name}: counts of results are added up by status, code and time, and purged by age`, async (t) => {
    const { outbox, reopen } = await open(t)
    const count = (slot: number, status: ResultCount['status'], code: string, n: number): ResultCount => ({
      at: slot * COUNTED_MS,
      status,
      code,
      count: n
    })
    await outbox.resultCounts.add([count(6, 'updated', '', 5), count(7, 'failed', 'upstream_error', 1)])
    await Promise.all([
      outbox.resultCounts.add([count(7, 'failed', 'upstream_error', 2), count(8, 'updated', '', 1)]),
      outbox.resultCounts.add([count(8, 'updated', '', 10), count(7, 'failed', 'upstream_error', 4)])
    ])
    await outbox.resultCounts.add([])
    const later = await reopen()
    t.strictSame(await later.resultCounts.since(7 * COUNTED_MS, COUNTED_MS), [
      count(7, 'failed', 'upstream_error', 7),
      count(8, 'updated', '', 11)
    ])
    t.strictSame(await later.resultCounts.since(6 * COUNTED_MS, 3 * COUNTED_MS), [
      count(6, 'failed', 'upstream_error', 7),
      count(6, 'updated', '', 16)
    ])
    t.equal(await later.resultCounts.purge(8 * COUNTED_MS, 1), 1)
    t.equal(await later.resultCounts.purge(8 * COUNTED_MS, 10), 1)
    t.equal(await later.resultCounts.purge(8 * COUNTED_MS, 10), 0)
    t.strictSame(await later.resultCounts.since(0, COUNTED_MS), [count(8, 'updated', '', 11)])
  })

  test(`${name}: history is found by job, error code and time, in every combination`, async (t) => {
    const { outbox } = await open(t)
    const MINUTE = 60_000
    const record = (
      at: number,
      caller: string,
      job: number | undefined,
      code: string | undefined,
      ...leads: number[]
    ): HistoryRecord => ({
      at: at * MINUTE,
      sender: {
        caller,
        requestId: `req_${at}`,
        ...(job === undefined ? {} : { jobId: jobId(job) }),
        account: 'default',
        source: 'crm'
      },
      updates: leads.map((lead) => ({
        leads: [lead],
        key: { by: 'lead_id', value: lead },
        fields: ['status'],
        status: code === undefined ? 'updated' : 'failed',
        error: code === undefined ? undefined : { code, detail: 'No.' }
      }))
    })
    const records = [
      record(10, 'crm', 1, undefined, 1, 2),
      record(12, 'crm', 1, 'upstream_error', 3),
      record(14, 'web', undefined, 'upstream_error', 1),
      record(16, 'crm', 2, 'list_not_found', 1, 4),
      record(18, 'web', undefined, undefined, 1)
    ]
    await outbox.history.record(records)
    const all = records.flatMap(({ at, sender, updates }) =>
      updates.map(({ leads: [lead], error }) => ({ at, ...sender, lead, code: error?.code }))
    )
    const seen = async (page: Omit<HistoryPage, 'limit'>, limit = 10) =>
      (await outbox.history.list({ ...page, limit })).map(({ at, lead }) => `${at / MINUTE} ${lead}`)
    const conditions: Partial<HistoryPage>[] = [
      { lead: 1 },
      { caller: 'crm' },
      { jobId: jobId(2) },
      { code: 'upstream_error' },
      { since: 12 * MINUTE },
      { until: 16 * MINUTE }
    ]
    for (let chosen = 0; chosen < 2 ** conditions.length; chosen++) {
      const page: Partial<HistoryPage> = Object.assign({}, ...conditions.filter((_, n) => chosen & (2 ** n)))
      const expected = all.filter(
        ({ at, lead, caller, jobId: job, code }) =>
          (page.lead === undefined || lead === page.lead) &&
          (page.caller === undefined || caller === page.caller) &&
          (page.jobId === undefined || job === page.jobId) &&
          (page.code === undefined || code === page.code) &&
          at >= (page.since ?? 0) &&
          at < (page.until ?? Number.MAX_SAFE_INTEGER)
      )
      t.same(
        await seen(page),
        expected.toReversed().map(({ at, lead }) => `${at / MINUTE} ${lead}`),
        JSON.stringify(page)
      )
    }
    const [first] = await outbox.history.list({ jobId: jobId(1), limit: 2 })
    t.same(await seen({ jobId: jobId(1), before: first?.id ?? 0 }, 1), ['10 2'])
    t.same(await seen({ until: 9 * MINUTE }), [])
  })

  test(`${name}: what a replay would find can be looked at, and a replay limited to it`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
    await outbox.jobs.accept(newJob(2, [sets('B', 3)], { caller: 'web' }))
    const [first, second, third] = await outbox.queue.claim('default', 3, 1_000)
    if (!first || !second || !third) throw new Error('nothing claimed')
    await outbox.queue.settle([dead(second)], new Map())
    await outbox.queue.settle([dead(third)], new Map())
    const ids = async (choice: Partial<DeadLetterChoice>) => {
      const { letters, remaining } = await outbox.jobs.choose({ limit: 10, ...choice })
      return [letters.map(({ id }) => id), remaining]
    }
    t.same(await ids({}), [[second.id, third.id], 0])
    t.same(await ids({ limit: 1 }), [[second.id], 1])
    t.same(await ids({ caller: 'crm' }), [[second.id], 0])
    t.same(await ids({ jobId: jobId(2) }), [[third.id], 0])
    t.same(await ids({ ids: [first.id, second.id] }), [[second.id], 0], 'one of them is no dead letter')
    t.same(outbox.queue.size, { pending: 1, deadLetters: 2 }, 'nothing has changed')

    // One with a lower id, which was still being delivered, fails for good later.
    await outbox.queue.settle([dead(first)], new Map())
    t.same(await ids({}), [[first.id, second.id, third.id], 0])
    await outbox.jobs.replay({ limit: 10, ids: [second.id, third.id] }, replayAs(3))
    t.same(await ids({}), [[first.id], 0])
  })
}
