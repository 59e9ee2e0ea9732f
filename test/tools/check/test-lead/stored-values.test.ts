import { test } from 'tap'
import type { TestLead } from '../../../../src/tools/check/test-lead/test-lead.ts'
import { gatewayFile } from '../../../gateway-file.ts'
import { checkUrl, PASS, startVicidial } from '../set-up.ts'

const testLead: TestLead = { lead: 5, consent: async () => true, untilDone: (work) => work() }

for (const useNonLatin of [0, 1] as const) {
  test(`use_non_latin ${useNonLatin}: a server that stores what the gateway says is found to, and the lead is restored`, async (t) => {
    const sandbox = await startVicidial(t, {}, { useNonLatin })
    const before = sandbox.leads()
    const env = { VICIDIAL_NON_LATIN: String(useNonLatin) }
    const { step } = await checkUrl(sandbox.url, env, { testLead })
    t.match(step('stored_values'), {
      status: 'ok',
      detail: /^VICIdial stores what the gateway expects, in \d+ fields\. Lead 5 has its old values again\.$/
    })
    t.strictSame(sandbox.leads(), before)
  })
}

test('an older build is found to store what the gateway expects of it, and fields that cannot be restored are left alone', async (t) => {
  const sandbox = await startVicidial(t, {}, { build: '220126-2116', php: 7 })
  for (const country of ['USA', '--BLANK--']) {
    const login = { source: 'crm', user: 'api', pass: PASS }
    const change = { function: 'update_lead', lead_id: '5', country_code: country, records: '1' }
    await fetch(sandbox.url, { method: 'POST', body: new URLSearchParams({ ...login, ...change }) })
    const before = sandbox.leads()
    const { step } = await checkUrl(sandbox.url, {}, { testLead })
    t.match(step('stored_values'), { status: 'ok' })
    t.strictSame(sandbox.leads(), before)
  }
})

for (const fault of ['values_cut', 'values_changed'] as const) {
  test(`${fault}: a server that stores something else in one field is found by this field`, async (t) => {
    const sandbox = await startVicidial(t)
    const before = sandbox.leads()
    const consent = async (question: string) => {
      const isNext = question.includes('are set to test texts')
      if (isNext) sandbox.fail(fault, { calls: 1, function: 'batch_update_lead', field: 'security_phrase' })
      return true
    }
    const { step } = await checkUrl(sandbox.url, {}, { testLead: { ...testLead, consent } })
    t.match(step('stored_values'), {
      status: 'fault',
      detail: /^VICIdial does not store what the gateway expects: security_phrase holds "[^"]*" instead of "/
    })
    t.match(step('stored_values').detail, /Lead 5 has its old values again\.$/)
    t.strictSame(sandbox.leads(), before)
  })
}

test('the functions that read are checked if a caller may read or verify, each by its name', async (t) => {
  const file = (caller: Parameters<typeof gatewayFile>[0][number]) => ({
    GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': gatewayFile([caller]) })}/gateway.yaml`
  })
  const reader = { name: 'crm', permissions: { routes: ['read'], read_fields: '*' } }
  const verifier = { name: 'crm', permissions: { routes: ['batch'] }, verify: 0.01 }
  const sandbox = await startVicidial(t)
  for (const caller of [reader, verifier]) {
    const { step } = await checkUrl(sandbox.url, file(caller))
    t.equal(step('lead_all_info').status, 'ok')
    t.equal(step('lead_field_info').status, 'ok')
  }
  const writer = await checkUrl(sandbox.url, file({ name: 'crm', permissions: { routes: ['batch'] } }))
  t.notOk(writer.steps.some(({ id }) => id === 'lead_all_info'))
  const used = ' batch_update_lead update_lead lead_search lead_all_info '
  const limited = await startVicidial(t, { api_allowed_functions: used, view_reports: '0' })
  const { step } = await checkUrl(limited.url, file(reader))
  t.match(step('lead_all_info'), { status: 'fault', remedy: /View Reports/ })
  t.match(step('lead_field_info'), { status: 'fault', remedy: /lead_field_info/ })
})

test('the functions of actions are checked if a caller or a webhook may do these, each by its name', async (t) => {
  const file = (caller: object, webhooks: readonly object[] = []) => ({
    GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': gatewayFile([{ name: 'crm', permissions: {}, ...caller }], { webhooks }) })}/gateway.yaml`
  })
  const queueing = { permissions: { routes: ['hopper', 'dnc'] } }
  const names = ['hopper_bulk_insert', 'add_dnc_phone', 'delete_dnc_phone'] as const
  const sandbox = await startVicidial(t)
  const permitted = await checkUrl(sandbox.url, file(queueing))
  for (const name of names) t.equal(permitted.step(name).status, 'ok', name)
  t.strictSame(sandbox.tables()['vicidial_hopper'], [])
  const hooks = [
    {
      name: 'hot',
      auth: { header: { header: 'X-Key', secrets: ['a-secret-of-16-c'] } },
      mapping: { lead: { lead_id: 'id' }, hopper: {} }
    }
  ]
  const ofWebhook = await checkUrl(sandbox.url, file({ permissions: { routes: ['batch'] } }, hooks))
  t.strictSame(
    ofWebhook.steps.map(({ id }) => id).filter((id) => names.some((name) => name === id)),
    ['hopper_bulk_insert']
  )
  const limited = await startVicidial(t, { modify_campaigns: '0', modify_lists: '0' })
  const refused = await checkUrl(limited.url, file(queueing))
  t.match(refused.step('hopper_bulk_insert'), { status: 'fault', remedy: /Modify Campaigns/ })
  t.match(refused.step('add_dnc_phone'), { status: 'fault', remedy: /Modify Lists/ })
  t.match(refused.step('delete_dnc_phone'), { status: 'fault', remedy: /Delete From DNC/ })
})
