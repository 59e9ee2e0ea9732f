import type { Fixture, Lead } from './fixture.ts'

const FIRST_NAMES = ['Ann', 'Ben', 'Carla', 'David', 'Elena', 'Frank', 'Grace', 'Hugo', 'Irene', 'John']
const LAST_NAMES = ['Adams', 'Baker', 'Castillo', 'Dunn', 'Evans', 'Foster', 'Garcia', 'Hayes', 'Irwin']
const FIRST_PHONE_NUMBER = 2125550000

/**
 * Makes the default fixture of a sandbox.
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
    user_groups: [{ user_group: 'ADMIN', allowed_campaigns: '-ALL-CAMPAIGNS-' }],
    custom_values: {},
    area_codes: [
      { country_code: '1', areacode: '212', state: 'NY', time_zone: 'America/New_York' },
      { country_code: '1', areacode: '312', state: 'IL', time_zone: 'America/Chicago' },
      { country_code: '44', areacode: '', state: '', time_zone: 'Europe/London' }
    ]
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
