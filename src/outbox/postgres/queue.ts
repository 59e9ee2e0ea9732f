import PQueue from 'p-queue'
import { StorageError } from '../../errors.ts'
import type { HistoryPolicy } from '../history.ts'
import type { QueueEvents } from '../queue-events.ts'
import type { Claimed, DeliveredFields, Settlement, UpdateQueue } from '../queue.ts'
import { readObject } from '../rows.ts'
import type { Database } from './database/database.ts'
import { HAS_OTHERS, NEXT_SEQUENCE, NOTHING_SEEN, SERVER } from './pending/look.ts'
import { noteWrites } from './newest-writes.ts'
import { OwnedQueue, type Settled, type Term } from './owned-queue.ts'
import type { StoredUpdate } from './pending/pending-updates.ts'
import type { SetAside } from './set-aside.ts'

/** Leads noted in one transaction: few, so that settlements don't wait long. */
const STEP = 1_000
/** Updates cancelled at once: few, so that other work doesn't wait long. */
const CANCEL_STEP = 200
const NEXT = `SELECT ${NEXT_SEQUENCE} AS next_sequence, ${HAS_OTHERS} AS has_others, ${SERVER} AS server`

/** What the owner reports to the others. */
interface QueueState {
  /** By account. */
  readonly pending: Readonly<Record<string, number>>
  readonly deadLetters: number
  readonly oldestPendingAt?: number | undefined
}

const NOTHING_REPORTED: QueueState = { pending: {}, deadLetters: 0 }

export interface PostgresQueueOptions {
  readonly database: Database
  readonly setAside: SetAside
  readonly events: QueueEvents
  readonly policy: HistoryPolicy
  readonly longestPauseMs: number
  /** See `OwnedQueueOptions`. */
  readonly pageSize?: number | undefined
}

/**
 * The queue in PostgreSQL. One gateway owns it: `take` and `look` read it into memory. At the others nothing can be claimed, and
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
  #isClosing = false
  #state = NOTHING_REPORTED
  /** The latest question for the next sequence number, and the one after it, which is not asked yet. */
  #asked: Promise<number | undefined> = Promise.resolve(undefined)
  #unasked: Promise<number | undefined> | undefined

  constructor(options: PostgresQueueOptions) {
    this.#options = options
  }

  /**
   * Begins to read the queue: from now on this gateway claims and settles. Must be called when it has become the owner.
   * @throws StorageError
   */
  take(term: Term): Promise<void> {
    const { events, ...options } = this.#options
    const onArrived = () => {
      for (const listener of this.#arrived) listener()
    }
    const onEnded = (jobs: readonly string[]) => {
      events.announce([], jobs)
    }
    return this.#turn(async () => {
      this.#owned = await OwnedQueue.load({ ...options, term, onArrived, onEnded })
      onArrived()
    })
  }

  /** Forgets the queue: another gateway owns it. What was claimed is not settled any more. */
  release(): void {
    if (this.#owned) this.#state = stateOf(this.#owned)
    this.#owned = undefined
  }

  /** Reads all that looks have not found yet, in pages: claims and settlements have their turns between them. @throws StorageError */
  async look(): Promise<void> {
    // A look that has further pages may have begun before something was stored.
    let looks = this.#owned?.isReading ? 2 : 1
    while (looks > 0 && !this.#isClosing) {
      const hasMore = await this.#turn(async () => (await this.#owned?.look()) ?? false)
      if (!hasMore) looks--
    }
  }

  /** Reports counts to the other gateways, or reads what the owner has reported. @throws StorageError */
  async report(): Promise<void> {
    const { database } = this.#options
    const [row] = await database.rows('SELECT content, dead_letters_removed AS removed FROM queue_state')
    if (this.#owned === undefined) {
      this.#state = { ...NOTHING_REPORTED, ...readObject(row?.['content']) }
      return
    }
    this.#owned.noteRemoved(Number(row?.['removed']))
    const state = JSON.stringify(stateOf(this.#owned))
    if (state !== row?.['content']) await database.write('UPDATE queue_state SET content = $1', state)
  }

  /** Counts in updates that this gateway has stored; see `OwnedQueue.add`. */
  stored(updates: readonly StoredUpdate[], acceptedAt: number): void {
    this.#owned?.add(updates, acceptedAt)
  }

  /** See `OwnedQueue.noteRemoved`. */
  noteRemoved(removed: number): void {
    this.#owned?.noteRemoved(removed)
  }

  /** Whether this gateway owns the queue. */
  get isOwned(): boolean {
    return this.#owned !== undefined
  }

  /** Resolves when nothing is being done. A look reads no further page. */
  async close(): Promise<void> {
    this.#isClosing = true
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
    for (let after: number | undefined = 0; after !== undefined;) {
      const from: number = after
      const step = await this.#turn(async () => {
        if (this.#owned === undefined) throw new StorageError('Another gateway owns the queue.')
        return this.#owned.cancel(jobId, from, CANCEL_STEP)
      })
      this.#announce(step)
      cancelled += step.settlements.length
      after = step.last
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
    // The count of dead letters may be old, so the database is asked for them.
    const wasEmpty = owned?.size.pending === 0
    const { snapshot, server } = owned?.seen ?? NOTHING_SEEN
    const [row] = await this.#options.database.rows(NEXT, snapshot)
    const isEmpty = wasEmpty && row?.['has_others'] === false && row['server'] === server
    return isEmpty ? undefined : Number(row?.['next_sequence'])
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
