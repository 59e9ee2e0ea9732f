import assert from 'node:assert/strict'
import pg from 'pg'
import { StorageError } from '../../../src/errors.ts'
import { withoutFields } from '../../../src/leads/compose-changes.ts'
import type { Sql } from '../../../src/outbox/postgres/database/database.ts'
import { insertJobs } from '../../../src/outbox/postgres/insert-jobs.ts'
import type { PostgresOutbox } from '../../../src/outbox/postgres/postgres-outbox.ts'
import type { DeadLetter, NewJob } from '../../../src/outbox/jobs.ts'
import type { Claimed, Settlement } from '../../../src/outbox/queue.ts'
import type { Row } from '../../../src/outbox/rows.ts'
import { dead, idempotencyRecord, jobId, missing, newJob, NO_CALLS, resultOf, waiting } from '../jobs.ts'
import { Ledger, type SentWrite } from './ledger.ts'
import type { OpenedPostgres } from './opened.ts'

/** The values that updates set. */
export const VALUES = { status: 'A', email: 'a@example.com', owner: 'ann' }

export type Step =
  | {
      readonly do: 'accept' | 'begin'
      readonly at: number
      readonly account: string
      readonly leads: readonly number[]
      readonly fields: readonly string[]
    }
  | { readonly do: 'commit'; readonly which: number }
  | { readonly do: 'claim'; readonly at: number; readonly account: string; readonly limit: number }
  | {
      readonly do: 'settle'
      readonly at: number
      readonly which: number
      readonly as: 'done' | 'missing' | 'dead' | 'waiting'
    }
  | { readonly do: 'write'; readonly lead: number; readonly fields: readonly string[] }
  | { readonly do: 'replay'; readonly at: number; readonly which: number; readonly isForced: boolean }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'take' }
  | { readonly do: 'look'; readonly at: number }
  | { readonly do: 'learn' }
  | { readonly do: 'forget' }

/** A gateway, and what its worker has claimed. */
interface Gateway {
  readonly name: string
  readonly outbox: PostgresOutbox
  claims: Claimed[]
}

/** A transaction that has stored a job and is not committed yet. */
interface OpenTransaction {
  readonly client: pg.Client
  readonly writes: readonly SentWrite[]
}

/** Two gateways on one database, the workers that they would have, and VICIdial. */
export class ClusterModel {
  readonly ledger = new Ledger()
  readonly seen = {
    claimed: 0,
    applied: 0,
    refused: 0,
    taken: 0,
    late: 0,
    replayed: 0,
    cancelled: 0,
    superseded: 0
  }
  readonly #opened: OpenedPostgres
  readonly #gateways: readonly Gateway[]
  /** Stored updates, by job and index. */
  readonly #writes = new Map<string, SentWrite>()
  /** How often each update's end was announced. */
  readonly #ended = new Map<string, number>()
  /** Ids of dead letters. */
  readonly #replayed = new Set<number>()
  readonly #transactions: OpenTransaction[] = []
  /** Writes of synchronous requests that are not noted yet, with their sequence numbers. */
  readonly #recent = new Set<{ readonly write: SentWrite; readonly sequence: number }>()
  #taking: Promise<void> = Promise.resolve()
  #owner = 0
  /** Counts owners. */
  #term = 1
  #jobs = 0
  #now = 1

