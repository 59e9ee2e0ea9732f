import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import type { Result } from '../../schemas/batch.ts'
import type { Update } from '../../src/leads/update.ts'
import { type Claimed, type DeliveredFields, MIN_FOLDED } from '../../src/outbox/queue.ts'
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
  nextSequence,
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
  /** Its position among all updates, as an id. */
  readonly id: number
  /** See `Claimed.sequence`. */
  readonly sequence: number
  readonly superseded: Set<string>
  state: 'pending' | 'claimed' | 'dead' | 'ended'
  status: Result['status']
  dueAt: number
  attempts: number
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
  | { readonly do: 'forget'; readonly limit: number }
  | { readonly do: 'reopen' }

/** Steps whose effect on others depends on chance if an engine does not take steps in order. */
const UNORDERED: ReadonlySet<Step['do']> = new Set(['accept', 'refuse', 'replay', 'supersede'])
const ACCOUNTS = ['default', 'sales'] as const
const FIELDS = { status: 'A', email: 'a@example.com', owner: 'ann' }
const lead = fc.integer({ min: 1, max: 3 })
const fields = fc.subarray(Object.keys(FIELDS), { minLength: 1 })
const account = fc.constantFrom(...ACCOUNTS)
/** Of one lead, or as many of one lead as are folded. */
const leads = fc.oneof(
  { weight: 9, arbitrary: fc.array(lead, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: lead.map((one) => Array.from({ length: MIN_FOLDED + 1 }, () => one)) }
)
const which = fc.nat(100)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      account,
      leads,
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
  { weight: 2, arbitrary: fc.record({ do: fc.constant('supersede' as const), lead, fields }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), limit: fc.constantFrom(1, 9) }) }
)
/** The steps of a group are concurrent, except for a reopening. */
const groups = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.array(step, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant<Step[]>([{ do: 'reopen' }]) }
  ),
  { minLength: 10, maxLength: 40 }
)

/** A simple outbox to compare the tested one with. */
class Model {
  readonly all: Known[] = []
  readonly jobs = new Map<number, { began: boolean; refused: number }>()
  now = 1
  /** How many updates were claimed with others folded into them. */
  folded = 0
  /** The next id before the group's steps. */
  #nextIdBefore = 0
  /** The outbox's next sequence number before them. */
  #sequence = 0
  #nextId = 0

  /** The following steps are concurrent. */
  async beginGroup(outbox: Outbox): Promise<void> {
    this.now++
    this.#nextIdBefore = this.#nextId
    this.#sequence = await nextSequence(outbox)
  }

