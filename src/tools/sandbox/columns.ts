import type { ParameterName } from './cleaning.ts'
import type { Lead } from './fixture.ts'
import { storeDate } from './store-date.ts'
import { storeDecimal, storeGender, storeInteger, storeText } from './storing.ts'

type Column = keyof Lead

interface ValueParameter {
  readonly name: ParameterName
  readonly column: Column
  /** What the column holds after the cleaned text was written to it. */
  readonly store: (text: string) => string | number
}

function text(name: ParameterName & Column, longest: number): ValueParameter {
  return { name, column: name, store: (value) => storeText(value, longest) }
}

const SMALLINT_MAX = 32767n
const SMALLINT_UNSIGNED_MAX = 65535n
const BIGINT_UNSIGNED_MAX = 2n ** 64n - 1n

/** The parameters that `batch_update_lead` and `update_lead` write, and the columns they fill. */
export const VALUE_PARAMETERS: readonly ValueParameter[] = [
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

/** The longest `phone_number` that the column holds, in characters. */
export const PHONE_NUMBER_LENGTH = 18
