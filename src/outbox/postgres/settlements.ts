import { type HistoryPolicy, settledRecords } from '../history.ts'
import { type Counts, countEnded, endedStatus } from '../progress.ts'
import type { Settlement } from '../queue.ts'
import { readObject } from '../rows.ts'
import { DEAD_LETTER, ENDED, PENDING } from '../update-state.ts'
import { addAttempts } from './attempts.ts'
import { byColumn, type Sql } from './database/database.ts'
import { addHistory } from './history.ts'
import { countResults } from './job-table.ts'

/** Rows that have ended already stay as they are: the commit of an earlier try may have succeeded unnoticed. */
const SETTLE = `UPDATE updates AS u SET state = s.state, status = s.status, result = coalesce(s.result, u.result),
    attempts = coalesce(s.attempts, u.attempts), due_at = s.due_at
  FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::integer[], $6::bigint[])
    AS s (id, state, status, result, attempts, due_at)
  WHERE u.id = s.id AND u.state = ${PENDING} RETURNING u.id`
const PROGRESS = `UPDATE jobs AS j SET pending = p.pending, calls = j.calls + p.calls, status = p.status, counts = p.counts,
    finished_at = p.finished_at
  FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::bigint[])
    AS p (n, pending, calls, status, counts, finished_at)
  WHERE j.n = p.n`

/**
 * Ends deliveries: stores results, the jobs' progress and the history, within a transaction.
 * @param calls calls to VICIdial, by job id
 * @returns the ids of the jobs that have ended
 */
export async function storeSettlements(
  sql: Sql,
  settlements: readonly Settlement[],
  calls: ReadonlyMap<string, number>,
  policy: HistoryPolicy
): Promise<string[]> {
  const now = Date.now()
  const settled = await sql.rows(
    SETTLE,
    ...byColumn(
      settlements.map((one) => rowOf(one, now)),
      6
    )
  )
  const ids = new Set(settled.map(({ id }) => Number(id)))
  const stored = settlements.filter(({ claimed }) => ids.has(claimed.id))
  const ended = await storeProgress(sql, countEnded(stored), calls, now)
  await addAttempts(sql, stored)
  if (policy.entries) await addHistory(sql, settledRecords(stored, policy.values))
  return ended
}

function rowOf(settlement: Settlement, now: number): unknown[] {
  const { id } = settlement.claimed
  if (settlement.disposition === 'retry') {
    const { result, attempts, dueAt } = settlement
    return [id, PENDING, null, result ? JSON.stringify(result) : null, attempts, dueAt]
  }
  const { disposition, result, attempt } = settlement
  const state = disposition === 'dead_lettered' ? DEAD_LETTER : ENDED
  return [id, state, result.status, JSON.stringify(result), attempt?.number, now]
}

/**
 * Stores the progress of jobs, once the results of their updates are stored. Returns the ids of those that have ended.
 * @param endedOf how many of each job's updates have ended, by status
 */
export async function storeProgress(
  sql: Sql,
  endedOf: ReadonlyMap<string, Counts>,
  calls: ReadonlyMap<string, number>,
  now: number
): Promise<string[]> {
  const ids = [...new Set([...endedOf.keys(), ...calls.keys()])]
  if (ids.length === 0) return []
  // Only the owner changes them.
  const jobs = await sql.rows(
    `SELECT n, id, received, pending, status, counts, finished_at FROM jobs WHERE id = ANY ($1::text[])`,
    ids
  )
  const endedJobs: string[] = []
  const progress: unknown[][] = []
  for (const job of jobs) {
    const id = String(job['id'])
    const ended = endedOf.get(id) ?? {}
    const before = readObject(job['counts']) as Counts | undefined
    const counts = before ? sum(before, ended) : await countResults(sql, Number(job['n']))
    const count = Object.values(ended).reduce((all, some) => all + some, 0)
    const pending = Number(job['pending']) - count
    const common = [job['n'], pending, calls.get(id) ?? 0]
    if (count === 0 || pending > 0) {
      const status = job['status'] === 'queued' ? 'running' : job['status']
      progress.push([...common, status, JSON.stringify(counts), job['finished_at']])
      continue
    }
    endedJobs.push(id)
    progress.push([...common, endedStatus(counts, Number(job['received'])), JSON.stringify(counts), now])
  }
  await sql.rows(PROGRESS, ...byColumn(progress, 6))
  return endedJobs
}

function sum(a: Counts, b: Counts): Counts {
  const all = { ...a }
  for (const [status, count] of Object.entries(b)) all[status] = (all[status] ?? 0) + count
  return all
}
