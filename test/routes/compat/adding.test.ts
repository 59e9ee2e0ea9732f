import { test } from 'tap'
import { CRM, get, startCompat } from '../../compat/calls.ts'

const UPSERT = {
  ...CRM,
  function: 'update_lead',
  search_method: 'VENDOR_LEAD_CODE',
  vendor_lead_code: 'CRM-NEW',
  phone_number: '3125550199',
  phone_code: '1',
  list_id: '101',
  insert_if_not_found: 'Y',
  first_name: 'Ann'
}
const ADD = {
  ...UPSERT,
  function: 'add_lead',
  search_method: '',
  insert_if_not_found: '',
  vendor_lead_code: 'CRM-ADD'
}

test('update_lead with insert_if_not_found adds a lead, and updates it the next time', async (t) => {
  const gateway = await startCompat(t)
  t.equal(
    (await get(gateway, UPSERT)).body,
    'NOTICE: update_lead NO MATCHES FOUND IN THE SYSTEM: |crm||CRM-NEW|3125550199\n' +
      'SUCCESS: update_lead LEAD HAS BEEN ADDED - 3125550199|101|1001||crm\n'
  )
  t.equal(
    (await get(gateway, { ...UPSERT, first_name: 'Bob' })).body,
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - crm|1001|1|||\n'
  )
  t.match(gateway.sandbox.leads()[1001], { first_name: 'Bob', list_id: 101, phone_number: '3125550199' })
})

test('a lead is searched for by each key before it is added under its code', async (t) => {
  const gateway = await startCompat(t)
  const both = { ...UPSERT, search_method: 'VENDOR_LEAD_CODE_PHONE_NUMBER' }
  const found = await get(gateway, { ...both, phone_number: '2125550007' })
  t.match(found.body, /^SUCCESS: update_lead LEAD HAS BEEN UPDATED - crm\|7\|/)
  t.match(gateway.sandbox.leads()[7], { vendor_lead_code: 'CRM-NEW', first_name: 'Ann', list_id: 101 })

  const added = await get(gateway, { ...both, vendor_lead_code: 'CRM-NEXT', list_id_field: '102' })
  t.match(added.body, /^SUCCESS: update_lead LEAD HAS BEEN ADDED - 3125550199\|102\|1001\|\|crm$/m)
  t.match(gateway.sandbox.leads()[1001], { vendor_lead_code: 'CRM-NEXT', list_id: 102 })
})

test('add_lead adds a lead that is new by its code or, with DUPSYS, by its number', async (t) => {
  const gateway = await startCompat(t)
  t.equal(
    (await get(gateway, ADD)).body,
    'SUCCESS: add_lead LEAD HAS BEEN ADDED - 3125550199|101|1001||crm\n'
  )
  t.match(
    (await get(gateway, ADD)).body,
    /^ERROR: add_lead DUPLICATE VENDOR LEAD CODE IN SYSTEM - 3125550199\|101\|1001\|/
  )
  const byPhone = { ...ADD, vendor_lead_code: '', duplicate_check: 'DUPSYS' }
  t.match(
    (await get(gateway, byPhone)).body,
    /^ERROR: add_lead DUPLICATE PHONE NUMBER IN SYSTEM - 3125550199\|101\|1001\|/
  )
  t.match(
    (await get(gateway, { ...byPhone, phone_number: '3125550198' })).body,
    'SUCCESS: add_lead LEAD HAS BEEN ADDED - 3125550198|101|1002||crm\n'
  )
  t.equal(Object.keys(gateway.sandbox.leads()).length, 1002)
})

test('what the gateway cannot keep of an addition is refused by its name', async (t) => {
  const gateway = await startCompat(t)
  const refused: [call: Record<string, string>, why: RegExp][] = [
    [{ ...ADD, vendor_lead_code: '' }, /^ERROR: add_lead NO VALID KEY - crm\|.*DUPSYS/],
    [{ ...ADD, duplicate_check: 'DUPLIST' }, /duplicate_check may be DUPSYS/],
    [{ ...ADD, dnc_check: 'Y' }, /leave dnc_check out/],
    [{ ...ADD, phone_number: '12345' }, /phone_number has less than 6 digits/],
    [{ ...ADD, list_id: '' }, /without list_id/],
    [{ ...UPSERT, multi_alt_phones: '3125550100_1_home' }, /adds no alternate phone numbers/],
    [
      { ...UPSERT, search_method: 'LEAD_ID', lead_id: '99999' },
      /insert_if_not_found adds a lead under a vendor_lead_code or phone_number/
    ],
    [{ ...UPSERT, phone_number: '' }, /without phone_number/],
    [{ ...UPSERT, list_id: '777' }, /^ERROR: update_lead NOT A DEFINED LIST ID.*\|777\|/]
  ]
  for (const [call, why] of refused) t.match((await get(gateway, call)).body, why, JSON.stringify(call))
  t.equal(Object.keys(gateway.sandbox.leads()).length, 1000)
})