  constructor(opened: OpenedPostgres, other: PostgresOutbox) {
    this.#opened = opened
    this.#gateways = [
      { name: 'one', outbox: opened.outbox, claims: [] },
      { name: 'two', outbox: other, claims: [] }
    ]
    for (const { outbox } of this.#gateways) {
      outbox.queue.onSettled((settlements) => {
        for (const { claimed, disposition } of settlements)
          if (disposition !== 'retry')
            this.#ended.set(nameOf(claimed), (this.#ended.get(nameOf(claimed)) ?? 0) + 1)
      })
    }
  }

  /** Takes a step. Steps may be taken at the same time. */
  async take(step: Step): Promise<void> {
    this.#now++
    switch (step.do) {
      case 'accept':
        return this.#accept(step)
      case 'begin':
        return this.#begin(step)
      case 'commit':
        return this.#commit(step.which)
      case 'claim':
        return this.#claim(this.#at(step.at), step.account, step.limit)
      case 'settle':
        return this.#settle(this.#at(step.at), step.which, step.as)
      case 'write':
        return this.#write(step.lead, step.fields)
      case 'replay':
        return this.#replay(this.#at(step.at), step.which, step.isForced)
      case 'cancel':
        return this.#cancel(step.which)
      case 'take':
        return this.#takeOver()
      case 'look':
        return this.#at(step.at).outbox.queue.look()
      case 'learn':
        this.#at(1 - this.#owner).outbox.queue.release()
        return undefined
      case 'forget':
        await this.#current.outbox.queue.forgetWrites(2)
        return undefined
    }
  }

  /** At most one update of a lead is in flight. */
  check(): void {
    const leads = this.#current.claims.map(({ update }) => update.key.value)
    assert.equal(new Set(leads).size, leads.length, `in flight: ${leads.join()}`)
  }

  /** Commits and delivers everything that is left, and checks that nothing was lost. */
  async finish(): Promise<void> {
    while (this.#transactions.length > 0) await this.#commit(0)
    this.#at(1 - this.#owner).outbox.queue.release()
    this.#now += 1_000
    const { outbox, claims } = this.#current
    await outbox.queue.look()
    while (outbox.queue.size.pending > 0) {
      for (const account of ['default', 'sales']) await this.#claim(this.#current, account, 9)
      this.check()
      assert.ok(claims.length > 0 || this.#current.claims.length > 0, 'something cannot be claimed')
      while (this.#current.claims.length > 0) await this.#settle(this.#current, 0, 'done')
    }
    for (let n = 1; n <= this.#jobs; n++) await this.#checkJob(n)
    const letters = await outbox.jobs.deadLetters({ limit: 10_000 })
    assert.deepEqual(
      letters.filter(({ id }) => this.#replayed.has(id)),
      []
    )
    await outbox.queue.report()
    assert.deepEqual(outbox.queue.size, { pending: 0, deadLetters: letters.length })
    assert.equal(outbox.queue.oldestPendingAt, undefined)
    for (const [name, times] of this.#ended) assert.equal(times, 1, `${name} ended ${times} times`)
  }

  get #current(): Gateway {
    return this.#at(this.#owner)
  }

  #at(index: number): Gateway {
    const gateway = this.#gateways[index]
    assert(gateway)
    return gateway
  }

  /** A job, and what its sender knows of it. */
  #job(account: string, leads: readonly number[], fields: readonly string[]) {
    const n = ++this.#jobs
    const elements = leads.map((lead_id) => ({
      lead_id,
      fields: Object.fromEntries(Object.entries(VALUES).filter(([name]) => fields.includes(name)))
    }))
    const writes = leads.map((lead, index) => {
      const write = this.ledger.send(lead, fields)
      this.#writes.set(`${jobId(n)}/${index}`, write)
      return write
    })
    return { job: newJob(n, elements, { account, acceptedAt: this.#now }), writes }
  }

  async #accept({ at, account, leads, fields }: Extract<Step, { do: 'accept' | 'begin' }>): Promise<void> {
    const { job, writes } = this.#job(account, leads, fields)
    await this.#at(at).outbox.jobs.accept(job)
    for (const write of writes) this.ledger.answer(write)
  }

  /** Stores a job in a transaction that is committed later: its updates have lower numbers than others that end before. */
  async #begin({ account, leads, fields }: Extract<Step, { do: 'accept' | 'begin' }>): Promise<void> {
    const { job, writes } = this.#job(account, leads, fields)
    const client = new pg.Client({ connectionString: this.#opened.url })
    await client.connect()
    await client.query('BEGIN')
    await insertJobs(sqlOf(client), [job])
    this.#transactions.push({ client, writes })
    this.seen.late++
  }

  async #commit(which: number): Promise<void> {
    const [transaction] = this.#transactions.splice(which % Math.max(1, this.#transactions.length), 1)
    if (transaction === undefined) return
    await transaction.client.query('COMMIT')
    await transaction.client.end()
    for (const write of transaction.writes) this.ledger.answer(write)
  }

  async #claim(gateway: Gateway, account: string, limit: number): Promise<void> {
    const term = this.#term
    const claimed = await gateway.outbox.queue.claim(account, limit, this.#now)
    // A gateway that lost its lease meanwhile calls VICIdial no more.
    if (term === this.#term) gateway.claims.push(...claimed)
    this.seen.claimed += claimed.length
  }

  /** VICIdial is called for a claimed update, if this gateway may still call it, and the update is settled. */
  async #settle(gateway: Gateway, which: number, as: Extract<Step, { do: 'settle' }>['as']): Promise<void> {
    const [claimed] = gateway.claims.splice(which % Math.max(1, gateway.claims.length), 1)
    if (claimed === undefined) return
    const isOwner = gateway === this.#current
    const settlement =
      as === 'done' && isOwner ? this.#call(gateway, claimed) : failed(claimed, as, this.#now)
    const folded = (claimed.folded ?? []).map((one) => superseded(one))
    const term = this.#term
    try {
      await gateway.outbox.queue.settle([...folded, settlement], NO_CALLS)
    } catch (error) {
      assert(error instanceof StorageError && (!isOwner || term !== this.#term), String(error))
      this.seen.refused++
    }
    const write = this.#writes.get(nameOf(claimed))
    // The next owner sends it again.
    if (write !== undefined && term !== this.#term) this.ledger.forget(write)
  }

  /** Sends an update to VICIdial, without the fields that newer updates have set. */
  #call({ outbox }: Gateway, claimed: Claimed): Settlement {
    const write = this.#writes.get(nameOf(claimed))
    assert(write)
    const { lead } = write
    const newer = [...this.#recent].filter(
      (one) => one.write.lead === lead && one.sequence > claimed.sequence
    )
    const set = new Set([
      ...claimed.superseded,
      ...outbox.queue.writtenSince(`lead_id:${lead}`, claimed.sequence),
      ...newer.flatMap((one) => one.write.fields)
    ])
    const changes = withoutFields(claimed.update.changes, [...set])
    if (changes === undefined) {
      this.seen.superseded++
      return superseded(claimed)
    }
    const fields = Object.keys(changes.stored)
    this.ledger.apply(write, fields)
    this.seen.applied++
    const delivered = [{ lead: `lead_id:${lead}`, fields }]
    return { claimed, disposition: 'delivered', result: resultOf(claimed, 'updated'), delivered }
  }

  /** A synchronous request, at the owner. */
  async #write(lead: number, fields: readonly string[]): Promise<void> {
    const gateway = this.#current
    const term = this.#term
    // Before it has read the queue, an owner sends nothing.
    if (!gateway.outbox.queue.isOwned) return
    const write = this.ledger.send(lead, fields)
    const sequence = await gateway.outbox.queue.nextSequence()
    // Without the lease nothing is sent.
    if (term !== this.#term) return
    const recent = { write, sequence: sequence ?? 0 }
    if (sequence !== undefined) this.#recent.add(recent)
    this.ledger.apply(write, fields)
    if (sequence !== undefined && !(await this.#note(gateway, write, sequence))) return
    this.#recent.delete(recent)
    // Of one that was in flight when the lease was lost, nothing is known.
    if (term === this.#term) this.ledger.answer(write)
  }

  /** Notes what a request has set. Returns false if the lease was lost: then its sender does not learn that it was made. */
  async #note({ outbox }: Gateway, { lead, fields }: SentWrite, sequence: number): Promise<boolean> {
    const term = this.#term
    try {
      await outbox.queue.supersede([{ lead: `lead_id:${lead}`, fields }], sequence)
      return true
    } catch (error) {
      assert(error instanceof StorageError && term !== this.#term, String(error))
      return false
    }
  }

  async #replay({ outbox }: Gateway, which: number, isForced: boolean): Promise<void> {
    const letters = await outbox.jobs.deadLetters({ limit: 100 })
    const letter = letters[which % Math.max(1, letters.length)]
    if (letter === undefined) return
    const n = ++this.#jobs
    const write = this.#writes.get(`${letter.jobId}/${letter.update.index}`)
    assert(write)
    const again = isForced ? this.ledger.send(write.lead, write.fields) : write
    const replay = (chosen: readonly DeadLetter[]) => ({
      jobs: [replayOf(n, chosen, letter.account, isForced, this.#now)],
      record: idempotencyRecord()
    })
    const made = await outbox.jobs.replay({ ids: [letter.id], limit: 1 }, replay)
    if (made === undefined) return
    assert.ok(!this.#replayed.has(letter.id), `dead letter ${letter.id} was replayed twice`)
    this.#replayed.add(letter.id)
    this.#writes.set(`${jobId(n)}/0`, again)
    if (isForced) this.ledger.answer(again)
    this.seen.replayed++
  }

  async #cancel(which: number): Promise<void> {
    if (this.#jobs === 0) return
    const term = this.#term
    const { outbox } = this.#current
    if (!outbox.queue.isOwned) return
    try {
      const n = 1 + (which % this.#jobs)
      this.seen.cancelled += await outbox.jobs.cancel(jobId(n))
    } catch (error) {
      assert(error instanceof StorageError && term !== this.#term, String(error))
    }
  }

  /** The other gateway takes the lease. The old owner does not know, and calls VICIdial no more. */
  #takeOver(): Promise<void> {
    this.#taking = this.#taking.then(async () => {
      this.#owner = 1 - this.#owner
      this.#term++
      const gateway = this.#current
      gateway.outbox.queue.release()
      gateway.claims = []
      await gateway.outbox.queue.take(await this.#opened.elect(gateway.name))
      this.seen.taken++
    })
    return this.#taking
  }

  async #checkJob(n: number): Promise<void> {
    const { outbox } = this.#current
    const job = await outbox.jobs.find(jobId(n))
    const writes = [...this.#writes.keys()].filter((name) => name.startsWith(jobId(n)))
    // A replay that another one was faster than.
    if (writes.length === 0) return
    assert.ok(job?.finishedAt, `${jobId(n)} has not ended`)
    const results = await outbox.jobs.results(jobId(n))
    assert.equal(results.length, writes.length)
    assert.deepEqual(
      job.counts,
      Object.fromEntries(
        Object.entries(Object.groupBy(results, ({ status }) => status)).map(([status, of]) => [
          status,
          of.length
        ])
      )
    )
  }
}

function nameOf({ job, update }: Claimed): string {
  return `${job.id}/${update.index}`
}

function superseded(claimed: Claimed): Settlement {
  return { claimed, disposition: 'delivered', result: resultOf(claimed, 'superseded'), delivered: [] }
}

function failed(claimed: Claimed, as: Extract<Step, { do: 'settle' }>['as'], now: number): Settlement {
  if (as === 'dead') return dead(claimed)
  return as === 'missing' ? missing(claimed) : waiting(claimed, now + 2)
}

function replayOf(
  n: number,
  letters: readonly DeadLetter[],
  account: string,
  isForced: boolean,
  now: number
): NewJob {
  const updates = letters.map(({ update, sequence }, index) => ({
    ...update,
    index,
    ...(isForced ? {} : { sequence })
  }))
  return newJob(n, [], {
    account,
    acceptedAt: now,
    updates,
    replays: letters.map(({ id }) => id),
    origin: 'replay'
  })
}

function sqlOf(client: pg.Client): Sql {
  return { rows: async (text, ...values) => (await client.query<Row>(text, [...values])).rows }
}
