import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import type { Result } from '../../schemas/batch.ts'
import type { Update } from '../../src/leads/update.ts'
import type { Claimed, DeliveredFields } from '../../src/outbox/queue.ts'
import type { DeadLetter } from '../../src/outbox/jobs.ts'
import type { Outbox } from '../../src/outbox/outbox.ts'
import { updates } from '../delivery/updates.ts'
import type { Tester } from '../helper.ts'
import {
  dead,
  done,
  jobId,
  idempotencyRecord,
  missing,
  newJob,
  NO_CALLS,
  replaying,
  waiting
} from './jobs.ts'
import type { Opened } from './outbox-suite.ts'

/** An update as the model knows it. */
interface Known {
  readonly job: number
  readonly index: number
  readonly account: string
  readonly lead: number
  readonly fields: readonly string[]
  /** Its place in the order of all accepted updates. */
  readonly place: number
  /** By which it is decided what undoes what. */
  readonly order: number
  readonly superseded: Set<string>
  state: 'open' | 'claimed' | 'dead' | 'ended'
  status: Result['status']
  dueAt: number
  claimed?: Claimed
}

type Step =
  | {
      readonly do: 'accept'
      readonly account: string
      readonly leads: readonly number[]
      readonly fields: readonly string[]
    }
  | { readonly do: 'refuse' }
  | { readonly do: 'claim'; readonly account: string; readonly limit: number }
  | {
      readonly do: 'settle'
      readonly which: number
      readonly as: 'done' | 'missing' | 'dead' | 'waiting'
      readonly pause: number
    }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'replay'; readonly which: number; readonly isForced: boolean }
  | { readonly do: 'supersede'; readonly lead: number; readonly fields: readonly string[] }
  | { readonly do: 'reopen' }

const ACCOUNTS = ['default', 'sales'] as const
const FIELDS = { status: 'A', email: 'a@example.com', owner: 'ann' }
const lead = fc.integer({ min: 1, max: 3 })
const fields = fc.subarray(Object.keys(FIELDS), { minLength: 1 })
const account = fc.constantFrom(...ACCOUNTS)
const which = fc.nat(100)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      account,
      leads: fc.array(lead, { minLength: 1, maxLength: 4 }),
      fields
    })
  },
  { weight: 1, arbitrary: fc.constant({ do: 'refuse' as const }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('claim' as const), account, limit: fc.constantFrom(1, 2, 9) })
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which,
      as: fc.constantFrom('done' as const, 'missing' as const, 'dead' as const, 'waiting' as const),
      pause: fc.nat(4)
    })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('replay' as const), which, isForced: fc.boolean() })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('supersede' as const), lead, fields }) }
)
/** Steps of one group are asked for at once; none of a reopening. */
const groups = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.array(step, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant<Step[]>([{ do: 'reopen' }]) }
  ),
  { minLength: 10, maxLength: 40 }
)

/** The outbox as it should be, in the simplest way, beside the one that is tested. */
class Model {
  readonly all: Known[] = []
  readonly jobs = new Map<number, { began: boolean; refused: number }>()
  now = 1
  /** How many updates had been accepted when the steps of the group were asked for. */
  #placesBefore = 0
  #places = 0

  /** What is asked for from now on is asked for at once. */
  beginGroup(): void {
    this.now++
    this.#placesBefore = this.#places
  }

  /** What an engine must do at this step: asks it, and compares its answer with what should be. */
  take(outbox: Outbox, one: Step): Promise<void> {
    switch (one.do) {
      case 'accept': {
        const elements = one.leads.map((lead_id) => ({
          lead_id,
          fields: Object.fromEntries(Object.entries(FIELDS).filter(([name]) => one.fields.includes(name)))
        }))
        return this.#accept(outbox, one.account, updates(elements), one.leads)
      }
      case 'refuse': {
        const job = this.#newJob(1)
        const rejected = [{ index: 0, status: 'rejected' as const }]
        this.#places++
        return outbox.jobs
          .accept(newJob(job, [], { acceptedAt: this.now, rejected }))
          .then((known) => assert.equal(known, undefined))
      }
      case 'claim':
        return this.#claim(outbox, one)
      case 'settle': {
        const known = pick(
          this.all.filter(({ state, claimed }) => state === 'claimed' && claimed !== undefined),
          one.which
        )
        return known ? this.#settle(outbox, known, one) : Promise.resolve()
      }
      case 'cancel':
        return this.#cancel(outbox, one.which)
      case 'replay': {
        const known = pick(this.of('dead'), one.which)
        return known ? this.#replay(outbox, known, one.isForced) : Promise.resolve()
      }
      case 'supersede':
        this.#supersede({ lead: `lead_id:${one.lead}`, fields: one.fields }, this.#placesBefore)
        return outbox.queue.supersede(
          [{ lead: `lead_id:${one.lead}`, fields: one.fields }],
          outbox.queue.nextSequence
        )
      case 'reopen':
        return Promise.resolve()
    }
  }

