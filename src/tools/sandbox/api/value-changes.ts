import { storeDecimal, storeGender, storeInteger, storeText } from '../database/column-types.ts'
import type { Lead } from '../database/fixture.ts'
import type { Changes } from '../database/lead-table.ts'
import { readSqlText, toThreeByteText } from '../database/sql-text.ts'
import { storeDate } from '../database/store-date.ts'
import type { ApiCall } from './api-call.ts'
import type { ParameterName } from './cleaning.ts'

interface ValueParameter {
  readonly name: ParameterName
  readonly column: keyof Lead
  /** What the column holds once the cleaned text is written to it. */
  readonly store: (text: string) => string | number
}

const SMALLINT_MAX = 32767n
const SMALLINT_UNSIGNED_MAX = 65535n
const BIGINT_UNSIGNED_MAX = 2n ** 64n - 1n

/** The parameters that `batch_update_lead` and `update_lead` write, and the columns they fill. */
const VALUE_PARAMETERS: readonly ValueParameter[] = [
  { name: 'user_field', column: 'user', store: (value) => storeText(value, 20) },
  { name: 'list_id_field', column: 'list_id', store: (value) => storeInteger(value, BIGINT_UNSIGNED_MAX) },
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
  { name: 'gender', column: 'gender', store: storeGender },
  { name: 'date_of_birth', column: 'date_of_birth', store: storeDate },
  text('alt_phone', 12),
  text('email', 70),
  text('security_phrase', 100),
  text('comments', 255),
  { name: 'rank', column: 'rank', store: (value) => storeInteger(value, SMALLINT_MAX) },
  text('owner', 20),
  {
    name: 'called_count',
    column: 'called_count',
    store: (value) => storeInteger(value, SMALLINT_UNSIGNED_MAX)
  },
  text('phone_code', 10)
]

/** A text column named like its parameter; `maxLength` is in characters. */
function text(name: ParameterName & keyof Lead, maxLength: number): ValueParameter {
  return { name, column: name, store: (value) => storeText(value, maxLength) }
}

const BLANK = '--BLANK--'

/**
 * The column values that a call sets. An empty parameter sets nothing; `--BLANK--` empties the column.
 *
 * @returns undefined if the call sets nothing at all
 * @throws {DatabaseError} when a backslash breaks the UPDATE
 */
export function readValueChanges({ value, useNonLatin }: ApiCall): Changes | undefined {
  const changes: Record<string, string | number> = {}
  for (const { name, column, store } of VALUE_PARAMETERS) {
    const text = value(name)
    if (text !== '') changes[column] = store(toThreeByteText(readSqlText(writtenText(text)), useNonLatin))
  }
  if (value('reset_lead') === 'Y') changes['called_since_last_reset'] = 'N'
  return Object.keys(changes).length > 0 ? changes : undefined
}

/** The text that VICIdial writes for a value. It stores a newline as `!N`. */
function writtenText(text: string): string {
  return text === BLANK ? '' : text.replaceAll('\n', '!N')
}
