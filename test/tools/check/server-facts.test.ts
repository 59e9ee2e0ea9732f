import { test } from 'tap'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { checkUrl, PASS, startVicidial } from './set-up.ts'

for (const php of [7, 8] as const) {
  test(`what PHP ${php} does with a query that fails is found out without changing anything`, async (t) => {
    const sandbox = await startVicidial(t, {}, { php })
    const before = sandbox.leads()
    const { step } = await checkUrl(sandbox.url)
    t.match(step('failed_queries'), {
      status: php === 7 ? 'warning' : 'ok',
      detail: php === 7 ? /reads as "no matches found"/ : /HTTP 500/
    })
    t.strictSame(sandbox.leads(), before)
  })
}

test('where batch_update_lead is not permitted, what PHP does cannot be told', async (t) => {
  const sandbox = await startVicidial(t, { api_allowed_functions: ' update_lead ' })
  const { step } = await checkUrl(sandbox.url)
  t.match(step('failed_queries'), { status: 'skipped' })
})

test('custom fields of the gateway file are compared with those of VICIdial', async (t) => {
  const { users, ...fixture } = generateFixture(5)
  const sandbox = await startSandbox({
    fixture: {
      ...fixture,
      users: users.map((user) => ({ ...user, pass: PASS })),
      custom_fields: { '101': ['favorite_color', 'birthday'] }
    }
  })
  t.teardown(() => sandbox.close())
  const checked = async (fields: object[]) => {
    const file = t.testdir({ 'gateway.yaml': JSON.stringify({ custom_fields: fields }) })
    const { step } = await checkUrl(sandbox.url, { GATEWAY_CONFIG: `${file}/gateway.yaml` })
    return step('custom_fields')
  }
  const color = { label: 'favorite_color', type: 'TEXT', max_length: 50 }
  t.match(await checked([]), { status: 'ok', detail: /lists no custom fields/ })
  t.match(await checked([color, { label: 'birthday', type: 'DATE' }]), { status: 'ok' })
  t.match(await checked([color, { label: 'birth_day', type: 'DATE' }]), {
    status: 'warning',
    detail: /has these custom fields of the gateway file: birth_day\./
  })
  t.match(await checked([color, { label: 'birthday', max_length: 10 }]), {
    status: 'warning',
    detail: /no type, .*: birthday\./
  })
})

test('a user who may not list custom fields is told why they are not compared', async (t) => {
  const sandbox = await startVicidial(t, {
    api_allowed_functions: ' batch_update_lead update_lead lead_search '
  })
  const file = t.testdir({
    'gateway.yaml': JSON.stringify({ custom_fields: [{ label: 'plan', type: 'TEXT', max_length: 5 }] })
  })
  const { step } = await checkUrl(sandbox.url, { GATEWAY_CONFIG: `${file}/gateway.yaml` })
  t.match(step('custom_fields'), {
    status: 'skipped',
    detail: /could not be determined\. Select list_custom_fields in API Allowed Functions/
  })
})
