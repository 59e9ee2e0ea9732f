import { test, type Test } from 'tap'
import type { Gateway } from '../helper.ts'
import { get, startCompat } from './calls.ts'

/**
 * The examples of VICIdial's NON-AGENT_API.txt for the two functions, in its order, with the keys of the sandbox's leads:
 * what the gateway answers, and the status or names that leads then have.
 */
const EXAMPLES: readonly (readonly [
  call: string,
  answer: RegExp,
  leads?: Readonly<Record<number, object>>
])[] = [
  ['function=update_lead&lead_id=27&last_name=SMITH', updated(27), { 27: { last_name: 'SMITH' } }],
  [
    'function=update_lead&search_method=VENDOR_LEAD_CODE&vendor_lead_code=CRM-19&last_name=JOHNSON',
    updated(19),
    { 19: { last_name: 'JOHNSON' } }
  ],
  [
    'function=update_lead&search_method=PHONE_NUMBER&records=2&list_id=101&search_location=LIST&phone_number=2125550019&last_name=WILSON',
    refused('search_location', 'The gateway looks for leads in every list')
  ],
  [
    'function=update_lead&lead_id=79&last_name=SMITH&city=Chicago&custom_fields=Y&favorite_color=blue',
    updated(79),
    { 79: { last_name: 'SMITH', city: 'Chicago' } }
  ],
  [
    'function=update_lead&search_location=LIST&search_method=PHONE_NUMBER&insert_if_not_found=Y&phone_number=2125550029&phone_code=1&list_id=999&first_name=Bob&last_name=Wilson&city=Chicago&custom_fields=Y&favorite_color=red',
    refused('search_location', 'The gateway looks for leads in every list')
  ],
  [
    'function=update_lead&insert_if_not_found=Y&search_method=VENDOR_LEAD_CODE_PHONE_NUMBER&vendor_lead_code=CRM-30&phone_number=2125550030&phone_code=1&list_id=999&first_name=Bob&last_name=Wilson&custom_fields=Y&favorite_color=blue',
    updated(30),
    { 30: { last_name: 'Wilson', list_id: 101 } }
  ],
  [
    'function=update_lead&search_location=LIST&search_method=VENDOR_LEAD_CODE_PHONE_NUMBER&insert_if_not_found=Y&phone_number=2125550029&phone_code=1&list_id=999&first_name=Bob&last_name=Wilson&city=Chicago&custom_fields=Y&favorite_color=red&user_field=1008&list_id_field=107&status=OLD',
    refused('search_location', 'The gateway looks for leads in every list')
  ],
  [
    'function=update_lead&lead_id=27&no_update=Y',
    /^NOTICE: update_lead LEADS FOUND IN THE SYSTEM: \|crm\|27\|\|\|101\|0\n$/
  ],
  ['function=update_lead&lead_id=27&delete_lead=Y', refused('delete_lead', 'The gateway deletes nothing')],
  [
    'function=update_lead&lead_id=27&delete_lead=Y&custom_fields=Y',
    refused('delete_lead', 'The gateway deletes nothing')
  ],
  [
    'function=update_lead&lead_id=27&delete_cf_data=Y',
    refused('delete_cf_data', 'The gateway deletes nothing')
  ],
  [
    'function=update_lead&lead_id=40&campaign_id=TESTCAMP&callback=Y&callback_status=CALLBK&callback_datetime=NOW&callback_type=USERONLY&callback_user=1028&callback_comments=Comments+go+here+again',
    refused('campaign_id', 'The gateway changes no callbacks')
  ],
  [
    'function=update_lead&search_location=SYSTEM&search_method=PHONE_NUMBER&phone_number=2125550042&no_update=Y&add_to_hopper=Y&hopper_priority=99&hopper_local_call_time_check=Y',
    /^ERROR: update_lead .*\|The gateway does not change the hopper: leave add_to_hopper out/
  ],
  [
    'function=batch_update_lead&lead_ids=2,3&list_id_field=103',
    /^SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - crm\|2\|2\|3,2\n$/,
    { 2: { list_id: 103 }, 3: { list_id: 103 } }
  ]
]

function updated(lead: number): RegExp {
  return new RegExp(`^SUCCESS: update_lead LEAD HAS BEEN UPDATED - crm\\|${lead}\\|1\\|\\|\\|\\n$`)
}

function refused(parameter: string, why: string): RegExp {
  return new RegExp(
    `^ERROR: update_lead LEADS NOT UPDATED - crm\\|.*\\|field_unknown\\|${parameter}\\|${why}: `
  )
}

function send(gateway: Gateway, parameters: string) {
  return get(gateway, {
    source: 'test',
    user: 'crm',
    pass: 'crm-key',
    ...Object.fromEntries(new URLSearchParams(parameters))
  })
}

test("each example of VICIdial's document is done, or refused by the name of what the gateway does not do", async (t) => {
  const gateway = await startCompat(t)
  for (const [parameters, answer, leads] of EXAMPLES) {
    gateway.sandbox.reset()
    const before = gateway.sandbox.leads()
    t.match((await send(gateway, parameters)).body, answer, parameters)
    if (leads === undefined) t.same(gateway.sandbox.leads(), before, `${parameters} changes nothing`)
    else t.match(gateway.sandbox.leads(), leads, parameters)
  }
})

