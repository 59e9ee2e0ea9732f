import type { Result } from '../../schemas/batch.ts'
import type { Attempt, UpdateAttempts } from './attempts.ts'
import type { Settlement } from './queue.ts'
import type { Row } from './rows.ts'
import { PENDING } from './update-state.ts'

/** The columns of an attempt `a` and of its update `u`, as `readAttempts` takes them. */
export const ATTEMPT_COLUMNS = `u.position, u.state, u.due_at, a.number, a.at, a.status, a.code, a.detail, a.said`

/** The rows to store for settlements: the update's id, and its attempt. Updates that succeed at once have none. */
export function attemptRows(settlements: readonly Settlement[]): (number | string | null)[][] {
  return settlements.flatMap(({ claimed, attempt }) => {
    if (attempt === undefined) return []
    const { number, at, status, code = null, detail = null, said = null } = attempt
    return [[claimed.id, number, at, status, code, detail, said]]
  })
}

/** The attempts of updates, from rows in the order of the updates and of their attempts. */
export function readAttempts(rows: readonly Row[]): UpdateAttempts[] {
  return [...Map.groupBy(rows, ({ position }) => Number(position))].map(([index, ofUpdate]) => ({
    index,
    nextAt: ofUpdate[0]?.['state'] === PENDING ? Number(ofUpdate[0]['due_at']) : undefined,
    attempts: ofUpdate.map((row) => ({
      number: Number(row['number']),
      at: Number(row['at']),
      status: String(row['status']) as Result['status'],
      ...text('code', row),
      ...text('detail', row),
      ...text('said', row)
    }))
  }))
}

function text(name: 'code' | 'detail' | 'said', row: Row): Partial<Attempt> {
  const value = row[name]
  return typeof value === 'string' ? { [name]: value } : {}
}
