import { test } from 'tap'
import { ACCOUNT_STEPS, TEST_LEAD_STEPS } from '../../../src/tools/check/step.ts'
import { startStandIn } from '../../helper.ts'
import { checkUrl, logins, PASS, startVicidial } from './set-up.ts'

test('a wrong login is tried once, and the steps that need it are skipped', async (t) => {
  const sandbox = await startVicidial(t, { pass: 'another' })
  const { step, ids, printed } = await checkUrl(sandbox.url, {}, { testLead: refusingLead(t) })
  t.match(step('login'), {
    account: 'default',
    status: 'fault',
    detail: /^VICIdial refused the login: the user or the password is wrong/,
    remedy: /set its password again; write the same into VICIDIAL_USER and VICIDIAL_PASS/
  })
  t.strictSame(ids('fault'), ['login'])
  t.strictSame(ids('skipped'), ['certificate', ...ACCOUNT_STEPS.slice(1), ...TEST_LEAD_STEPS])
  t.equal(logins(sandbox), 1)
  t.match(printed, /\n✗ fault {4}login \(default\): .*\n {11}→ In VICIdial, /)
  t.match(printed, /\n1 fault, 0 warnings: the gateway cannot work as it should\.$/)
})

test('a refused password with symbols: the finding says what VICIdial strips', async (t) => {
  const sandbox = await startVicidial(t)
  const { step } = await checkUrl(sandbox.url, { VICIDIAL_PASS: 'c@nary pa$$word' })
  t.match(step('login'), { status: 'fault', detail: /strips all but letters, digits, - and _/ })
  t.equal(logins(sandbox), 1)
})

test('every account is checked; one refusal stops no other', async (t) => {
  const sandbox = await startVicidial(t)
  const directory = t.testdir({
    'gateway.yaml': `accounts: [{ name: sales, user: nobody, pass: ${PASS}2 }]\n`
  })
  const { step } = await checkUrl(sandbox.url, { GATEWAY_CONFIG: `${directory}/gateway.yaml` })
  t.match(step('login', 'sales'), { status: 'fault', remedy: /user and pass of the account sales/ })
  t.match(step('update_lead', 'sales'), { status: 'skipped' })
  t.match(step('update_lead', 'default'), { status: 'ok' })
  t.equal(sandbox.calls().filter(({ params }) => params['user'] === 'nobody').length, 1)
})

test('a user that is locked out', async (t) => {
  const sandbox = await startVicidial(t)
  const wrong = { source: 'crm', user: 'api', pass: 'bad', function: 'batch_update_lead' }
  for (let failure = 0; failure < 10; failure++) {
    await (await fetch(sandbox.url, { method: 'POST', body: new URLSearchParams(wrong) })).text()
  }
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('login'), {
    status: 'fault',
    detail: /^VICIdial has locked the user out after ten refused logins/,
    remedy: /wait 15 minutes/
  })
  t.strictSame(ids('fault'), ['login'])
  t.equal(logins(sandbox), 10 + 1)
})

test('an address forbidden by the IP list', async (t) => {
  const url = await startStandIn(t, ({ function: name }, response) => {
    const blocked = 'ERROR: Your IP Address is not allowed: 127.0.0.1: ||IPBLOCK|\n'
    response.end(name === 'version' ? 'VERSION: 2.14-202|BUILD: 250720-1841|\n' : blocked)
  })
  const { step, ids } = await checkUrl(url)
  t.match(step('login'), { status: 'fault', detail: /IP list forbids/, remedy: /API IP Whitelist/ })
  t.match(step('clock'), { status: 'skipped', detail: 'VICIdial does not report its time.' })
  t.strictSame(ids('fault'), ['login'])
})

test('a user of level 7', async (t) => {
  const sandbox = await startVicidial(t, { user_level: 7 })
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('batch_update_lead'), {
    status: 'fault',
    detail: /^batch_update_lead is not permitted. The user's User Level is 7/,
    remedy: /^Set User Level to 8/
  })
  t.strictSame(ids('fault'), ['batch_update_lead', 'update_lead', 'lead_search'])
  t.match(step('login'), { status: 'ok' })
  t.match(step('lists'), { status: 'skipped', detail: /could not be determined/ })
})

test('a user without API access', async (t) => {
  const sandbox = await startVicidial(t, { vdc_agent_api_access: '0' })
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('batch_update_lead'), {
    status: 'fault',
    detail: /The user's Agent API Access is off, or its Modify Leads is 0; VICIdial does not say which\.$/,
    remedy: /Agent API Access to 1/
  })
  t.strictSame(ids('fault'), ['batch_update_lead', 'update_lead', 'lead_search'])
})

test('a user of level 7 who may not call the function that reveals it', async (t) => {
  const used = ' batch_update_lead update_lead lead_search '
  const sandbox = await startVicidial(t, { user_level: 7, api_allowed_functions: used })
  const { step } = await checkUrl(sandbox.url)
  t.match(step('batch_update_lead'), {
    status: 'fault',
    detail: /Modify Leads is 0, or its User Level is 7;/
  })
})

test('a user who may only view leads', async (t) => {
  const sandbox = await startVicidial(t, { modify_leads: '5' })
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('update_lead'), {
    status: 'fault',
    detail: /Modify Leads is 5/,
    remedy: /Set Modify Leads to 1/
  })
  t.strictSame(ids('fault'), ['batch_update_lead', 'update_lead'])
})

test('a function that is not among the allowed ones', async (t) => {
  const sandbox = await startVicidial(t, { api_allowed_functions: ' batch_update_lead update_lead ' })
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('lead_search'), {
    status: 'fault',
    detail: /not among the functions that the user may call. Without it, no update can name its lead by/,
    remedy: /^Select lead_search in API Allowed Functions/
  })
  t.strictSame(ids('fault'), ['lead_search'])
})

test('an account that is restricted to some lists', async (t) => {
  const sandbox = await startVicidial(t, { api_list_restrict: '1' })
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('lists'), {
    status: 'warning',
    detail: /^The account is restricted to the lists of the campaigns that its user group allows/,
    remedy: /API List Restrict to 0/
  })
  t.strictSame(ids('fault'), [])
})

test('an account that may not use a list that callers may move or add leads to', async (t) => {
  const sandbox = await startVicidial(t, { api_list_restrict: '1' })
  const hash = '0'.repeat(64)
  const directory = t.testdir({
    'gateway.yaml': `callers:
  - name: crm
    key_hashes: [sha256:${hash}]
    permissions: { routes: [batch, add], lists: [101], add_lists: [102] }
`
  })
  const { step, ids } = await checkUrl(sandbox.url, { GATEWAY_CONFIG: `${directory}/gateway.yaml` })
  t.match(step('lists'), { status: 'fault', detail: /not among them: 102\.$/, remedy: /Allowed Campaigns/ })
  t.match(step('lead_field_info'), { status: 'ok' })
  t.strictSame(ids('fault'), ['lists'])
})

function refusingLead(t: { fail(message: string): unknown }) {
  return {
    lead: 5,
    consent: async () => false,
    untilDone: async () => {
      t.fail('the lead was to be changed')
      throw new Error('the lead was to be changed')
    }
  }
}
