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
  /**
   * The list whose custom table has the lead's custom fields; 0, the default: it has no custom
   * fields yet. It is shown only if the fixture has it.
   */
  readonly entry_list_id?: number
}

/**
 * A row of `vicidial_users`. `api_allowed_functions` is a list between spaces, or ` ALL_FUNCTIONS `. Rights that may be
 * left out are `1` then.
 */
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
  readonly modify_campaigns?: string
  readonly modify_lists?: string
  readonly delete_from_dnc?: string
}

/** A row of `vicidial_lists`. The default name is `List 101`, and the default of `active` is `Y`. */
export interface List {
  readonly list_id: number
  readonly list_name?: string
  readonly campaign_id: string
  readonly active?: string
}

/** A campaign, and when it may call, by the lead's local time: from 900 up to, but not at, 2100. */
export interface Campaign {
  readonly campaign_id: string
  readonly call_from: number
  readonly call_until: number
}

export interface CampaignNumber {
  readonly phone_number: string
  readonly campaign_id: string
}

/** Where phone numbers with this area code are. */
export interface AreaCode {
  readonly country_code: string
  readonly areacode: string
  readonly state: string
  /** Like `America/New_York`. */
  readonly time_zone: string
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

/** The tables that a sandbox starts with. */
export interface Fixture {
  readonly leads: readonly Lead[]
  readonly users: readonly User[]
  readonly lists: readonly List[]
  readonly user_groups: readonly UserGroup[]
  /** Without it, the campaigns of the lists, which may always call. */
  readonly campaigns?: readonly Campaign[]
  /**
   * The fields of each list, by list id; a label alone is a text. Without it, list 101 has `favorite_color` and the other
   * lists have none, as in the older recordings.
   */
  readonly custom_fields?: Readonly<Record<string, readonly (string | CustomField)[]>>
  /** Rows of the custom tables, by list id and lead id. Without it, a reset leaves these tables as they are. */
  readonly custom_values?: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>
  >
  /** Numbers that no campaign may call. */
  readonly dnc?: readonly string[]
  /** Numbers that one campaign may not call. */
  readonly campaign_dnc?: readonly CampaignNumber[]
  /** Without it, new leads have no time offset. */
  readonly area_codes?: readonly AreaCode[]
  /** The id of the next lead; without it, the first one that is free. */
  readonly next_lead_id?: number
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