  of(...states: Known['state'][]): Known[] {
    return this.all.filter(({ state }) => states.includes(state))
  }

  /** What was on its way comes back. */
  reopen(): void {
    for (const known of this.of('claimed')) known.state = 'open'
  }

  /** The oldest update of each lead by an account. */
  next(account: string): Known[] {
    const oldest = new Map<number, Known>()
    for (const known of this.of('open', 'claimed').toSorted((a, b) => a.place - b.place)) {
      if (known.account === account && !oldest.has(known.lead)) oldest.set(known.lead, known)
    }
    return [...oldest.values()]
  }

  /** Those of `next` that may go out: none of their lead is on its way. */
  ready(account: string): Known[] {
    const onWay = new Set(this.of('claimed').map(({ lead }) => lead))
    return this.next(account)
      .filter(({ lead }) => !onWay.has(lead))
      .toSorted((a, b) => a.dueAt - b.dueAt || a.place - b.place)
  }

  status(job: number): string {
    const { began = false, refused = 0 } = this.jobs.get(job) ?? {}
    const of = this.all.filter((known) => known.job === job)
    if (of.some(({ state }) => state === 'open' || state === 'claimed')) return began ? 'running' : 'queued'
    const updated = of.filter(({ status }) => status === 'updated').length
    if (updated === of.length + refused) return 'completed'
    return updated > 0 ? 'partial' : 'failed'
  }

  #newJob(refused: number): number {
    const job = this.jobs.size + 1
    this.jobs.set(job, { began: false, refused })
    return job
  }

  #begin(job: number): void {
    const known = this.jobs.get(job)
    if (known) known.began = true
  }

  #add(
    job: number,
    index: number,
    account: string,
    lead: number,
    fields: readonly string[],
    replayed?: Known
  ): void {
    const place = this.#places++
    const { order = place, superseded = [] } = replayed ?? {}
    this.all.push({
      job,
      index,
      account,
      lead,
      fields,
      place,
      order,
      superseded: new Set(superseded),
      state: 'open',
      status: 'queued',
      dueAt: this.now
    })
  }

  #accept(
    outbox: Outbox,
    account: string,
    accepted: readonly Update[],
    leads: readonly number[]
  ): Promise<void> {
    const job = this.#newJob(0)
    for (const [index, { changes }] of accepted.entries())
      this.#add(job, index, account, leads[index] ?? 0, Object.keys(changes.stored))
    return outbox.jobs
      .accept(newJob(job, [], { account, acceptedAt: this.now, updates: accepted }))
      .then((known) => assert.equal(known, undefined))
  }

  async #replay(outbox: Outbox, known: Known, isForced: boolean): Promise<void> {
    const { account, claimed, lead, fields } = known
    assert(claimed)
    const job = this.#newJob(0)
    this.#add(job, 0, account, lead, fields, isForced ? undefined : known)
    known.state = 'ended'
    const replay = (letters: readonly DeadLetter[]) => {
      const { updates: taken = [], ...rest } = replaying(letters)
      const forced = taken.map(({ sequence: _, superseded: __, ...update }) => update)
      const updates = isForced ? forced : taken
      return {
        jobs: [newJob(job, [], { ...rest, account, acceptedAt: this.now, updates })],
        record: idempotencyRecord()
      }
    }
    assert.deepEqual(await outbox.jobs.replay({ ids: [claimed.id], limit: 1 }, replay), idempotencyRecord())
  }

  async #claim(outbox: Outbox, { account, limit }: Extract<Step, { do: 'claim' }>): Promise<void> {
    const expected = this.ready(account)
      .filter(({ dueAt }) => dueAt <= this.now)
      .slice(0, limit)
    const shown = expected.map(({ job, index, superseded }) => ({
      job: jobId(job),
      index,
      superseded: [...superseded].sort()
    }))
    for (const known of expected) known.state = 'claimed'
    const claimed = await outbox.queue.claim(account, limit, this.now)
    for (const [place, one] of claimed.entries()) {
      const known = expected[place]
      if (known) known.claimed = one
    }
    assert.deepEqual(
      claimed.map(({ job, update, superseded }) => ({
        job: job.id,
        index: update.index,
        superseded: [...superseded].sort()
      })),
      shown
    )
  }

  #settle(outbox: Outbox, known: Known, { as, pause }: Extract<Step, { do: 'settle' }>): Promise<void> {
    const { claimed } = known
    assert(claimed)
    this.#begin(known.job)
    if (as === 'waiting') {
      known.state = 'open'
      known.dueAt = this.now + pause
      return outbox.queue.settle([waiting(claimed, known.dueAt)], NO_CALLS)
    }
    known.state = as === 'dead' ? 'dead' : 'ended'
    known.status = ({ done: 'updated', missing: 'not_found', dead: 'failed' } as const)[as]
    if (as === 'done') this.#supersede({ lead: `lead_id:${known.lead}`, fields: known.fields }, known.order)
    return outbox.queue.settle([{ done, missing, dead }[as](claimed)], NO_CALLS)
  }

  async #cancel(outbox: Outbox, place: number): Promise<void> {
    const job = pick([...this.jobs.keys()], place)
    if (job === undefined) return
    const cancelled = this.of('open').filter((known) => known.job === job)
    for (const known of cancelled) {
      known.state = 'ended'
      known.status = 'cancelled'
    }
    if (cancelled.length > 0) this.#begin(job)
    assert.equal(await outbox.jobs.cancel(jobId(job), this.now), cancelled.length)
  }

  #supersede({ lead, fields: names }: DeliveredFields, order: number): void {
    for (const known of this.of('open', 'claimed', 'dead')) {
      if (`lead_id:${known.lead}` !== lead || known.order >= order) continue
      for (const name of names) known.superseded.add(name)
    }
  }
}

