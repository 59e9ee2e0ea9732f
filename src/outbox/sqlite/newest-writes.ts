import { BY_ID } from '../../leads/lead-key.ts'
import type { DeliveredFields } from '../queue.ts'
import type { Row } from '../rows.ts'
import type { Statements } from './database/statements.ts'

/** The fields of an update that newer writes of its lead have set, as a JSON list; null without any. */
export const SUPERSEDED = `(SELECT nullif(json_group_array(field), '[]') FROM newest_writes
  WHERE newest_writes.lead = updates.lead AND newest_writes.sequence > updates.sequence) AS superseded`
/** Updates that name their lead by a key have names beyond this one; see the index `unfinished_keys`. */
const OLDEST_KEY =
  "SELECT sequence FROM updates WHERE state < 2 AND lead > 'lead_id;' ORDER BY sequence LIMIT 1"

/** What the update at `sequence` has written. */
export interface Write {
  readonly delivered: readonly DeliveredFields[]
  readonly sequence: number
}

/**
 * When each field of a lead was last written, as far as an older update that has not ended could undo it. The lead of
 * an update by a key is only known once VICIdial has been asked, so while one waits, the writes of all leads are kept.
 */
export class NewestWrites {
  readonly #sql: Statements
  /** The last row that was looked at, by `forget`. */
  #cursor: readonly [lead: string, field: string] = ['', '']

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** Notes what was written by the updates at each `sequence`, within a transaction. */
  note(writes: readonly Write[]): void {
    const oldestKey = this.#oldestKey
    for (const { delivered, sequence } of writes) this.#note(delivered, sequence, oldestKey < sequence)
  }

  /** @param isOfAnyLead whether an older update by a key, which may name any lead, has not ended */
  #note(delivered: readonly DeliveredFields[], sequence: number, isOfAnyLead: boolean): void {
    for (const { lead, fields } of delivered) {
      if (!(isOfAnyLead && lead.startsWith(BY_ID)) && !this.#hasOlder(lead, sequence)) continue
      for (const field of fields) {
        this.#sql.run(
          `INSERT INTO newest_writes (lead, field, sequence) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > sequence`,
          lead,
          field,
          sequence
        )
      }
    }
  }

  /** The fields of a lead that were written after the update at `sequence` was accepted. */
  since(lead: number, sequence: number): string[] {
    return this.#sql
      .rows('SELECT field FROM newest_writes WHERE lead = ? AND sequence > ?', `${BY_ID}${lead}`, sequence)
      .map(({ field }) => String(field))
  }

  /** Looks at the next `limit` writes, and deletes those that no update can undo. Returns how many it deleted. */
  forget(limit: number): number {
    const [lead, field] = this.#cursor
    const rows = this.#sql.rows(
      'SELECT lead, field, sequence FROM newest_writes WHERE (lead, field) > (?, ?) ORDER BY lead, field LIMIT ?',
      lead,
      field,
      limit
    )
    const oldestKey = this.#oldestKey
    const isNeeded = (row: Row) => {
      const sequence = Number(row['sequence'])
      const name = String(row['lead'])
      return (name.startsWith(BY_ID) && oldestKey < sequence) || this.#hasOlder(name, sequence)
    }
    const needless = rows.filter((row) => !isNeeded(row))
    for (const row of needless)
      this.#sql.run(
        'DELETE FROM newest_writes WHERE lead = ? AND field = ?',
        String(row['lead']),
        String(row['field'])
      )
    const last = rows.length < limit ? undefined : rows.at(-1)
    this.#cursor = last ? [String(last['lead']), String(last['field'])] : ['', '']
    return needless.length
  }

  /** The sequence number of the oldest update by a key that has not ended; infinite without one. */
  get #oldestKey(): number {
    const row = this.#sql.row(OLDEST_KEY)
    return row ? Number(row['sequence']) : Number.POSITIVE_INFINITY
  }

  /** Whether an update of a lead, by this name, that was accepted before `sequence` has not ended. */
  #hasOlder(lead: string, sequence: number): boolean {
    const sql = 'SELECT 1 FROM updates WHERE lead = ? AND state < 2 AND sequence < ? LIMIT 1'
    return this.#sql.row(sql, lead, sequence) !== undefined
  }
}