  /** Takes a step in the model and in the outbox, and compares the results. */
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
        this.#nextId++
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
        this.#supersede({ lead: `lead_id:${one.lead}`, fields: one.fields }, this.#nextIdBefore)
        return outbox.queue.supersede([{ lead: `lead_id:${one.lead}`, fields: one.fields }], this.#sequence)
      case 'forget':
        // Nothing that is still needed.
        return outbox.queue.forgetWrites(one.limit).then(() => undefined)
      case 'reopen':
        return Promise.resolve()
    }
  }

  of(...states: Known['state'][]): Known[] {
    return this.all.filter(({ state }) => states.includes(state))
  }

  /** Updates in flight are pending again; what was claimed before cannot be settled. */
  reopen(): void {
    for (const known of this.of('claimed')) {
      known.state = 'pending'
      delete known.claimed
    }
  }

  /** The oldest update of each lead by an account. */
  next(account: string): Known[] {
    const oldest = new Map<number, Known>()
    for (const known of this.of('pending', 'claimed').toSorted((a, b) => a.id - b.id)) {
      if (known.account === account && !oldest.has(known.lead)) oldest.set(known.lead, known)
    }
    return [...oldest.values()]
  }

  /** The updates of `next` that can be claimed: no update of their lead is in flight. */
  ready(account: string): Known[] {
    const inFlight = new Set(this.of('claimed').map(({ lead }) => lead))
    return this.next(account)
      .filter(({ lead }) => !inFlight.has(lead))
      .toSorted((a, b) => a.dueAt - b.dueAt || a.id - b.id)
  }

  status(job: number): string {
    const { began = false, refused = 0 } = this.jobs.get(job) ?? {}
    const of = this.all.filter((known) => known.job === job)
    if (of.some(({ state }) => state === 'pending' || state === 'claimed'))
      return began ? 'running' : 'queued'
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
    const id = this.#nextId++
    const { sequence = id, superseded = [] } = replayed ?? {}
    this.all.push({
      job,
      index,
      account,
      lead,
      fields,
      id,
      sequence,
      superseded: new Set(superseded),
      state: 'pending',
      status: 'queued',
      dueAt: this.now,
      attempts: 0
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
      const forced = taken.map(({ sequence: _, ...update }) => update)
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
    const runs = expected.map((first) => this.#foldedRun(first))
    const shown = runs.map((run) =>
      run.map(({ job, index, superseded }) => ({
        job: jobId(job),
        index,
        superseded: [...superseded].sort()
      }))
    )
    for (const known of runs.flat()) known.state = 'claimed'
    const claimed = await outbox.queue.claim(account, limit, this.now)
    const taken = claimed.map((newest) => [...(newest.folded ?? []), newest])
    this.folded += claimed.filter(({ folded }) => folded !== undefined).length
    for (const [index, one] of taken.flat().entries()) {
      const known = runs.flat()[index]
      if (known) known.claimed = one
    }
    assert.deepEqual(
      taken.map((run) =>
        run.map(({ job, update, superseded }) => ({
          job: job.id,
          index: update.index,
          superseded: [...superseded].sort()
        }))
      ),
      shown
    )
  }

  /** The updates that are claimed as one with `first`, oldest first. */
  #foldedRun(first: Known): Known[] {
    const run = [first]
    const after = this.of('pending').filter(
      ({ lead, account, id }) => lead === first.lead && account === first.account && id > first.id
    )
    for (const known of after.toSorted((a, b) => a.id - b.id)) {
      const before = run.at(-1) ?? first
      const isAlike = String(before.fields) === String(known.fields) && before.sequence < known.sequence
      if (!isAlike || before.attempts > 0 || known.attempts > 0) break
      run.push(known)
    }
    return run.length > MIN_FOLDED ? run : [first]
  }

  #settle(outbox: Outbox, known: Known, { as, pause }: Extract<Step, { do: 'settle' }>): Promise<void> {
    const { claimed } = known
    assert(claimed)
    this.#begin(known.job)
    if (as === 'waiting') {
      known.state = 'pending'
      known.dueAt = this.now + pause
      known.attempts++
      delete known.claimed
      return outbox.queue.settle([waiting(claimed, known.dueAt)], NO_CALLS)
    }
    known.state = as === 'dead' ? 'dead' : 'ended'
    known.status = ({ done: 'updated', missing: 'not_found', dead: 'failed' } as const)[as]
    if (as === 'done')
      this.#supersede({ lead: `lead_id:${known.lead}`, fields: known.fields }, known.sequence)
    return outbox.queue.settle([{ done, missing, dead }[as](claimed)], NO_CALLS)
  }

  async #cancel(outbox: Outbox, which: number): Promise<void> {
    const job = pick([...this.jobs.keys()], which)
    if (job === undefined) return
    const cancelled = this.of('pending').filter((known) => known.job === job)
    for (const known of cancelled) {
      known.state = 'ended'
      known.status = 'cancelled'
    }
    if (cancelled.length > 0) this.#begin(job)
    assert.equal(await outbox.jobs.cancel(jobId(job), this.now), cancelled.length)
  }

  #supersede({ lead, fields: names }: DeliveredFields, sequence: number): void {
    for (const known of this.of('pending', 'claimed', 'dead')) {
      if (`lead_id:${known.lead}` !== lead || known.sequence >= sequence) continue
      for (const name of names) known.superseded.add(name)
    }
  }
}

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % from.length]
}

