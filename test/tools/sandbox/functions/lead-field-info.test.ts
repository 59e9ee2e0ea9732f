import { type Test, test } from 'tap'
import type { User } from '../../../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../../../src/tools/sandbox/database/generate-fixture.ts'
import { type SandboxOptions, startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

async function start(t: Test, user: Partial<User> = {}, options: SandboxOptions = {}) {
  const { users, ...generated } = generateFixture(2)
  const fixture = {
    ...generated,
    users: users.map((api) => ({ ...api, ...user })),
    user_groups: [
      { user_group: 'ADMIN', allowed_campaigns: '-ALL-CAMPAIGNS-' },
      { user_group: 'SALES', allowed_campaigns: ' CAMPB ' }
    ]
  }
  const sandbox = await startSandbox({ fixture, ...options })
  t.teardown(() => sandbox.close())
  return async (params: Record<string, string>) => {
    const login = { source: 'crm', user: 'api', pass: 's3cret', function: 'lead_field_info' }
    const response = await fetch(sandbox.url, {
      method: 'POST',
      body: new URLSearchParams({ ...login, ...params, records: '1' })
    })
    return { status: response.status, text: await response.text() }
  }
}

test('lead_field_info prints one stored value, without a newline', async (t) => {
  const ask = await start(t)
  t.strictSame(await ask({ lead_id: '2', field_name: 'address1' }), { status: 200, text: '2 Main St' })
  t.strictSame(await ask({ lead_id: '2', field_name: 'address2' }), { status: 200, text: '' })
  t.strictSame(await ask({ lead_id: '2', field_name: 'list_id' }), { status: 200, text: '101' })
})

test('a value with an apostrophe is printed and the answer is HTTP 500', async (t) => {
  const ask = await start(t)
  await ask({ function: 'update_lead', lead_id: '2', city: "L'Aquila" })
  t.strictSame(await ask({ lead_id: '2', field_name: 'city' }), { status: 500, text: "L'Aquila" })
})

test('lead_field_info says why there is no value', async (t) => {
  const ask = await start(t)
  t.strictSame(await ask({ lead_id: '3', field_name: 'city' }), {
    status: 200,
    text: 'ERROR: lead_field_info LEAD NOT FOUND: api|3\n'
  })
  t.strictSame(await ask({ lead_id: '2' }), {
    status: 200,
    text: 'ERROR: lead_field_info INVALID SEARCH PARAMETERS: api|2|\n'
  })
  t.strictSame(await ask({ lead_id: '2', field_name: 'shoe_size' }), { status: 500, text: '' })
})

test('lead_field_info requires level 7 and a list of the user group, even without list restrictions', async (t) => {
  const level7 = await start(t, { user_level: 7 })
  t.strictSame(await level7({ lead_id: '2', field_name: 'state' }), { status: 200, text: 'NY' })
  t.match((await level7({ function: 'update_lead' })).text, 'USER DOES NOT HAVE PERMISSION TO UPDATE LEADS')
  const off = await start(t, { vdc_agent_api_access: '0' })
  t.equal(
    (await off({ lead_id: '2', field_name: 'state' })).text,
    'ERROR: lead_field_info USER DOES NOT HAVE PERMISSION TO GET LEAD INFO: |api|0|\n'
  )
  const sales = await start(t, { user_group: 'SALES' })
  t.equal(
    (await sales({ lead_id: '2', field_name: 'state' })).text,
    'ERROR: lead_field_info LIST NOT FOUND: api|2|101\n'
  )
})

test('an older build does not know a function', async (t) => {
  const ask = await start(t, {}, { build: '211026-0000' })
  t.equal((await ask({ function: 'lead_search' })).text, 'ERROR: NO FUNCTION SPECIFIED\n')
  t.match((await ask({ function: 'batch_update_lead' })).text, 'NO LEADS DEFINED')
  t.match((await ask({ function: 'version' })).text, /^VERSION: 2\.14-161\|BUILD: 211026-0000\|DATE: /)
})
