import { randomBytes } from 'node:crypto'
import { StorageError } from '../../src/errors.ts'
import { test } from 'tap'
import type { HistoryPage, HistoryRecord } from '../../src/outbox/history.ts'
import type { DeadLetter, DeadLetterChoice, DeadLetterPage, JobPage } from '../../src/outbox/jobs.ts'
import { IDEMPOTENCY_KEY_TTL_MS } from '../../src/http/idempotency-record.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import { MAX_FOLDED, MIN_FOLDED } from '../../src/outbox/queue.ts'
import { updates } from '../delivery/updates.ts'
import type { Tester } from '../helper.ts'
import { until } from '../until.ts'
import {
  dead,
  done,
  inShort,
  jobId,
  idempotencyRecord,
  missing,
  newJob,
  nextSequence,
  NO_CALLS,
  replayAs,
  replaying,
  resultOf,
  sets,
  settleNext,
  waiting
} from './jobs.ts'
import { outboxModel } from './model.ts'
import { operationsSuite } from './operations.ts'

/** An engine, open until the test ends. */
export interface Opened {
  readonly outbox: Outbox
  /** Whether calls take effect in their order, even if none is awaited. */
  readonly isOrdered: boolean
  /** Closes it, and opens what it has stored. */
  reopen(): Promise<Outbox>
  /** Closes it before the test ends. */
  close(): Promise<void>
}

const LATER = 1_000_000
const RECORD = idempotencyRecord()

/**
 * The tests that every engine passes.
 * @param modelRuns how often the engine is compared with a model
 */
