import { test } from 'tap'
import type { TestLead } from '../../../src/tools/check/test-lead.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { checkUrl, PASS, startVicidial } from './set-up.ts'

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
