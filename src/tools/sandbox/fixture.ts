/**
 * One row of `vicidial_list`, as `GET /sandbox/leads` shows it: numbers for the four counting columns, text
 * for all others (`gmt_offset_now` as `-5.00`, `date_of_birth` as `1980-01-01`).
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

/** A row of `vicidial_users`. `api_allowed_functions` is a list set between spaces, or ` ALL_FUNCTIONS `. */
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

/** `allowed_campaigns` holds campaign ids between spaces, or `-ALL-CAMPAIGNS-`. */
export interface UserGroup {
  readonly user_group: string
  readonly allowed_campaigns: string
}

/**
 * Everything a sandbox starts from. `custom_fields` names the labels that a list has, by list id; without it
 * list 101 has `favorite_color` and the other lists have none, as in the recordings.
 */
export interface Fixture {
  readonly leads: readonly Lead[]
  readonly users: readonly User[]
  readonly lists: readonly List[]
  readonly user_groups: readonly UserGroup[]
  readonly custom_fields?: Readonly<Record<string, readonly string[]>>
}

const FIRST_NAMES = ['Ann', 'Ben', 'Carla', 'David', 'Elena', 'Frank', 'Grace', 'Hugo', 'Irene', 'John']
const LAST_NAMES = ['Adams', 'Baker', 'Castillo', 'Dunn', 'Evans', 'Foster', 'Garcia', 'Hayes', 'Irwin']
const FIRST_PHONE_NUMBER = 2125550000

/**
 * The fixture of a sandbox that was given none.
 *
 * @param leads how many leads: ids 1 to `leads`, all in list 101, vendor_lead_code `CRM-<id>`
 */
export function generateFixture(leads: number): Fixture {
  return {
    leads: Array.from({ length: leads }, (_, index) => generateLead(index + 1)),
    users: [
      {
        user: 'api',
        pass: 's3cret',
        user_level: 9,
        modify_leads: '1',
        vdc_agent_api_access: '1',
        view_reports: '1',
        api_allowed_functions: ' ALL_FUNCTIONS ',
        api_list_restrict: '0',
        user_group: 'ADMIN',
        active: 'Y'
      }
    ],
    lists: [101, 102, 103].map((list_id) => ({ list_id, campaign_id: 'CAMPA' })),
    user_groups: [{ user_group: 'ADMIN', allowed_campaigns: '-ALL-CAMPAIGNS-' }]
  }
}

function generateLead(lead_id: number): Lead {
  return {
    lead_id,
    status: 'NEW',
    user: '',
    vendor_lead_code: `CRM-${lead_id}`,
    source_id: 'WEB',
    list_id: 101,
    gmt_offset_now: '-5.00',
    called_since_last_reset: 'Y',
    phone_code: '1',
    phone_number: String(FIRST_PHONE_NUMBER + lead_id),
    title: '',
    first_name: FIRST_NAMES[lead_id % FIRST_NAMES.length] ?? '',
    middle_initial: '',
    last_name: LAST_NAMES[lead_id % LAST_NAMES.length] ?? '',
    address1: `${lead_id} Main St`,
    address2: '',
    address3: '',
    city: 'New York',
    state: 'NY',
    province: '',
    postal_code: '10001',
    country_code: 'USA',
    gender: 'U',
    date_of_birth: '1980-01-01',
    alt_phone: '',
    email: `lead${lead_id}@example.com`,
    security_phrase: '',
    comments: '',
    called_count: 0,
    rank: 0,
    owner: ''
  }
}
