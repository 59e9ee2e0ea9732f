import type { MappedPayload, MappingFault } from './mapped-payload.ts'
import type { Mapping } from './mapping.ts'
import type { Progress } from './payload-evaluation.ts'

/** Rows of a file to map. Each is a payload with one event. */
export interface RowsTask {
  readonly rows: readonly unknown[]
}

/** What a row becomes: an update that is not yet validated, or the fault. Neither if the row does not matter. */
export interface MappedRow {
  readonly update?: Record<string, unknown>
  readonly fault?: MappingFault
}

/** Maps rows one after the other. One that fails stops no other. */
export async function mapRows(
  mapping: Mapping,
  { rows }: RowsTask,
  progress: Progress
): Promise<MappedRow[]> {
  const mapped: MappedRow[] = []
  for (const [index, row] of rows.entries()) {
    const noteRow: Progress = (expression) => {
      progress(expression, index)
    }
    mapped.push(rowOf(await mapping.map(row, 1, noteRow)))
  }
  return mapped
}

function rowOf(result: MappedPayload | MappingFault): MappedRow {
  if ('reason' in result) return { fault: result }
  const [fault] = result.failures.values()
  if (fault !== undefined) return { fault }
  const [update] = result.updates
  return update === undefined ? {} : { update: update as Record<string, unknown> }
}
