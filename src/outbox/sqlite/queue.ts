import {
  type Claimed,
  type DeliveredFields,
  MAX_FOLDED,
  type Settlement,
  type UpdateQueue
} from '../queue.ts'
import type { QueueEvents } from '../queue-events.ts'
import type { AttemptTable } from './attempts.ts'
import type { GroupCommit } from './database/group-commit.ts'
import type { JobProgress } from './job-progress.ts'
import type { JobTable } from './job-table.ts'
import type { ReadyUpdates } from './ready-updates.ts'
import { FoldedClaims } from './folded-claims.ts'
import type { NewestWrites } from './newest-writes.ts'
import type { UpdateTable } from './update-table.ts'

/** Leads superseded in one write: few, so that a commit can end between them. */
const STEP = 500

/** What the queue works on. */
export interface QueueTables {
  readonly commits: GroupCommit
  readonly jobs: JobTable
  readonly updates: UpdateTable
  readonly attempts: AttemptTable
  readonly ready: ReadyUpdates
  readonly writes: NewestWrites
  readonly progress: JobProgress
  readonly events: QueueEvents
}

/** The queue in SQLite. */
export class SqliteQueue implements UpdateQueue {
  readonly #tables: QueueTables

  constructor(tables: QueueTables) {
    this.#tables = tables
  }

  claim(account: string, limit: number, now: number, maxFolded = MAX_FOLDED): Promise<Claimed[]> {
    const { commits, ready } = this.#tables
    return commits.write(() => {
      const claims = new FoldedClaims(ready, Math.min(maxFolded, MAX_FOLDED))
      return ready.take(account, limit, now).map((row) => claims.claimed(row))
    })
  }

  async settle(settlements: readonly Settlement[], calls: ReadonlyMap<string, number>): Promise<void> {
    const { commits, updates, attempts, progress, events } = this.#tables
    const endedJobs = await commits.write(() => {
      updates.settle(settlements)
      attempts.add(settlements)
      return progress.store(settlements, calls)
    })
    events.announce(settlements, endedJobs)
  }

  onSettled(listener: (settlements: readonly Settlement[]) => void): void {
    this.#tables.events.onSettled(listener)
  }

  /** Nothing arrives that was not accepted here. */
  onArrived(): void {}

  async nextSequence(): Promise<number | undefined> {
    const { nextId, size } = this.#tables.updates
    return size.pending + size.deadLetters === 0 ? undefined : nextId
  }

  async supersede(delivered: readonly DeliveredFields[], sequence: number): Promise<void> {
    const { commits, updates, writes } = this.#tables
    const { pending, deadLetters } = updates.size
    if (pending + deadLetters === 0) return
    const written: Promise<void>[] = []
    for (let start = 0; start < delivered.length; start += STEP) {
      const leads = delivered.slice(start, start + STEP)
      written.push(commits.write(() => writes.note([{ delivered: leads, sequence }]), 'note'))
    }
    await Promise.all(written)
  }

  writtenSince(lead: string, sequence: number): readonly string[] {
    return this.#tables.writes.since(lead, sequence)
  }

  forgetWrites(limit: number): Promise<number> {
    const { commits, writes } = this.#tables
    return commits.write(() => writes.forget(limit))
  }

  nextDueAt(account: string): number | undefined {
    return this.#tables.ready.nextDueAt(account)
  }

  get size() {
    return this.#tables.updates.size
  }

  get pendingByAccount(): ReadonlyMap<string, number> {
    return this.#tables.updates.pending
  }

  get oldestPendingAt(): number | undefined {
    return this.#tables.jobs.oldestPendingAt
  }
}
