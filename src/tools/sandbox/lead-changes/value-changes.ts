import { storeDecimal, storeInteger, storeOption } from '../database/column-types.ts'
import type { Lead } from '../database/fixture.ts'
import type { Changes } from '../database/lead-table.ts'
import type { Connection } from '../database/connection.ts'
import { readSqlText } from '../database/sql-text.ts'
import { storeDate } from '../database/store-date.ts'
import type { ApiCall } from '../api/api-call.ts'
import type { ParameterName } from '../api/cleaning.ts'

interface ValueParameter {
  readonly name: ParameterName
  readonly column: keyof Lead
  /** What the column holds once the cleaned text is written to it. */
  readonly store: (text: string, connection: Connection) => string | number
}

const SMALLINT = [-32768, 32767] as const
const SMALLINT_UNSIGNED = [0, 65535] as const
export const BIGINT_UNSIGNED = [0, 2 ** 64] as const
const GENDERS = ['M', 'F', 'U']

/** The parameters that `batch_update_lead` and `update_lead` write, and the columns they fill. */
export const VALUE_PARAMETERS: readonly ValueParameter[] = [
  { name: 'user_field', column: 'user', store: (value, connection) => connection.store(value, 20) },
  { name: 'list_id_field', column: 'list_id', store: (value) => storeInteger(value, ...BIGINT_UNSIGNED) },
  text('status', 6),
  text('vendor_lead_code', 20),
  text('source_id', 50),
  { name: 'gmt_offset_now', column: 'gmt_offset_now', store: storeDecimal },
  text('title', 4),
  text('first_name', 30),
  text('middle_initial', 1),
  text('last_name', 30),
  text('address1', 100),
  text('address2', 100),
  text('address3', 100),
  text('city', 50),
  text('state', 2),
  text('province', 50),
  text('postal_code', 10),
  text('country_code', 3),
  { name: 'gender', column: 'gender', store: (value) => storeOption(value, GENDERS) },
  { name: 'date_of_birth', column: 'date_of_birth', store: storeDate },
  text('alt_phone', 12),
  text('email', 70),
  text('security_phrase', 100),
  text('comments', 255),
  { name: 'rank', column: 'rank', store: (value) => storeInteger(value, ...SMALLINT) },
  text('owner', 20),
  {
    name: 'called_count',
    column: 'called_count',
    store: (value) => storeInteger(value, ...SMALLINT_UNSIGNED)
  },
  text('phone_code', 10)
]

/** A text column named like its parameter. */
function text(name: ParameterName & keyof Lead, maxLength: number): ValueParameter {
  return { name, column: name, store: (value, connection) => connection.store(value, maxLength) }
}

/** The number of changed rows that PHP 7 gets for an UPDATE that the database rejects. */
export const FAILED = -1

const BLANK = '--BLANK--'

/**
 * The column values that a call sets. An empty parameter sets nothing; `--BLANK--` empties the column.
 *
 * @returns undefined if the call sets nothing at all; else a function that reads the values as the database does
 * @throws {DatabaseError} by that function, when a value breaks the UPDATE
 */
export function valueChanges({ value, connection }: ApiCall): (() => Changes) | undefined {
  const sent = VALUE_PARAMETERS.filter(({ name }) => value(name) !== '')
  const isReset = value('reset_lead') === 'Y'
  if (sent.length === 0 && !isReset) return undefined
  return () => {
    const changes: Record<string, string | number> = isReset ? { called_since_last_reset: 'N' } : {}
    for (const { name, column, store } of sent) {
      changes[column] = store(readSqlText(writtenText(value(name))), connection)
    }
    return changes
  }
}

/** The text that VICIdial writes for a value. It stores a newline as `!N`. */
function writtenText(text: string): string {
  return text === BLANK ? '' : text.replaceAll('\n', '!N')
}
