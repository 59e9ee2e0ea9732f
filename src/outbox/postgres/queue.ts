import PQueue from 'p-queue'
import { StorageError } from '../../errors.ts'
import type { HistoryPolicy } from '../history.ts'
import type { QueueEvents } from '../queue-events.ts'
import type { Claimed, DeliveredFields, Settlement, UpdateQueue } from '../queue.ts'
import { readObject } from '../rows.ts'
import type { Database } from './database/database.ts'
import { HAS_UNSEEN, NEXT_SEQUENCE } from './look.ts'
import { noteWrites } from './newest-writes.ts'
import { OwnedQueue, type Settled, type Term } from './owned-queue.ts'
import type { FoundUpdate } from './pending-updates.ts'

/** Leads noted in one transaction: few, so that settlements don't wait long. */
const STEP = 1_000
/** Updates cancelled at once: few, so that other work doesn't wait long. */
const CANCEL_STEP = 200
const NEXT = `SELECT ${NEXT_SEQUENCE} AS next_sequence, ${HAS_UNSEEN} AS has_unseen`

/** What the owner reports to the others. */
interface QueueState {
  /** By account. */
  readonly pending: Readonly<Record<string, number>>
  readonly deadLetters: number
  readonly oldestPendingAt?: number | undefined
}

export interface PostgresQueueOptions {
  readonly database: Database
  readonly events: QueueEvents
  readonly policy: HistoryPolicy
  readonly longestPauseMs: number
}

/**
 * The queue in PostgreSQL. One gateway owns it: `take` reads it into memory. At the others nothing can be claimed, and
 * counts are those that the owner has last reported.
 */
export class PostgresQueue implements UpdateQueue {
  readonly #options: PostgresQueueOptions
  /** Looks, claims and settlements: one after the other, as each changes what the next one finds. */
  readonly #turns = new PQueue({ concurrency: 1 })
  /** Notes of writes: requests wait for them, so they don't wait for turns. */
  readonly #notes = new PQueue({ concurrency: 2 })
  readonly #arrived: (() => void)[] = []
  #owned: OwnedQueue | undefined
  #state: QueueState = { pending: {}, deadLetters: 0 }
  /** The latest question for the next sequence number, and the one after it, which is not asked yet. */
  #asked: Promise<number | undefined> = Promise.resolve(undefined)
  #unasked: Promise<number | undefined> | undefined

  constructor(options: PostgresQueueOptions) {
    this.#options = options
  }

