import { BY_ID } from '../../leads/lead-key.ts'
import type { DeliveredFields } from '../queue.ts'
import type { Row } from '../rows.ts'
import { byColumn, type Sql } from './database/database.ts'

/** An update by a key may name any lead. Their names are beyond this one: see the index `unfinished_keys`. */
const OLDEST_KEY = `(SELECT min(sequence) FROM updates WHERE state < 2 AND lead > 'lead_id;')`
/** Whether an update that has not ended could undo the write `w`. */
const IS_NEEDED = `(starts_with(w.lead, '${BY_ID}') AND coalesce(${OLDEST_KEY} < w.sequence, false))
  OR EXISTS (SELECT 1 FROM updates AS u WHERE u.lead = w.lead AND u.state < 2 AND u.sequence < w.sequence)`

const NOTE = `INSERT INTO newest_writes (lead, field, sequence)
  SELECT w.lead, field, max(w.sequence)
  FROM unnest($1::text[], $2::text[], $3::bigint[]) AS w (lead, fields, sequence), json_array_elements_text(w.fields::json) AS field
  WHERE ${IS_NEEDED}
  GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (lead, field) DO UPDATE SET sequence = excluded.sequence
    WHERE excluded.sequence > newest_writes.sequence
  RETURNING lead, field, sequence`
const FORGET = `WITH w AS (
    SELECT lead, field, sequence FROM newest_writes WHERE (lead, field) > ($1, $2) ORDER BY lead, field LIMIT $3
  ), deleted AS (
    DELETE FROM newest_writes AS n USING w
    WHERE n.lead = w.lead AND n.field = w.field AND n.sequence = w.sequence AND NOT (${IS_NEEDED})
    RETURNING n.lead, n.field, n.sequence
  )
  SELECT w.*, deleted.lead IS NOT NULL AS is_deleted FROM w LEFT JOIN deleted USING (lead, field) ORDER BY lead, field`

/** What the update at `sequence` has written. */
export interface Write {
  readonly delivered: readonly DeliveredFields[]
  readonly sequence: number
}

/** When a field of a lead was last written. */
interface NotedWrite {
  readonly lead: string
  readonly field: string
  readonly sequence: number
}

/**
 * Notes writes as far as an older update that has not ended could undo them. The lead of an update by a key is only known
 * once VICIdial has been asked, so while one waits, the writes of all leads are noted. Returns what was noted.
 */
export async function noteWrites(sql: Sql, writes: readonly Write[]): Promise<NotedWrite[]> {
  const leads = writes.flatMap(({ delivered, sequence }) =>
    delivered.map(({ lead, fields }) => [lead, JSON.stringify(fields), sequence])
  )
  if (leads.length === 0) return []
  return (await sql.rows(NOTE, ...byColumn(leads, 3))).map(readNoted)
}

/** When each field of a lead was last written, in memory: what the owner has noted. */
export class NewestWrites {
  readonly #byLead = new Map<string, Map<string, number>>()
  /** The last one that was looked at, by `forget`. */
  #cursor: readonly [lead: string, field: string] = ['', '']

  /** Reads what is noted. Returns the highest sequence number; 0 without one. */
  async load(sql: Sql): Promise<number> {
    const noted = (await sql.rows('SELECT lead, field, sequence FROM newest_writes')).map(readNoted)
    this.add(noted)
    return noted.reduce((highest, { sequence }) => Math.max(highest, sequence), 0)
  }

  add(noted: readonly NotedWrite[]): void {
    for (const { lead, field, sequence } of noted) {
      const fields = this.#byLead.get(lead) ?? new Map<string, number>()
      this.#byLead.set(lead, fields)
      if ((fields.get(field) ?? -1) < sequence) fields.set(field, sequence)
    }
  }

  /** The fields of a lead that were written after the update at `sequence` was accepted. */
  since(lead: number, sequence: number): string[] {
    const fields = this.#byLead.get(`${BY_ID}${lead}`)
    return fields ? [...fields].flatMap(([field, at]) => (at > sequence ? [field] : [])) : []
  }

  /** Looks at the next `limit` writes, and deletes those that no update can undo. Returns how many it deleted. */
  async forget(sql: Sql, limit: number): Promise<number> {
    const rows = await sql.rows(FORGET, ...this.#cursor, limit)
    const deleted = rows.filter((row) => row['is_deleted'] === true).map(readNoted)
    for (const write of deleted) this.#remove(write)
    const last = rows.length < limit ? undefined : rows.at(-1)
    this.#cursor = last ? [String(last['lead']), String(last['field'])] : ['', '']
    return deleted.length
  }

  /** Removes a write, unless the field was written again since. */
  #remove({ lead, field, sequence }: NotedWrite): void {
    const fields = this.#byLead.get(lead)
    if (fields?.get(field) !== sequence) return
    fields.delete(field)
    if (fields.size === 0) this.#byLead.delete(lead)
  }
}

function readNoted({ lead, field, sequence }: Row): NotedWrite {
  return { lead: String(lead), field: String(field), sequence: Number(sequence) }
}