/** Compares everything an outbox returns with the model. */
async function compare({ isOrdered }: Opened, outbox: Outbox, model: Model): Promise<void> {
  assert.deepEqual(outbox.queue.size, {
    pending: model.of('pending', 'claimed').length,
    deadLetters: model.of('dead').length
  })
  for (const account of ACCOUNTS) {
    const open = model.of('pending', 'claimed').filter((known) => known.account === account)
    assert.equal(outbox.queue.pendingByAccount.get(account) ?? 0, open.length)
    const dueAt = outbox.queue.nextDueAt(account)
    const due = model.ready(account)[0]?.dueAt
    // An update that another account's holds up may seem due until it is claimed. So may one that an older one holds up, if
    // another gateway may have stored that.
    if (dueAt === due) continue
    assert(dueAt !== undefined && dueAt < (due ?? Infinity))
    assert(
      (isOrdered ? model.next(account) : open).some(
        (known) => known.state === 'pending' && known.dueAt === dueAt
      )
    )
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
      .toSorted((a, b) => b.id - a.id)
      .map((known) => ({
        id: known.claimed?.id,
        job: jobId(known.job),
        superseded: [...known.superseded].sort()
      }))
  )
}

/** Takes steps at the same time, as far as the engine takes them in order. */
async function takeAll({ isOrdered }: Opened, outbox: Outbox, model: Model, group: readonly Step[]) {
  const taken: Promise<void>[] = []
  for (const one of group) {
    const isAlone = !isOrdered && UNORDERED.has(one.do)
    if (isAlone) await Promise.all(taken)
    const done = model.take(outbox, one)
    taken.push(done)
    if (isAlone) await done
  }
  await Promise.all(taken)
}

/** Takes steps, compares everything with the model after each group, and in the end delivers what is left. */
async function compareRun(
  opened: Opened,
  steps: readonly (readonly Step[])[],
  seen: Record<'claimed' | 'folded' | 'superseded' | 'cancelled' | 'replayed' | 'reopened', number>
): Promise<void> {
  let { outbox } = opened
  const model = new Model()
  for (const group of steps) {
    await model.beginGroup(outbox)
    if (group[0]?.do === 'reopen') {
      outbox = await opened.reopen()
      model.reopen()
      seen.reopened++
    } else await takeAll(opened, outbox, model, group)
    await compare(opened, outbox, model)
  }
  seen.claimed += model.of('claimed').length
  seen.folded += model.folded
  seen.superseded += model.all.filter(({ superseded }) => superseded.size > 0).length
  seen.cancelled += model.all.filter(({ status }) => status === 'cancelled').length
  seen.replayed += model.all.filter(({ sequence, id }) => sequence !== id).length
  // In the end everything can be delivered, in order per lead.
  await model.beginGroup(outbox)
  model.now += 10
  await opened.reopen().then(async (reopened) => {
    model.reopen()
    while (model.of('pending').length > 0) {
      for (const account of ACCOUNTS) await model.take(reopened, { do: 'claim', account, limit: 9 })
      const claimed = model.of('claimed').length
      for (let n = 0; n < claimed; n++) {
        await model.take(reopened, { do: 'settle', which: 0, as: 'done', pause: 0 })
      }
    }
    await compare(opened, reopened, model)
  })
}

/** Random concurrent operations: no update is lost or claimed twice, and everything returned is right. */
export function outboxModel(name: string, open: (t: Tester) => Promise<Opened>, numRuns: number): void {
  test(`${name}: after any concurrent operations it matches a simple model`, async (t) => {
    const seen = { claimed: 0, folded: 0, superseded: 0, cancelled: 0, replayed: 0, reopened: 0 }
    await fc.assert(
      fc.asyncProperty(groups, async (steps) => {
        const opened = await open(t)
        try {
          await compareRun(opened, steps, seen)
        } finally {
          await opened.close()
        }
      }),
      { numRuns }
    )
    for (const [what, times] of Object.entries(seen)) t.ok(times > 0, `${what} ${times}`)
  })
}