function pick<T>(from: readonly T[], place: number): T | undefined {
  return from[place % from.length]
}

/** Compares all that an engine tells with the model. */
async function compare(outbox: Outbox, model: Model): Promise<void> {
  assert.deepEqual(outbox.queue.size, {
    pending: model.of('open', 'claimed').length,
    deadLetters: model.of('dead').length
  })
  for (const account of ACCOUNTS) {
    const open = model.of('open', 'claimed').filter((known) => known.account === account)
    assert.equal(outbox.queue.pendingByAccount.get(account) ?? 0, open.length)
    const told = outbox.queue.nextDueAt(account)
    const due = model.ready(account)[0]?.dueAt
    // What another account's update holds up may be told as due, until it has been asked for.
    if (told === due) continue
    assert(told !== undefined && told < (due ?? Infinity))
    assert(model.next(account).some(({ state, dueAt }) => state === 'open' && dueAt === told))
  }
  const jobs = await outbox.jobs.list({ limit: 1_000 })
  assert.deepEqual(
    jobs.map(({ id, status }) => ({ id, status })),
    [...model.jobs.keys()].reverse().map((job) => ({ id: jobId(job), status: model.status(job) }))
  )
  for (const job of jobs) {
    const of = model.all.filter((known) => jobId(known.job) === job.id)
    const results = await outbox.jobs.results(job.id)
    const expected = of.length > 0 ? of.map(({ status }) => status) : ['rejected']
    assert.deepEqual(
      results.map(({ index, status }) => ({ index, status })),
      expected.map((status, index) => ({ index, status }))
    )
    assert.deepEqual(
      new Map(Object.entries(job.counts)),
      Map.groupBy(results, ({ status }) => status)
        .entries()
        .reduce((counts, [status, having]) => counts.set(status, having.length), new Map<string, number>())
    )
  }
  const letters = await outbox.jobs.deadLetters({ limit: 1_000 })
  assert.deepEqual(
    letters.map(({ id, jobId: job, superseded }) => ({ id, job, superseded: [...superseded].sort() })),
    model
      .of('dead')
      .toSorted((a, b) => b.place - a.place)
      .map((known) => ({
        id: known.claimed?.id,
        job: jobId(known.job),
        superseded: [...known.superseded].sort()
      }))
  )
}

/**
 * Whatever is asked of an outbox, and however much of it at once: nothing is lost, nothing is given out twice, and
 * what is told of it is right.
 */
export function outboxModel(name: string, open: (t: Tester) => Promise<Opened>): void {
  test(`${name}: whatever is asked of it, and at once, it holds what a simple model holds`, async (t) => {
    const seen = { claimed: 0, superseded: 0, cancelled: 0, replayed: 0, reopened: 0 }
    await fc.assert(
      fc.asyncProperty(groups, async (steps) => {
        const opened = await open(t)
        let { outbox } = opened
        const model = new Model()
        for (const group of steps) {
          model.beginGroup()
          if (group[0]?.do === 'reopen') {
            outbox = await opened.reopen()
            model.reopen()
            seen.reopened++
          } else await Promise.all(group.map((one) => model.take(outbox, one)))
          await compare(outbox, model)
        }
        seen.claimed += model.of('claimed').length
        seen.superseded += model.all.filter(({ superseded }) => superseded.size > 0).length
        seen.cancelled += model.all.filter(({ status }) => status === 'cancelled').length
        seen.replayed += model.all.filter(({ order, place }) => order !== place).length
        // In the end everything can be delivered, each lead's updates in their order.
        model.beginGroup()
        model.now += 10
        await opened.reopen().then(async (reopened) => {
          model.reopen()
          while (model.of('open').length > 0) {
            for (const account of ACCOUNTS) await model.take(reopened, { do: 'claim', account, limit: 9 })
            const claimed = model.of('claimed').length
            for (let n = 0; n < claimed; n++) {
              await model.take(reopened, { do: 'settle', which: 0, as: 'done', pause: 0 })
            }
          }
          await compare(reopened, model)
        })
      }),
      { numRuns: 40 }
    )
    for (const [what, times] of Object.entries(seen)) t.ok(times > 0, `${what} ${times}`)
  })
}