export function outboxSuite(name: string, open: (t: Tester) => Promise<Opened>, modelRuns: number): void {
  outboxModel(name, open, modelRuns)
  operationsSuite(name, open)

  test(`${name}: an accepted job is queued, with one result per update in its order`, async (t) => {
    const { outbox } = await open(t)
    const [first, , third] = updates([sets('A', 1), sets('B', 2), sets('C', { vendor_lead_code: 'CRM-7' })])
    const rejected = {
      index: 1,
      lead_id: 2,
      status: 'rejected' as const,
      error: { code: 'field_invalid', field: 'rank', detail: 'No.', retryable: false }
    }
    if (first === undefined || third === undefined) throw new Error('no updates')
    const known = await outbox.jobs.accept(newJob(1, [], { updates: [first, third], rejected: [rejected] }))

    t.equal(known, undefined)
    t.same(await outbox.jobs.find(jobId(1)), {
      id: jobId(1),
      caller: 'crm',
      source: 'crm',
      origin: 'batch',
      status: 'queued',
      acceptedAt: 1,
      finishedAt: undefined,
      counts: { queued: 2, rejected: 1 },
      upstreamCalls: 0
    })
    t.same(await outbox.jobs.results(jobId(1)), [
      { index: 0, lead_id: 1, status: 'queued' },
      rejected,
      { index: 2, vendor_lead_code: 'CRM-7', status: 'queued' }
    ])
    t.same(await outbox.jobs.results(jobId(1), { from: 1, limit: 1 }), [rejected])
    t.same(await outbox.jobs.results(jobId(1), { from: 3, limit: 1 }), [])
    t.same(outbox.queue.size, { pending: 2, deadLetters: 0 })
    t.equal(outbox.fault, undefined)
  })

  test(`${name}: an update keeps how its key is compared`, async (t) => {
    const { outbox, reopen } = await open(t)
    const exact = { ...(sets('B', { vendor_lead_code: '6E1' }) as object), key_match: 'exact' }
    await outbox.jobs.accept(newJob(1, [exact, sets('A', { vendor_lead_code: '7E1' })]))
    const claimed = await (await reopen()).queue.claim('default', 10, LATER)
    t.strictSame(
      claimed.map(({ update: { key, keyMatch } }) => [key.value, keyMatch]),
      [
        ['6E1', 'exact'],
        ['7E1', undefined]
      ]
    )
  })

  test(`${name}: oldestPendingAt is the oldest unfinished job's, whether it is running or not`, async (t) => {
    const { outbox, reopen } = await open(t)
    t.equal(outbox.queue.oldestPendingAt, undefined)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
    await outbox.jobs.accept(newJob(2, [sets('B', 3)]))
    t.equal(outbox.queue.oldestPendingAt, 1)
    await settleNext(outbox, done)
    t.equal((await reopen()).queue.oldestPendingAt, 1)
  })

  test(`${name}: oldestPendingAt moves on when the oldest job ends`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await outbox.jobs.accept(newJob(2, [sets('B', 2), sets('B', 3)]))
    await settleNext(outbox, done)
    t.equal(outbox.queue.oldestPendingAt, 2)
    await settleNext(outbox, dead)
    t.equal(outbox.queue.oldestPendingAt, 2)
    await settleNext(outbox, done)
    t.equal(outbox.queue.oldestPendingAt, undefined)
  })

  test(`${name}: a job with only rejected updates ends when it is accepted`, async (t) => {
    const { outbox } = await open(t)
    const rejected = [{ index: 0, status: 'rejected' as const }]
    await outbox.jobs.accept(newJob(1, [], { rejected }))

    t.match(await outbox.jobs.find(jobId(1)), {
      status: 'failed',
      acceptedAt: 1,
      finishedAt: 1,
      counts: { rejected: 1 }
    })
    t.same(outbox.queue.size, { pending: 0, deadLetters: 0 })
    t.equal(outbox.queue.nextDueAt('default'), undefined)
  })

  test(`${name}: history is listed newest first, by lead, caller and time, and purged by age`, async (t) => {
    const { outbox, reopen } = await open(t)
    const record = (at: number, caller: string, ...leads: number[]): HistoryRecord => ({
      at,
      sender: { caller, requestId: `req_${at}`, account: 'default', source: 'crm' },
      updates: leads.map((lead) => ({
        leads: [lead],
        key: { by: 'lead_id', value: lead },
        fields: ['status'],
        status: 'updated'
      }))
    })
    await outbox.history.record([record(10, 'crm', 1, 2, 3), record(20, 'web', 1)])
    await outbox.history.record([record(30, 'crm', 1, 4)])
    const later = await reopen()
    const seen = async (page: Omit<HistoryPage, 'limit'>, limit = 10) =>
      (await later.history.list({ ...page, limit })).map(({ at, caller, lead }) => `${at} ${caller} ${lead}`)

    t.same(await seen({}), ['30 crm 4', '30 crm 1', '20 web 1', '10 crm 3', '10 crm 2', '10 crm 1'])
    t.same(await seen({}, 2), ['30 crm 4', '30 crm 1'])
    t.same(await seen({ lead: 1 }), ['30 crm 1', '20 web 1', '10 crm 1'])
    t.same(await seen({ caller: 'crm' }), ['30 crm 4', '30 crm 1', '10 crm 3', '10 crm 2', '10 crm 1'])
    t.same(await seen({ lead: 1, caller: 'web' }), ['20 web 1'])
    t.same(await seen({ since: 20 }), ['30 crm 4', '30 crm 1', '20 web 1'])
    t.same(await seen({ since: 31 }), [])
    const [, second] = await later.history.list({ limit: 2 })
    t.same(await seen({ before: second?.id ?? 0 }, 2), ['20 web 1', '10 crm 3'])

    t.equal(await later.history.purge(25, 2), 2)
    t.same(await seen({}), ['30 crm 4', '30 crm 1', '20 web 1', '10 crm 3'])
    t.equal(await later.history.purge(25, 10), 2)
    t.equal(await later.history.purge(25, 10), 0)
    t.same(await seen({}), ['30 crm 4', '30 crm 1'])
    await later.history.purge(31, 10)
    t.same(await seen({}), [])
    await later.history.record([record(40, 'crm', 5)])
    t.same(await seen({ since: 40 }), ['40 crm 5'])
  })

  test(`${name}: the leads that the latest updates have changed are known after a restart`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 3), sets('A', 4), sets('B', 3)]))
    await settleNext(outbox, done)
    await settleNext(outbox, missing)
    await settleNext(outbox, done)
    const entry = (lead: number, status: 'updated' | 'not_found') => ({
      leads: [lead],
      key: { by: 'lead_id', value: lead } as const,
      fields: ['status'],
      status
    })
    await outbox.history.record([
      {
        at: 10,
        sender: { caller: 'crm', requestId: 'req_10', account: 'default', source: 'crm' },
        updates: [entry(7, 'updated'), entry(8, 'not_found')]
      }
    ])
    const reopened = await reopen()
    t.same(new Set(await reopened.updatedLeads(10)), new Set([3, 7]))
    t.equal((await reopened.updatedLeads(1)).length, 1)
  })

  test(`${name}: each account claims its own updates, in order per lead, even if another account's are older`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 2)], { account: 'sales', keyId: '0a1b2c3d' }))
    await outbox.jobs.accept(newJob(2, [sets('C', 1), sets('D', 3), sets('E', 3)]))
    const later = await reopen()

    t.equal(later.queue.nextDueAt('sales'), 1)
    t.equal(later.queue.nextDueAt('default'), 2)
    t.equal(later.queue.nextDueAt('other'), undefined)
    t.same(
      later.queue.pendingByAccount,
      new Map([
        ['default', 3],
        ['sales', 2]
      ])
    )
    t.same(await later.queue.claim('other', 10, LATER), [])
    const first = await later.queue.claim('default', 10, LATER)
    t.same(inShort(first), ['2/0 lead_id:1 C', '2/1 lead_id:3 D'])
    t.match(first[0]?.job, { account: 'default', keyId: undefined, requestId: 'req_2' })
    const ofSales = await later.queue.claim('sales', 10, LATER)
    t.same(inShort(ofSales), ['1/1 lead_id:2 B'], 'an update of lead 1 is in flight for another account')
    t.match(ofSales[0]?.job, { account: 'sales', keyId: '0a1b2c3d', requestId: 'req_1' })
    t.equal(later.queue.nextDueAt('sales'), undefined)

    await later.queue.settle(first.map(done), NO_CALLS)
    const [older] = await later.queue.claim('sales', 10, LATER)
    t.same([older?.job.id, older?.update.index, older?.superseded], [jobId(1), 0, ['status']])
    t.same(
      later.queue.pendingByAccount,
      new Map([
        ['default', 1],
        ['sales', 2]
      ])
    )
    t.same(inShort(await later.queue.claim('default', 10, LATER)), ['2/2 lead_id:3 E'])
  })

  test(`${name}: an update waiting for a retry does not block other accounts`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)], { account: 'sales' }))
    await outbox.jobs.accept(newJob(2, [sets('B', 1)]))
    await outbox.jobs.accept(newJob(3, [sets('C', 1)]))
    const [older] = await outbox.queue.claim('sales', 10, LATER)
    if (older === undefined) throw new Error('nothing claimed')
    t.same(await outbox.queue.claim('default', 10, LATER), [], 'it is in flight')
    t.equal(await outbox.jobs.cancel(jobId(2), 5), 1)
    t.same(await outbox.queue.claim('default', 10, LATER), [])

    await outbox.queue.settle([waiting(older, 500)], NO_CALLS)
    t.equal(outbox.queue.nextDueAt('sales'), 500)
    t.same(inShort([await settleNext(outbox, done)]), ['3/0 lead_id:1 C'])
    const claimed = await outbox.queue.claim('sales', 10, 500)
    t.same(
      claimed.map(({ superseded }) => superseded),
      [['status']]
    )
  })

  test(`${name}: an unknown job has no results, and nothing to cancel`, async (t) => {
    const { outbox } = await open(t)
    t.equal(await outbox.jobs.find(jobId(1)), undefined)
    t.same(await outbox.jobs.results(jobId(1)), [])
    t.equal(await outbox.jobs.cancel(jobId(1), 5), 0)
    t.same(await outbox.queue.claim('default', 10, LATER), [])
  })

  test(`${name}: a claimed update is exactly the accepted one`, async (t) => {
    const { outbox, reopen } = await open(t)
    const elements = [
      { lead_id: 101, fields: { status: 'SALE', first_name: 'José', comments: null }, reset_called: true },
      { vendor_lead_code: 'a:b|c\'"'.replace('"', ''), fields: { list_id: 103 }, on_multiple: 'all' },
      { phone_number: '2125550004', fields: { phone_number: '2125559999' }, on_multiple: 'newest' },
      { lead_id: 102, fields: { comments: 'two\nlines' }, custom_fields: { favorite_color: 'blue' } }
    ]
    const accepted = updates(elements)
    await outbox.jobs.accept(newJob(7, elements, { caller: 'web', source: 'shop' }))
    const expected = accepted.map((update, index) => ({
      sequence: index,
      job: {
        id: jobId(7),
        caller: 'web',
        requestId: 'req_7',
        keyId: undefined,
        account: 'default',
        source: 'shop'
      },
      update,
      superseded: [],
      attempts: 0,
      acceptedAt: 7
    }))
    const shown = (await outbox.queue.claim('default', 10, 7)).map(({ id, sequence, ...rest }, index) => {
      t.equal(id, sequence)
      return { sequence: index, ...rest }
    })
    t.strictSame(shown, expected)

    const again = (await (await reopen()).queue.claim('default', 10, 7)).map(
      ({ id: _, sequence: __, ...rest }, index) => ({
        sequence: index,
        ...rest
      })
    )
    t.strictSame(again, expected)
  })

  test(`${name}: claims return the oldest due updates first, up to the limit`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(20, [sets('A', 1), sets('B', 2)]))
    await outbox.jobs.accept(newJob(10, [sets('C', 3)]))

    t.equal(outbox.queue.nextDueAt('default'), 10)
    t.same(await outbox.queue.claim('default', 10, 9), [])
    t.same(inShort(await outbox.queue.claim('default', 10, 10)), ['10/0 lead_id:3 C'])
    t.equal(outbox.queue.nextDueAt('default'), 20)
    t.same(inShort(await outbox.queue.claim('default', 1, 20)), ['20/0 lead_id:1 A'])
    t.same(inShort(await outbox.queue.claim('default', 1, 20)), ['20/1 lead_id:2 B'])
    t.same(await outbox.queue.claim('default', 1, LATER), [])
    t.equal(outbox.queue.nextDueAt('default'), undefined)
    t.same(outbox.queue.size, { pending: 3, deadLetters: 0 }, 'updates in flight have not ended')
  })

  test(`${name}: concurrent claims never return the same update`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(
      newJob(
        1,
        [1, 2, 3, 4, 5].map((lead) => sets('A', lead))
      )
    )
    const given = (await Promise.all([1, 2, 3].map(() => outbox.queue.claim('default', 2, LATER)))).flat()
    t.same(
      inShort(given),
      [1, 2, 3, 4, 5].map((lead, index) => `1/${index} lead_id:${lead} A`)
    )
  })

  test(`${name}: at most one update of a lead is in flight, across jobs; later ones wait their turn`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 1), sets('A', 2)]))
    await outbox.jobs.accept(newJob(2, [sets('C', 1)]))

    const [a, other, ...more] = await outbox.queue.claim('default', 10, LATER)
    if (a === undefined || other === undefined) throw new Error('nothing claimed')
    t.same(inShort([a, other]), ['1/0 lead_id:1 A', '1/2 lead_id:2 A'])
    t.same(more, [])
    await outbox.jobs.accept(newJob(3, [sets('D', 1)]))
    t.same(await outbox.queue.claim('default', 10, LATER), [])

    await outbox.queue.settle([done(a)], NO_CALLS)
    const [b] = await outbox.queue.claim('default', 10, LATER)
    if (b === undefined) throw new Error('nothing claimed')
    t.same(inShort([b]), ['1/1 lead_id:1 B'])
    await outbox.queue.settle([waiting(b, 500)], NO_CALLS)
    t.equal(outbox.queue.nextDueAt('default'), 500)
    t.same(
      await outbox.queue.claim('default', 10, 499),
      [],
      'the later ones wait while the earlier is tried again'
    )

    t.same(inShort([await settleNext(outbox, done)]), ['1/1 lead_id:1 B'])
    t.same(inShort([await settleNext(outbox, dead)]), ['2/0 lead_id:1 C'])
    t.same(inShort([await settleNext(outbox, missing)]), ['3/0 lead_id:1 D'])
  })

  test(`${name}: leads with different keys do not wait for each other`, async (t) => {
    const { outbox } = await open(t)
    const byCode = { vendor_lead_code: '1' }
    await outbox.jobs.accept(
      newJob(1, [sets('A', 1), sets('B', byCode), sets('C', { phone_number: '111111' })])
    )
    await outbox.jobs.accept(newJob(2, [sets('D', byCode)]))
    t.same(inShort(await outbox.queue.claim('default', 10, LATER)), [
      '1/0 lead_id:1 A',
      '1/1 vendor_lead_code:1 B',
      '1/2 phone_number:111111 C'
    ])
  })

  test(`${name}: a retried update shows its attempts and its last error`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await settleNext(outbox, (claimed) => waiting(claimed, 40), 1)
    await settleNext(outbox, (claimed) => waiting(claimed, 60), 40)
    // It was not sent this time.
    const unsent = { disposition: 'retry', attempts: 2, dueAt: 70 } as const
    await settleNext(outbox, (claimed) => ({ claimed, ...unsent }), 60)
    const reopened = await reopen()

    t.match(await reopened.jobs.find(jobId(1)), {
      status: 'running',
      finishedAt: undefined,
      counts: { queued: 1 }
    })
    t.same(await reopened.jobs.results(jobId(1)), [
      {
        index: 0,
        lead_id: 1,
        status: 'queued',
        error: { code: 'upstream_unavailable', detail: 'VICIdial is away.', retryable: true }
      }
    ])
    t.equal(reopened.queue.nextDueAt('default'), 70)
    t.same(await reopened.queue.claim('default', 1, 69), [])
    const attempt = { number: 3, at: 5, status: 'failed' } as const
    const { attempts } = await settleNext(reopened, (claimed) => ({ ...dead(claimed), attempt }), 70)
    t.equal(attempts, 2)
    t.match(await reopened.jobs.deadLetters({ limit: 1 }), [{ attempts: 3 }], 'the last attempt counts')
  })

  test(`${name}: a job runs from its first result to its last`, async (t) => {
    const { outbox } = await open(t)
    const cases: [settlements: (typeof done)[], status: string, counts: object][] = [
      [[done, done], 'completed', { updated: 2 }],
      [[done, missing], 'partial', { updated: 1, not_found: 1 }],
      [[missing, dead], 'failed', { not_found: 1, failed: 1 }]
    ]
    for (const [index, [[first = done, second = done], status, counts]] of cases.entries()) {
      const n = index + 1
      const before = Date.now()
      await outbox.jobs.accept(newJob(n, [sets('A', n * 2), sets('A', n * 2 + 1)]))
      await settleNext(outbox, first)
      t.match(await outbox.jobs.find(jobId(n)), { status: 'running', finishedAt: undefined })
      await settleNext(outbox, second)
      const job = await outbox.jobs.find(jobId(n))
      t.match(job, { status, counts })
      t.ok((job?.finishedAt ?? 0) >= before)
    }
    t.same(outbox.queue.size, { pending: 0, deadLetters: 1 })
  })

  test(`${name}: onEnd listeners are called once the end of the job is stored, unless removed`, async (t) => {
    const { outbox } = await open(t)
    const seen: string[] = []
    const listen = (n: number, as: string) => outbox.jobs.onEnd(jobId(n), () => seen.push(as))
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
    await outbox.jobs.accept(newJob(2, [sets('B', 3), sets('B', 3)]))
    listen(1, 'first')
    listen(1, 'first too')
    listen(2, 'second')
    const stop = listen(2, 'gone')
    await settleNext(outbox, done)
    t.same(seen, [])
    await settleNext(outbox, missing)
    t.same(seen, ['first', 'first too'])
    stop()
    t.equal(await outbox.jobs.cancel(jobId(2), 5), 2)
    t.same(seen, ['first', 'first too', 'second'])
  })

  test(`${name}: a call counts for every job with updates in it`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await outbox.jobs.accept(newJob(2, [sets('A', 2)]))
    const [first] = await outbox.queue.claim('default', 1, LATER)
    if (first === undefined) throw new Error('nothing claimed')
    await outbox.queue.settle(
      [waiting(first, 5)],
      new Map([
        [jobId(1), 2],
        [jobId(2), 3]
      ])
    )
    await outbox.queue.settle([], new Map([[jobId(1), 1]]))

    t.equal((await outbox.jobs.find(jobId(1)))?.upstreamCalls, 3)
    t.equal((await outbox.jobs.find(jobId(2)))?.upstreamCalls, 3, 'its settlements come with another writing')
  })

  test(`${name}: jobs are listed newest first, by page, caller, status and source`, async (t) => {
    const { outbox } = await open(t)
    for (const n of [1, 2, 3, 4, 5, 6]) {
      const caller = n % 2 === 0 ? 'web' : 'crm'
      await outbox.jobs.accept(newJob(n, [sets('A', n)], { caller, source: n > 3 ? 'late' : 'early' }))
    }
    await settleNext(outbox, done)
    const numbers = async (page: JobPage) =>
      (await outbox.jobs.list(page)).map(({ id }) => Number(id.slice(4)))

    t.same(await numbers({ limit: 10 }), [6, 5, 4, 3, 2, 1])
    t.same(await numbers({ limit: 2 }), [6, 5])
    t.same(await numbers({ limit: 2, after: jobId(5) }), [4, 3])
    t.same(await numbers({ limit: 10, after: jobId(2) }), [1])
    t.same(await numbers({ limit: 10, after: jobId(1) }), [])
    t.same(await numbers({ limit: 10, caller: 'web' }), [6, 4, 2])
    t.same(await numbers({ limit: 1, caller: 'web', after: jobId(6) }), [4])
    t.same(await numbers({ limit: 10, status: 'completed' }), [1])
    t.same(await numbers({ limit: 10, status: 'queued', source: 'early' }), [3, 2])
    t.same(await numbers({ limit: 10, caller: 'nobody' }), [])
    const [completed] = await outbox.jobs.list({ limit: 1, status: 'completed' })
    t.match(completed, { id: jobId(1), status: 'completed', counts: { updated: 1 } })
  })

  test(`${name}: dead letters are listed newest first, by caller and job, with everything a replay needs`, async (t) => {
    const { outbox } = await open(t)
    const before = Date.now()
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 2)]))
    await outbox.jobs.accept(newJob(2, [sets('C', 3)], { caller: 'web', source: 'shop' }))
    const first = await settleNext(outbox, dead)
    const second = await settleNext(outbox, dead)
    const third = await settleNext(outbox, dead)

    const all = await outbox.jobs.deadLetters({ limit: 10 })
    t.same(
      all.map(({ id }) => id),
      [third.id, second.id, first.id]
    )
    const { diedAt = 0, ...letter } = all[0] ?? {}
    t.ok(diedAt >= before)
    t.same(letter, {
      id: third.id,
      sequence: third.sequence,
      jobId: jobId(2),
      caller: 'web',
      account: 'default',
      source: 'shop',
      update: third.update,
      superseded: [],
      attempts: 0,
      result: dead(third).disposition === 'dead_lettered' && {
        ...resultOf(third, 'failed'),
        error: { code: 'upstream_unavailable', detail: 'VICIdial is away.', retryable: true }
      }
    })
    const ids = async (page: DeadLetterPage) => (await outbox.jobs.deadLetters(page)).map(({ id }) => id)
    t.same(await ids({ limit: 1 }), [third.id])
    t.same(await ids({ limit: 1, after: String(third.id) }), [second.id])
    t.same(await ids({ limit: 10, caller: 'crm' }), [second.id, first.id])
    t.same(await ids({ limit: 10, jobId: jobId(2) }), [third.id])
    t.same(await ids({ limit: 10, caller: 'crm', jobId: jobId(2) }), [])
    t.same(await ids({ limit: 10, jobId: jobId(1), after: String(second.id) }), [first.id])
    t.same(await ids({ limit: 10, jobId: jobId(9) }), [])
    t.same(outbox.queue.size, { pending: 0, deadLetters: 3 })

    await outbox.jobs.accept(newJob(3, [sets('D', 4)]))
    // Its words quote a result with another code.
    const detail = JSON.stringify({ error: { code: 'upstream_unavailable', detail: '' } })
    const error = { code: 'upstream_error', detail, retryable: true } as const
    const { id: other } = await settleNext(outbox, (claimed) => {
      const result = { ...resultOf(claimed, 'failed'), error }
      return { claimed, disposition: 'dead_lettered', result, delivered: [] }
    })
    const [code, caller] = ['upstream_unavailable', 'web']
    t.same(await ids({ limit: 10, code: 'upstream_error' }), [other])
    t.same(await ids({ limit: 10, code }), [third.id, second.id, first.id])
    t.same(await ids({ limit: 10, code, caller, jobId: jobId(2) }), [third.id])
    t.same(await ids({ limit: 1, code, after: String(third.id) }), [second.id])
    for (const none of ['upstream_', '', "'", '%', 'UPSTREAM_ERROR'])
      t.same(await ids({ limit: 10, code: none }), [])
    const chosen = await outbox.jobs.choose({ code, limit: 2 })
    t.same([chosen.letters.map(({ id }) => id), chosen.remaining], [[first.id, second.id], 1])
    t.match(await outbox.jobs.choose({ code, ids: [other, third.id], limit: 2 }), {
      letters: [{ id: third.id }],
      remaining: 0
    })
  })

  test(`${name}: a replayed dead letter is gone, and its job keeps its result`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 2)]))
    const { id, sequence, update } = await settleNext(outbox, dead)
    await settleNext(outbox, dead)
    const replay = replayAs(2)
    t.same(await outbox.jobs.replay({ limit: 1 }, replay), RECORD)
    const [found] = replay.found
    t.same(
      found?.letters.map((one) => [one.id, one.sequence, one.update, one.superseded]),
      [[id, sequence, update, []]]
    )
    t.equal(found?.remaining, 1)

    t.same(outbox.queue.size, { pending: 1, deadLetters: 1 })
    t.match(await outbox.jobs.find(jobId(1)), { status: 'failed', counts: { failed: 2 } })
    const [claimed] = await (await reopen()).queue.claim('default', 10, LATER)
    t.match(claimed, { sequence, update, job: { id: jobId(2) } })
    t.not(claimed?.id, id)
  })

  test(`${name}: a replay sees deliveries just before it, and two at once never take the same letter`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('OLD', 1), sets('OTHER', 2)]))
    await settleNext(outbox, dead)
    await settleNext(outbox, dead)
    await outbox.jobs.accept(newJob(2, [sets('NEW', 1)]))
    const [newer] = await outbox.queue.claim('default', 1, LATER)
    if (newer === undefined) throw new Error('nothing claimed')
    const answers = await Promise.all([
      outbox.queue.settle([done(newer)], NO_CALLS),
      outbox.jobs.replay({ limit: 10 }, replayAs(3)),
      outbox.jobs.replay({ limit: 10 }, replayAs(4))
    ])

    // Connections of their own may make the second replay the first one.
    const isSecond = answers[1] === undefined
    const [taker, other] = isSecond ? [4, 3] : [3, 4]
    t.same(answers, isSecond ? [undefined, undefined, RECORD] : [undefined, RECORD, undefined])
    const claimed = await outbox.queue.claim('default', 10, LATER)
    t.same(inShort(claimed), [`${taker}/0 lead_id:1 OLD`, `${taker}/1 lead_id:2 OTHER`])
    t.same(
      claimed.map(({ superseded }) => superseded),
      [['status'], []]
    )
    t.equal(await outbox.jobs.find(jobId(other)), undefined)
    t.same(outbox.queue.size, { pending: 2, deadLetters: 0 })
  })

  test(`${name}: dead letters are chosen by caller, job and id, oldest first; the rest are counted`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
    await outbox.jobs.accept(newJob(2, [sets('B', 4)], { caller: 'web' }))
    const [first, , third, web] = [1, 2, 3, 4].map(() => settleNext(outbox, dead))
    const ids = [(await third)?.id ?? 0, (await first)?.id ?? 0, (await web)?.id ?? 0, 999]
    const cases: [choice: Omit<DeadLetterChoice, 'limit'>, limit: number, leads: number[], left: number][] = [
      [{}, 10, [1, 2, 3, 4], 0],
      [{}, 3, [1, 2, 3], 1],
      [{ caller: 'web' }, 10, [4], 0],
      [{ jobId: jobId(1) }, 2, [1, 2], 1],
      [{ jobId: jobId(9) }, 2, [], 0],
      [{ ids }, 10, [1, 3, 4], 0],
      [{ ids }, 1, [1], 2],
      [{ ids, caller: 'crm' }, 2, [1, 3], 0],
      [{ ids: [999] }, 10, [], 0]
    ]
    for (const [choice, limit, leads, left] of cases) {
      const replay = replayAs(3)
      const looked = outbox.jobs.replay({ ...choice, limit }, (letters, remaining) => {
        replay(letters, remaining)
        return { jobs: [], record: RECORD }
      })
      t.same(await looked, leads.length > 0 ? RECORD : undefined)
      const [{ letters, remaining } = { letters: [], remaining: 0 }] = replay.found
      t.same(
        [letters.map(({ update }) => update.key.value), remaining],
        [leads, left],
        JSON.stringify(choice)
      )
    }
  })

  test(`${name}: a replay's response is stored with its jobs, and a repeat does nothing`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
    await settleNext(outbox, dead)
    await settleNext(outbox, dead)
    const record = idempotencyRecord({ at: Date.now(), body: '{"jobs":[]}' })
    const oneEach = (letters: readonly DeadLetter[]) => ({
      jobs: letters.map((letter, n) => newJob(n + 2, [], replaying([letter]))),
      record
    })
    await outbox.jobs.replay({ limit: 10 }, oneEach, record)
    const reopened = await reopen()

    t.same(await reopened.jobs.replay({ limit: 10 }, oneEach, record), record)
    t.same(await reopened.idempotency.find(record.caller, record.key, 0), record)
    t.same(
      (await reopened.jobs.list({ limit: 10 })).map(({ id }) => id),
      [jobId(3), jobId(2), jobId(1)]
    )
    t.same(reopened.queue.size, { pending: 2, deadLetters: 0 })
  })

  test(`${name}: a failed replay changes nothing`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
    await settleNext(outbox, dead)
    await settleNext(outbox, dead)
    const sameId = (letters: readonly DeadLetter[]) => ({
      jobs: letters.map((letter) => newJob(2, [], replaying([letter]))),
      record: idempotencyRecord()
    })
    await t.rejects(outbox.jobs.replay({ limit: 10 }, sameId, idempotencyRecord()), StorageError)

    t.equal(await outbox.jobs.find(jobId(2)), undefined)
    t.equal(await outbox.idempotency.find('crm', 'key-1', 0), undefined)
    t.same(outbox.queue.size, { pending: 0, deadLetters: 2 })
    t.same(await outbox.queue.claim('default', 10, LATER), [])
  })

  test(`${name}: oldestPendingAt and bytes follow what is stored`, async (t) => {
    const { outbox } = await open(t)
    t.equal(outbox.queue.oldestPendingAt, undefined)
    const { bytes } = outbox
    t.ok(bytes > 0)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await outbox.jobs.accept(newJob(2, [sets('A', 2), sets('A', 3)]))
    await outbox.jobs.accept(newJob(3, [sets('A', 4)]))
    t.equal(outbox.queue.oldestPendingAt, 1)
    await settleNext(outbox, done)
    t.equal(outbox.queue.oldestPendingAt, 2)
    await settleNext(outbox, done)
    t.equal(outbox.queue.oldestPendingAt, 2, 'a part of it has not ended')
    await settleNext(outbox, dead)
    t.equal(outbox.queue.oldestPendingAt, 3)
    await outbox.jobs.cancel(jobId(3), 5)
    t.equal(outbox.queue.oldestPendingAt, undefined)
    // A text that a database cannot compress.
    const long = randomBytes(50_000).toString('hex')
    await outbox.jobs.accept(
      newJob(4, [], { rejected: [{ index: 0, status: 'rejected', phone_number: long }] })
    )
    t.ok(await until('the size to be measured', () => outbox.bytes > bytes + long.length / 4))
  })

  test(`${name}: onSettled listeners get settled and cancelled updates`, async (t) => {
    const { outbox } = await open(t)
    const seen: string[] = []
    outbox.queue.onSettled((settlements) => {
      for (const { disposition, claimed, result } of settlements)
        seen.push(`${claimed.update.index} ${disposition} ${result?.status}, of ${claimed.acceptedAt}`)
    })
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
    await settleNext(outbox, done)
    await settleNext(outbox, (claimed) => waiting(claimed, LATER + 1))
    await settleNext(outbox, dead)
    await outbox.jobs.cancel(jobId(1), 5)
    await outbox.jobs.cancel(jobId(1), 6)
    t.same(seen, [
      '0 delivered updated, of 1',
      '1 retry failed, of 1',
      '2 dead_lettered failed, of 1',
      '1 delivered cancelled, of 1'
    ])
  })

  test(`${name}: cancel ends updates that are not in flight, and releases later updates of their leads`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await outbox.jobs.accept(newJob(2, [sets('B', 1), sets('B', 2), sets('B', 3)]))
    await outbox.jobs.accept(newJob(3, [sets('C', 1), sets('C', 3)]))
    const [first] = await outbox.queue.claim('default', 1, LATER)
    if (first === undefined) throw new Error('nothing claimed')

    t.equal(await outbox.jobs.cancel(jobId(1), 5), 0, 'it is in flight')
    t.equal(await outbox.jobs.cancel(jobId(2), 7), 3)
    t.equal(await outbox.jobs.cancel(jobId(2), 8), 0)
    t.match(await outbox.jobs.find(jobId(1)), { status: 'queued', counts: { queued: 1 } })
    t.match(await outbox.jobs.find(jobId(2)), { status: 'failed', counts: { cancelled: 3 } })
    t.same(await outbox.jobs.results(jobId(2)), [
      { index: 0, lead_id: 1, status: 'cancelled' },
      { index: 1, lead_id: 2, status: 'cancelled' },
      { index: 2, lead_id: 3, status: 'cancelled' }
    ])
    t.same(outbox.queue.size, { pending: 3, deadLetters: 0 })

    t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['3/1 lead_id:3 C'])
    await outbox.queue.settle([done(first)], NO_CALLS)
    t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['3/0 lead_id:1 C'])
  })

  test(`${name}: cancel ends an update waiting for a retry, and keeps its job's other results`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
    const [first, second, third] = await outbox.queue.claim('default', 3, LATER)
    if (!first || !second || !third) throw new Error('nothing claimed')
    await outbox.queue.settle([done(first), waiting(second, 50)], NO_CALLS)

    t.equal(await outbox.jobs.cancel(jobId(1), 60), 1)
    t.match(await outbox.jobs.find(jobId(1)), {
      status: 'running',
      counts: { updated: 1, cancelled: 1, queued: 1 }
    })
    await outbox.queue.settle([done(third)], NO_CALLS)
    t.match(await outbox.jobs.find(jobId(1)), { status: 'partial', counts: { updated: 2, cancelled: 1 } })
    const reopened = await reopen()
    t.same(await reopened.queue.claim('default', 10, LATER), [])
    t.same(reopened.queue.size, { pending: 0, deadLetters: 0 })
  })

  test(`${name}: an update claimed at the same moment is not cancelled`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2)]))
    const [claimed, cancelled] = await Promise.all([
      outbox.queue.claim('default', 1, LATER),
      outbox.jobs.cancel(jobId(1), 5)
    ])
    t.same(inShort(claimed), ['1/0 lead_id:1 A'])
    t.equal(cancelled, 1)
    await outbox.queue.settle(claimed.map(done), NO_CALLS)
    t.match(await outbox.jobs.find(jobId(1)), { status: 'partial', counts: { updated: 1, cancelled: 1 } })
    t.same(outbox.queue.size, { pending: 0, deadLetters: 0 })
  })

  test(`${name}: an older update does not undo a newer one of the lead`, async (t) => {
    const { outbox, reopen } = await open(t)
    const both = (status: string, email: string) => ({ lead_id: 1, fields: { status, email } })
    await outbox.jobs.accept(newJob(1, [both('A', 'a@example.com'), sets('A', 2)]))
    const old = await settleNext(outbox, dead)
    await outbox.jobs.accept(newJob(2, [sets('B', 1)]))
    await outbox.jobs.accept(newJob(3, [both('C', 'c@example.com')]))
    t.same(inShort([await settleNext(outbox, done)]), ['1/1 lead_id:2 A'])
    t.same(inShort([await settleNext(outbox, done)]), ['2/0 lead_id:1 B'])

    const reopened = await reopen()
    const [letter] = await reopened.jobs.deadLetters({ limit: 1 })
    t.same([letter?.id, letter?.superseded], [old.id, ['status']])
    const [newer] = await reopened.queue.claim('default', 1, LATER)
    t.same([newer?.job.id, newer?.superseded], [jobId(3), []], 'a newer update is whole')
  })

  test(`${name}: what is accepted after a restart is newer than what was written before it`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    // The numbers between were those of updates that could not be stored.
    const sequence = (await nextSequence(outbox)) + 10
    await outbox.queue.supersede([{ lead: 'lead_id:1', fields: ['status'] }], sequence)
    const later = await reopen()
    await later.jobs.accept(newJob(2, [sets('B', 1)]))
    const [older, newer] = [await settleNext(later, done), await settleNext(later, done)]
    t.same([older.job.id, older.superseded], [jobId(1), ['status']])
    t.same([newer.job.id, newer.superseded], [jobId(2), []])
  })

  test(`${name}: a replayed update keeps its sequence, and supersedes nothing newer`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await settleNext(outbox, dead)
    await outbox.queue.supersede([{ lead: 'lead_id:1', fields: ['email'] }], await nextSequence(outbox))
    await outbox.jobs.accept(newJob(2, [sets('B', 1)]))
    await settleNext(outbox, (claimed) => waiting(claimed, 500))
    await outbox.jobs.replay({ limit: 10 }, replayAs(3))

    const newer = await settleNext(outbox, done)
    t.same([newer.job.id, newer.superseded], [jobId(2), []])
    const [replayed] = await outbox.queue.claim('default', 1, LATER)
    t.same(replayed?.superseded, ['email', 'status'], 'the newer one was delivered before it')
  })

  test(`${name}: a direct delivery supersedes pending updates and dead letters, under every key of the lead`, async (t) => {
    const { outbox } = await open(t)
    await outbox.queue.supersede([{ lead: 'lead_id:1', fields: ['status'] }], await nextSequence(outbox))
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    await settleNext(outbox, dead)
    await outbox.jobs.accept(
      newJob(2, [sets('B', 1), sets('B', 2), sets('B', { vendor_lead_code: 'CRM-1' })])
    )
    const newer = [
      { lead: 'lead_id:1', fields: ['email', 'status'] },
      { lead: 'lead_id:1', fields: ['status', 'owner'] },
      { lead: 'vendor_lead_code:CRM-1', fields: ['rank'] }
    ]
    await outbox.queue.supersede(newer, await nextSequence(outbox))
    await outbox.jobs.accept(newJob(3, [sets('C', 3)]))

    const [letter] = await outbox.jobs.deadLetters({ limit: 1 })
    t.same(letter?.superseded.toSorted(), ['email', 'owner', 'status'])
    t.same(
      (await outbox.queue.claim('default', 10, LATER)).map(({ superseded }) => superseded.toSorted()),
      [['email', 'owner', 'status'], [], ['rank'], []]
    )
  })

  test(`${name}: writes of a lead are known until its older updates have ended`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    const [older] = await outbox.queue.claim('default', 10, LATER)
    if (older === undefined) throw new Error('nothing was due')
    await outbox.jobs.accept(newJob(2, [sets('B', 1)]))
    const leads = [1, 2].map((lead) => ({ lead: `lead_id:${lead}`, fields: ['status', 'owner'] }))
    await outbox.queue.supersede(leads, await nextSequence(outbox))

    t.same(outbox.queue.writtenSince('lead_id:1', older.sequence).toSorted(), ['owner', 'status'])
    t.same(outbox.queue.writtenSince('lead_id:1', await nextSequence(outbox)), [])
    t.same(outbox.queue.writtenSince('lead_id:2', older.sequence), [], 'no update of lead 2 waits')
    t.equal(await outbox.queue.forgetWrites(10), 0)
    const later = await reopen()
    t.same(later.queue.writtenSince('lead_id:1', older.sequence).toSorted(), ['owner', 'status'])
    await settleNext(later, dead)
    await settleNext(later, done)
    t.equal(await later.queue.forgetWrites(10), 0, 'a dead letter could be replayed')
    await later.jobs.replay({ limit: 1 }, replayAs(3))
    await settleNext(later, done)
    t.equal(await later.queue.forgetWrites(1), 1)
    t.equal(await later.queue.forgetWrites(10), 1)
    t.same(later.queue.writtenSince('lead_id:1', older.sequence), [])
  })

  test(`${name}: while an update by a key waits, writes of all leads are known`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(
      newJob(1, [sets('A', { vendor_lead_code: 'CRM-1' }), sets('A', { phone_number: '2125550004' })])
    )
    const [byCode, byPhone] = await outbox.queue.claim('default', 10, LATER)
    if (byCode === undefined || byPhone === undefined) throw new Error('nothing was due')
    await outbox.queue.settle([waiting(byCode, LATER + 1)], NO_CALLS)
    await outbox.queue.supersede([{ lead: 'lead_id:7', fields: ['status'] }], await nextSequence(outbox))

    for (const { sequence } of [byCode, byPhone])
      t.same(outbox.queue.writtenSince('lead_id:7', sequence), ['status'])
    await outbox.jobs.accept(newJob(2, [sets('B', 8)]))
    const [newer] = await outbox.queue.claim('default', 10, LATER)
    if (newer === undefined) throw new Error('nothing was due')
    await outbox.queue.settle([done(newer)], NO_CALLS)
    t.same(outbox.queue.writtenSince('lead_id:8', byCode.sequence), ['status'], 'a stored update was newer')

    await outbox.queue.settle([done(byPhone)], NO_CALLS)
    await settleNext(outbox, done, LATER + 1)
    t.equal(await outbox.queue.forgetWrites(10), 2)
  })

  test(`${name}: a long run of a lead's updates that set the same fields is claimed as one`, async (t) => {
    const { outbox, reopen } = await open(t)
    const run = Array.from({ length: MIN_FOLDED + 1 }, (_, n) => sets(`A${n}`, 1))
    await outbox.jobs.accept(newJob(1, [...run, sets('B', 2)]))
    await outbox.jobs.accept(newJob(2, [{ lead_id: 1, fields: { status: 'C', owner: 'ann' } }, sets('D', 1)]))
    const claimed = await outbox.queue.claim('default', 2, LATER)

    t.same(inShort(claimed), [`1/${MIN_FOLDED} lead_id:1 A${MIN_FOLDED}`, '1/11 lead_id:2 B'])
    const [newest] = claimed
    t.same(
      newest?.folded?.map(({ update }) => update.changes.stored['status']),
      run.slice(0, -1).map((_, n) => `A${n}`)
    )
    t.equal(await outbox.jobs.cancel(jobId(1), LATER), 0, 'all of them are in flight')
    t.same(await outbox.queue.claim('default', 10, LATER), [])
    if (newest?.folded === undefined) throw new Error('nothing was folded')
    await outbox.queue.settle([done(newest)], NO_CALLS)
    t.same(await outbox.queue.claim('default', 10, LATER), [], 'those that are folded are not settled')
    await outbox.queue.settle(newest.folded.slice(1).map(done), NO_CALLS)
    const later = await reopen()
    t.same(inShort(await later.queue.claim('default', 1, LATER)), ['1/0 lead_id:1 A0'])
  })

  test(`${name}: updates are not folded that are few, failed before, set other fields, or are replayed`, async (t) => {
    const { outbox } = await open(t)
    const run = (more: object = {}) =>
      Array.from({ length: MIN_FOLDED }, () => ({ lead_id: 1, fields: { status: 'A' }, ...more }))
    const isFolded = async () => {
      const claimed = await outbox.queue.claim('default', 1, LATER)
      await outbox.queue.settle(claimed.flatMap((one) => [...(one.folded ?? []), one]).map(done), NO_CALLS)
      return claimed.some(({ folded }) => folded !== undefined)
    }
    const others = [
      { reset_called: true },
      { fields: { status: 'B', owner: 'ann' } },
      { custom_fields: { favorite_color: 'red' } },
      { lead_id: undefined, vendor_lead_code: 'CRM-1' }
    ]
    for (const [index, other] of others.entries()) {
      await outbox.jobs.accept(newJob(index, [...run(), { lead_id: 1, fields: { status: 'A' }, ...other }]))
      while (outbox.queue.size.pending > 0) t.notOk(await isFolded(), JSON.stringify(other))
    }
    const custom = run({ custom_fields: { favorite_color: 'red' } })
    await outbox.jobs.accept(newJob(20, [...custom, ...custom]))
    while (outbox.queue.size.pending > 0) t.notOk(await isFolded(), 'custom fields')

    await outbox.jobs.accept(newJob(30, run()))
    await outbox.jobs.accept(newJob(31, run()))
    const [failed] = await outbox.queue.claim('default', 1, LATER)
    if (failed?.folded === undefined) throw new Error('nothing was folded')
    const settlements = [...failed.folded, failed].map((one) => waiting(one, LATER))
    await outbox.queue.settle(settlements, NO_CALLS)
    for (let n = 0; n < 2 * MIN_FOLDED; n++) t.notOk(await isFolded(), 'one that failed')

    await outbox.jobs.accept(newJob(40, run().slice(0, 1)))
    await settleNext(outbox, dead)
    await outbox.jobs.accept(newJob(42, run()))
    await outbox.jobs.replay({ limit: 1 }, replayAs(41))
    while (outbox.queue.size.pending > 0) t.notOk(await isFolded(), 'a replayed one is older')
  })

  test(`${name}: cancelling a large job lets other work through`, async (t) => {
    const { outbox } = await open(t)
    const large = Array.from({ length: 1_000 }, (_, n) => sets('A', n + 1))
    await outbox.jobs.accept(newJob(1, large))
    const ended: string[] = []
    const cancelled = outbox.jobs.cancel(jobId(1), LATER).then((count) => ended.push(`cancelled ${count}`))
    const accepted = outbox.jobs.accept(newJob(2, [sets('B', 1)])).then(() => ended.push('accepted'))
    await Promise.all([cancelled, accepted])
    t.same(ended, ['accepted', 'cancelled 1000'])
    t.match(await outbox.jobs.find(jobId(1)), { status: 'failed', counts: { cancelled: 1_000 } })
    t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['2/0 lead_id:1 B'])
  })

  test(`${name}: a claim folds a bounded number of updates`, async (t) => {
    const { outbox } = await open(t)
    const leads = [1, 2, 3].flatMap((lead) => Array.from({ length: 300 }, () => sets('A', lead)))
    await outbox.jobs.accept(newJob(1, leads))
    const claimed = await outbox.queue.claim('default', 10, LATER)
    t.same(
      claimed.map(({ folded = [] }) => folded.length),
      [299, MAX_FOLDED - 299, 0]
    )
  })

  test(`${name}: writes of many leads are stored even if it is closed at the same moment`, async (t) => {
    const { outbox, reopen } = await open(t)
    const leads = Array.from({ length: 1_200 }, (_, n) => n + 1)
    await outbox.jobs.accept(
      newJob(
        1,
        leads.map((lead) => sets('OLD', lead))
      )
    )
    const delivered = leads.map((lead) => ({ lead: `lead_id:${lead}`, fields: ['status'] }))
    const noted = outbox.queue.supersede(delivered, await nextSequence(outbox))
    const [later] = await Promise.all([reopen(), noted])
    const claimed = await later.queue.claim('default', leads.length, LATER)
    t.equal(claimed.length, leads.length)
    t.same(
      claimed.filter(({ superseded }) => superseded.length === 0),
      []
    )
  })

  test(`${name}: a delivery begun before an update was accepted does not supersede it`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    const order = await nextSequence(outbox)
    await outbox.jobs.accept(newJob(2, [sets('B', 1)]))
    await outbox.queue.supersede([{ lead: 'lead_id:1', fields: ['status'] }], order)
    const [older, newer] = [await settleNext(outbox, done), await settleNext(outbox, done)]
    t.same([older.job.id, older.superseded], [jobId(1), ['status']])
    t.same([newer.job.id, newer.superseded], [jobId(2), []])
  })

  test(`${name}: a response older than a day is not returned`, async (t) => {
    const { outbox } = await open(t)
    const at = 2 * IDEMPOTENCY_KEY_TTL_MS
    await outbox.idempotency.save(
      idempotencyRecord({ at: at - IDEMPOTENCY_KEY_TTL_MS - 1, fingerprint: 'other' })
    )
    const record = idempotencyRecord({ at })
    t.equal(await outbox.jobs.accept({ ...newJob(1, [sets('A', 1)]), records: [record] }), undefined)
    t.equal(outbox.queue.size.pending, 1)
    t.same(await outbox.jobs.accept({ ...newJob(2, [sets('A', 1)]), records: [record] }), record)
    t.equal(outbox.queue.size.pending, 1)
  })

  test(`${name}: an event id is kept for seven days`, async (t) => {
    const { outbox } = await open(t)
    const first = idempotencyRecord({ at: 1_000, fingerprint: '' })
    await outbox.idempotency.save(first)
    const after = (at: number) => ({
      ...newJob(1, [sets('A', 1)]),
      records: [idempotencyRecord({ at, fingerprint: '' })]
    })
    t.same(await outbox.jobs.accept(after(1_000 + 7 * IDEMPOTENCY_KEY_TTL_MS)), first)
    t.equal(await outbox.jobs.accept(after(1_001 + 7 * IDEMPOTENCY_KEY_TTL_MS)), undefined)
  })

  test(`${name}: a response is found by caller, key and time`, async (t) => {
    const { outbox, reopen } = await open(t)
    const record = idempotencyRecord()
    await outbox.idempotency.save(record)
    const reopened = await reopen()

    t.same(await reopened.idempotency.find('crm', 'key-1', 1_000), record)
    t.equal(await reopened.idempotency.find('crm', 'key-1', 1_001), undefined)
    t.equal(await reopened.idempotency.find('web', 'key-1', 0), undefined)
    t.equal(await reopened.idempotency.find('crm', 'key-2', 0), undefined)
    await reopened.idempotency.save(idempotencyRecord({ at: 2_000, body: '{"id":"job_2"}' }))
    t.equal((await reopened.idempotency.find('crm', 'key-1', 1_001))?.body, '{"id":"job_2"}')
  })

  test(`${name}: a request with a key is in progress until it ends, or its response is stored`, async (t) => {
    const { outbox } = await open(t)
    const { idempotency } = outbox
    t.equal(await idempotency.begin('crm', 'key-1', 0), 'begun')
    t.equal(await idempotency.begin('crm', 'key-1', 0), 'in_progress')
    t.equal(await idempotency.begin('web', 'key-1', 0), 'begun', 'another caller may use the same key')
    await idempotency.end('crm', 'key-1')
    t.equal(await idempotency.begin('crm', 'key-1', 0), 'begun')
    await idempotency.save(RECORD)
    await idempotency.end('crm', 'key-1')
    t.same(await idempotency.begin('crm', 'key-1', 1_000), RECORD)
    t.same(await idempotency.begin('crm', 'key-1', 1_000), RECORD)
    t.equal(await idempotency.begin('crm', 'key-1', 1_001), 'begun', 'the response is out of date')
  })

  test(`${name}: a job whose key has a response is not stored`, async (t) => {
    const { outbox } = await open(t)
    const record = idempotencyRecord()
    t.equal(await outbox.jobs.accept(newJob(1, [sets('A', 1)], { records: [record] })), undefined)
    const repeat = idempotencyRecord({ body: '{"id":"job_2"}', at: 1_500 })
    const [known, other] = await Promise.all([
      outbox.jobs.accept(newJob(2, [sets('A', 1)], { records: [repeat] })),
      outbox.jobs.accept(newJob(3, [sets('A', 2)], { records: [idempotencyRecord({ caller: 'web' })] }))
    ])

    t.same(known, record)
    t.equal(other, undefined, 'another caller may use the same key')
    t.equal(await outbox.jobs.find(jobId(2)), undefined)
    t.same(await outbox.idempotency.find('crm', 'key-1', 0), record)
    t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['1/0 lead_id:1 A', '3/0 lead_id:2 A'])
    t.same(outbox.queue.size, { pending: 2, deadLetters: 0 })
  })

  test(`${name}: of concurrent requests with one key one is stored, and all get its response`, async (t) => {
    const { outbox } = await open(t)
    const numbers = Array.from({ length: 50 }, (_, n) => n + 1)
    const answers = await Promise.all(
      numbers.map((n) =>
        outbox.jobs.accept(newJob(n, [sets('A', n)], { records: [idempotencyRecord({ body: `${n}` })] }))
      )
    )
    t.equal(answers.filter((answer) => answer === undefined).length, 1)
    t.same(new Set(answers.map((answer) => answer?.body)), new Set([undefined, '1']))
    t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
  })

  test(`${name}: retention deletes only what ended long ago, a few rows at a time`, async (t) => {
    const { outbox } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('A', 2), sets('A', 3)]))
    await outbox.jobs.accept(newJob(2, [sets('B', 4)]))
    await outbox.jobs.accept(newJob(3, [sets('C', 5)]))
    for (const settlement of [done, dead, missing, done]) await settleNext(outbox, settlement)
    await outbox.idempotency.save(idempotencyRecord({ key: 'old', at: 100 }))
    await outbox.idempotency.save(idempotencyRecord({ key: 'new', at: 200 }))

    const purge = async (before: number, recordsBefore: number, limit: number) =>
      (await outbox.idempotency.purge(recordsBefore, limit)) + (await outbox.jobs.purge(before, limit))
    t.equal(await purge(1, 100, 10), 0, 'nothing ended before 1 ms after the epoch')
    t.same(outbox.queue.size, { pending: 1, deadLetters: 1 })
    const future = Date.now() + 1
    const steps = []
    for (let rows = -1; rows !== 0; steps.push(rows)) rows = await purge(future, 101, 2)
    t.ok(steps.length > 3 && steps.every((rows) => rows <= 4), steps.join(' '))

    t.equal(await outbox.idempotency.find('crm', 'old', 0), undefined)
    t.equal((await outbox.idempotency.find('crm', 'new', 0))?.at, 200)
    t.same(
      (await outbox.jobs.list({ limit: 10 })).map(({ id }) => id),
      [jobId(3)]
    )
    t.same(await outbox.jobs.results(jobId(1)), [])
    t.same(await outbox.jobs.deadLetters({ limit: 10 }), [])
    t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
    t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['3/0 lead_id:5 C'])
  })

  test(`${name}: after a restart updates in flight are claimed again, before later ones of their leads`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 1), sets('A', 2)]))
    await outbox.jobs.accept(newJob(2, [sets('C', 2)]))
    const claimed = await outbox.queue.claim('default', 10, LATER)
    t.same(inShort(claimed), ['1/0 lead_id:1 A', '1/2 lead_id:2 A'])

    const reopened = await reopen()
    t.same(reopened.queue.size, { pending: 4, deadLetters: 0 })
    t.same(await reopened.queue.claim('default', 10, LATER), claimed)
    await reopened.jobs.accept(newJob(3, [sets('D', 1)]))
    t.same(await reopened.queue.claim('default', 10, LATER), [])
  })

  test(`${name}: a closed outbox rejects every call and changes nothing`, async (t) => {
    const { outbox, reopen } = await open(t)
    await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
    const claimed = await outbox.queue.claim('default', 1, LATER)
    const reopened = await reopen()
    await t.rejects(outbox.queue.settle(claimed.map(done), NO_CALLS), StorageError)
    await t.rejects(outbox.jobs.accept(newJob(2, [sets('B', 1)])), StorageError)
    t.match(await reopened.jobs.find(jobId(1)), { status: 'queued' })
  })
}
