import { readFileSync } from 'node:fs'

/**
 * One row of `vicidial_list`, as `GET /sandbox/leads` shows it. Four columns are numbers, all others text
 * (`gmt_offset_now` as `-5.00`, `date_of_birth` as `1980-01-01`).
 */
export interface Lead {
  readonly lead_id: number
  readonly status: string
  readonly user: string
  readonly vendor_lead_code: string
  readonly source_id: string
  readonly list_id: number
  readonly gmt_offset_now: string
  readonly called_since_last_reset: string
  readonly phone_code: string
  readonly phone_number: string
  readonly title: string
  readonly first_name: string
  readonly middle_initial: string
  readonly last_name: string
  readonly address1: string
  readonly address2: string
  readonly address3: string
  readonly city: string
  readonly state: string
  readonly province: string
  readonly postal_code: string
  readonly country_code: string
  readonly gender: string
  readonly date_of_birth: string
  readonly alt_phone: string
  readonly email: string
  readonly security_phrase: string
  readonly comments: string
  readonly called_count: number
  readonly rank: number
  readonly owner: string
}

/** A row of `vicidial_users`. `api_allowed_functions` is a list between spaces, or ` ALL_FUNCTIONS `. */
export interface User {
  readonly user: string
  readonly pass: string
  readonly user_level: number
  readonly modify_leads: string
  readonly vdc_agent_api_access: string
  readonly view_reports: string
  readonly api_allowed_functions: string
  readonly api_list_restrict: string
  readonly user_group: string
  readonly active: string
}

export interface List {
  readonly list_id: number
  readonly campaign_id: string
}

/** A custom field of a list. VICIdial makes its column from the type. */
export interface CustomField {
  readonly label: string
  /** `TEXT`, if not given. `DISPLAY` and `SCRIPT` have no column. */
  readonly type?:
    | 'TEXT'
    | 'AREA'
    | 'SELECT'
    | 'MULTI'
    | 'RADIO'
    | 'CHECKBOX'
    | 'DATE'
    | 'TIME'
    | 'DISPLAY'
    | 'SCRIPT'
    | 'HIDDEN'
    | 'READONLY'
  /** The values to choose from, of `SELECT`, `RADIO`, `MULTI` and `CHECKBOX`. */
  readonly options?: readonly string[]
  /** The length of a text; 255, if not given. */
  readonly max?: number
  /** What a new row holds; nothing, if not given. */
  readonly default?: string
}

/** `allowed_campaigns` holds campaign ids between spaces, or `-ALL-CAMPAIGNS-`. */
export interface UserGroup {
  readonly user_group: string
  readonly allowed_campaigns: string
}

/** VICIdial's system setting of the same name: whether "letters" means A to Z (0) or any Unicode letter (1). */
export type UseNonLatin = 0 | 1

/**
 * The tables that a sandbox starts with. `custom_fields` has the fields of each list, by list id; a label alone is a
 * text. Without it, list 101 has `favorite_color` and the other lists have none, as in the recordings.
 */
export interface Fixture {
  readonly leads: readonly Lead[]
  readonly users: readonly User[]
  readonly lists: readonly List[]
  readonly user_groups: readonly UserGroup[]
  readonly custom_fields?: Readonly<Record<string, readonly (string | CustomField)[]>>
}

/**
 * Reads the tables of a sandbox from a JSON file.
 * @throws {Error} with a message for the operator
 */
export function readFixture(file: string): Fixture {
  const fixture: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!isFixture(fixture)) throw new Error(`${file} lacks leads, users, lists or user_groups`)
  return fixture
}

function isFixture(value: unknown): value is Fixture {
  if (typeof value !== 'object' || value === null) return false
  const tables = value as Readonly<Record<string, unknown>>
  return ['leads', 'users', 'lists', 'user_groups'].every((table) => Array.isArray(tables[table]))
}