  /**
   * Reads the queue: from now on this gateway claims and settles. Must be called when it has become the owner.
   * @throws StorageError
   */
  take(term: Term): Promise<void> {
    const { database, policy, longestPauseMs } = this.#options
    const onArrived = () => {
      for (const listener of this.#arrived) listener()
    }
    return this.#turn(async () => {
      this.#owned = await OwnedQueue.load({ database, term, policy, longestPauseMs, onArrived })
      onArrived()
    })
  }

  /** Forgets the queue: another gateway owns it. What was claimed is not settled any more. */
  release(): void {
    if (this.#owned) this.#state = stateOf(this.#owned)
    this.#owned = undefined
  }

  /** Reads what other gateways have stored. @throws StorageError */
  look(): Promise<void> {
    return this.#turn(async () => this.#owned?.look())
  }

  /** Reports counts to the other gateways, or reads what the owner has reported. @throws StorageError */
  async report(): Promise<void> {
    const { database } = this.#options
    const [row] = await database.rows('SELECT content, dead_letters_removed AS removed FROM queue_state')
    if (this.#owned === undefined) {
      this.#state = (readObject(row?.['content']) ?? this.#state) as QueueState
      return
    }
    this.#owned.noteRemoved(Number(row?.['removed']))
    const state = JSON.stringify(stateOf(this.#owned))
    if (state !== row?.['content']) await database.write('UPDATE queue_state SET content = $1', state)
  }

  /** Counts in updates that this gateway has stored; see `OwnedQueue.add`. */
  stored(updates: readonly FoundUpdate[], acceptedAt: number): void {
    this.#owned?.add(updates, acceptedAt)
  }

  /** Counts dead letters that this gateway has replayed or deleted. */
  removeDeadLetters(count: number): void {
    this.#owned?.removeDeadLetters(count)
  }

  /** Whether this gateway owns the queue. */
  get isOwned(): boolean {
    return this.#owned !== undefined
  }

  /** Resolves when nothing is being done. */
  async idle(): Promise<void> {
    await Promise.all([this.#turns.onIdle(), this.#notes.onIdle()])
  }

  claim(account: string, limit: number, now: number, maxFolded?: number): Promise<Claimed[]> {
    return this.#turn(async () => (await this.#owned?.claim(account, limit, now, maxFolded)) ?? [])
  }

  async settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<void> {
    const settled = await this.#turn(async () => this.#owned?.settle(settlements, calls))
    if (settled) this.#announce(settled)
  }

  /**
   * Cancels the updates of a job that are not in flight. Returns how many.
   * @throws StorageError, also if another gateway owns the queue
   */
  async cancel(jobId: string): Promise<number> {
    let cancelled = 0
    let last = 0
    for (let taken = CANCEL_STEP; taken === CANCEL_STEP;) {
      const settled = await this.#turn(async () => {
        if (this.#owned === undefined) throw new StorageError('Another gateway owns the queue.')
        return this.#owned.cancel(jobId, last, CANCEL_STEP)
      })
      this.#announce(settled)
      taken = settled.settlements.length
      cancelled += taken
      last = settled.settlements.at(-1)?.claimed.id ?? last
    }
    return cancelled
  }

  onSettled(listener: (settlements: readonly Settlement[]) => void): void {
    this.#options.events.onSettled(listener)
  }

  onArrived(listener: () => void): void {
    this.#arrived.push(listener)
  }

  nextSequence(): Promise<number | undefined> {
    // Requests that arrive while one is asked share the next.
    const ask = () => {
      this.#unasked = undefined
      this.#asked = this.#nextSequence()
      return this.#asked
    }
    this.#unasked ??= this.#asked.then(ask, ask)
    return this.#unasked
  }

  async supersede(delivered: readonly DeliveredFields[], sequence: number): Promise<void> {
    const { database } = this.#options
    const owned = this.#owned
    // The next owner may have sent older updates since: a note would then stop those between them.
    if (owned === undefined) throw new StorageError('Another gateway owns the queue.')
    const steps = Array.from({ length: Math.ceil(delivered.length / STEP) }, (_, step) =>
      this.#notes.add(async () => {
        const leads = delivered.slice(step * STEP, (step + 1) * STEP)
        const noted = await database.transaction(async (sql) => {
          await owned.hold(sql)
          return noteWrites(sql, [{ delivered: leads, sequence }])
        })
        owned.addWrites(noted)
      })
    )
    await Promise.all(steps)
  }

  writtenSince(lead: string, sequence: number): readonly string[] {
    return this.#owned?.writtenSince(lead, sequence) ?? []
  }

  forgetWrites(limit: number): Promise<number> {
    return this.#turn(async () => (await this.#owned?.forgetWrites(limit)) ?? 0)
  }

  nextDueAt(account: string): number | undefined {
    return this.#owned?.nextDueAt(account)
  }

  get size() {
    if (this.#owned) return this.#owned.size
    const { pending, deadLetters } = this.#state
    return { pending: Object.values(pending).reduce((sum, count) => sum + count, 0), deadLetters }
  }

  get pendingByAccount(): ReadonlyMap<string, number> {
    return this.#owned?.pendingByAccount ?? new Map(Object.entries(this.#state.pending))
  }

  get oldestPendingAt(): number | undefined {
    return this.#owned ? this.#owned.oldestPendingAt : this.#state.oldestPendingAt
  }

  async #nextSequence(): Promise<number | undefined> {
    const owned = this.#owned
    const wasEmpty = owned !== undefined && owned.size.pending + owned.size.deadLetters === 0
    const [row] = await this.#options.database.rows(NEXT, owned?.snapshot ?? '1:1:')
    return wasEmpty && row?.['has_unseen'] === false ? undefined : Number(row?.['next_sequence'])
  }

  #announce({ settlements, endedJobs }: Settled): void {
    this.#options.events.announce(settlements, endedJobs)
  }

  #turn<T>(run: () => Promise<T>): Promise<T> {
    return this.#turns.add(run)
  }
}

function stateOf({ pendingByAccount, size, oldestPendingAt }: OwnedQueue): QueueState {
  return {
    pending: Object.fromEntries(pendingByAccount),
    deadLetters: size.deadLetters,
    oldestPendingAt
  }
}