test("each setting of VICIdial's document may have its default", async (t) => {
  const gateway = await startCompat(t)
  const settings = [
    ...[
      'search_method=LEAD_ID',
      'search_method=',
      'search_location=SYSTEM',
      'insert_if_not_found=N',
      'records=1'
    ],
    ...['custom_fields=N', 'no_update=N', 'delete_lead=N', 'delete_cf_data=N', 'reset_lead=N', 'callback=N'],
    ...['callback_status=CALLBK', 'callback_type=ANYONE', 'update_phone_number=N', 'add_to_hopper=N'],
    ...['remove_from_hopper=N', 'hopper_priority=0', 'hopper_local_call_time_check=N', 'list_exists_check=N'],
    ...[
      'archived_lead=N',
      'search_location=LIST',
      'search_location=CAMPAIGN&list_id=0',
      'search_location=&list_id=101'
    ],
    // Only Y switches an option on.
    ...['insert_if_not_found=n', 'no_update=0', 'callback=NO', 'delete_lead=false', 'add_to_hopper=off'],
    ...['custom_fields=no', 'update_phone_number=0&phone_number=1', 'reset_lead=0', 'list_exists_check=n'],
    // Options of add_lead.
    ...['dnc_check=N', 'campaign_dnc_check=N', 'duplicate_check=N', 'usacan_prefix_check=N', 'lookup_state=N']
  ]
  const all = new URLSearchParams(settings.join('&'))
  const together = [...new Map(all)].map((pair) => pair.join('=')).join('&')
  for (const setting of [...settings, together])
    t.match(
      (await send(gateway, `function=update_lead&lead_id=31&${setting}&last_name=SMITH`)).body,
      updated(31),
      setting
    )
  const batch = ['list_exists_check=N', 'reset_lead=N', 'records=100', 'archived_lead=N']
  for (const setting of [...batch, batch.join('&')])
    t.match(
      (await send(gateway, `function=batch_update_lead&lead_ids=1,2&status=A&${setting}`)).body,
      /^SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - crm\|2\|2\|2,1\n$/,
      setting
    )
  const { body } = await send(gateway, 'function=update_lead&lead_id=31&dnc_check=Y&last_name=X')
  t.match(body, refused('dnc_check', 'The gateway checks no leads that are added'))
})

test('a parameter that VICIdial does not have is refused with the one that is meant', async (t) => {
  const gateway = await startCompat(t)
  const meant: [name: string, hint: string][] = [
    ['firstname', ' Did you mean first_name?'],
    ['Status', ' Did you mean status?'],
    ['list_id_feild', ' Did you mean list_id_field?'],
    ['hopper_local_call_time_chek', ' Did you mean hopper_local_call_time_check?'],
    ['favorite_color', '']
  ]
  for (const [name, hint] of meant) {
    const { body } = await send(gateway, `function=update_lead&lead_id=31&${name}=x`)
    const refusal = `field_unknown|${name}|VICIdial has no such parameter for a lead.${hint}`
    t.equal(
      body,
      `ERROR: update_lead LEADS NOT UPDATED - crm|31|${refusal} A custom field needs custom_fields=Y.\n`
    )
  }
})

/** Gives the leads 7, 8 and 9 one vendor code and one phone number. */
async function shareKeys(t: Test, gateway: Gateway): Promise<void> {
  for (const lead of [7, 8, 9]) {
    const keys = 'vendor_lead_code=SHARED&phone_number=2125557777&update_phone_number=Y'
    t.match((await send(gateway, `function=update_lead&lead_id=${lead}&${keys}`)).body, updated(lead))
  }
}

test('of several leads with a key update_lead changes the newest, or as many as records says', async (t) => {
  const gateway = await startCompat(t)
  await shareKeys(t, gateway)
  const keys = [
    'search_method=VENDOR_LEAD_CODE&vendor_lead_code=SHARED',
    'search_method=PHONE_NUMBER&phone_number=2125557777'
  ]
  const cases: [records: string, leads: number[]][] = [
    ['', [9]],
    ['&records=1', [9]],
    ['&records=2', [9, 8]],
    ['&records=3', [9, 8, 7]],
    ['&records=999999999', [9, 8, 7]]
  ]
  for (const [index, key] of keys.entries()) {
    for (const [records, changed] of cases) {
      const status = `S${index}${changed.length}${records.length}`.slice(0, 6)
      const { body } = await send(gateway, `function=update_lead&${key}${records}&status=${status}`)
      const lines = changed.map((lead) => `SUCCESS: update_lead LEAD HAS BEEN UPDATED - crm|${lead}|1|||\n`)
      t.equal(body, lines.join(''))
      const leads = Object.values(gateway.sandbox.leads())
      t.same(
        leads.filter((lead) => lead.status === status).map(({ lead_id }) => lead_id),
        changed.toReversed()
      )
    }
  }
})
