import { test } from 'tap'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { startCalling } from '../calling.ts'

const INFO = { function: 'list_info', list_id: '101' }

test('list_info shows a list, with its header and its leads if that is asked for', async (t) => {
  const { leads } = generateFixture(3)
  const { call } = await startCalling(t, {
    leads: leads.map((lead) => (lead.lead_id === 3 ? { ...lead, status: 'SALE' } : lead)),
    lists: [{ list_id: 101, list_name: 'Main', campaign_id: 'CAMPA', active: 'N' }]
  })
  t.equal(await call(INFO), '101|Main|CAMPA|N|||2099-12-31|0|\n')
  t.equal(
    await call({ ...INFO, header: 'YES', leads_counts: 'Y', stage: 'csv' }),
    'list_id,list_name,campaign_id,active,list_changedate,list_lastcalldate,expiration_date,resets_today,' +
      'all_leads_count,new_leads_count\n101,Main,CAMPA,N,,,2099-12-31,0,3,2,\n'
  )
})

test('functions of lists need modify_lists, and refuse lists of other campaigns', async (t) => {
  const { users } = generateFixture(1)
  const one = { lists: [101, 102].map((list_id) => ({ list_id, campaign_id: `CAMP${list_id}` })) }
  const refused = await startCalling(t, { users: users.map((user) => ({ ...user, modify_lists: '0' })) })
  const restricted = await startCalling(t, {
    ...one,
    users: users.map((user) => ({ ...user, api_list_restrict: '1', user_group: 'SALES' })),
    user_groups: [{ user_group: 'SALES', allowed_campaigns: ' CAMP102 ' }]
  })
  for (const name of ['list_info', 'list_custom_fields']) {
    const info = { ...INFO, function: name }
    t.equal(
      await refused.call(info),
      `ERROR: ${name} USER DOES NOT HAVE PERMISSION TO MODIFY LISTS: |api|0\n`
    )
    t.equal(await restricted.call(info), `ERROR: ${name} NOT AN ALLOWED LIST ID - 101\n`)
    t.equal(
      await refused.call({ ...info, user: 'nobody' }),
      'ERROR: Login incorrect, please try again: |nobody|s3cret|BAD|\n'
    )
    t.match(await restricted.call({ ...info, list_id: '102' }), /^102\|List 102\|CAMP102\|Y\|/)
    t.match(
      await restricted.call({ ...info, list_id: '1' }),
      `${name} YOU MUST USE ALL REQUIRED FIELDS: |api|1||`
    )
  }
})
