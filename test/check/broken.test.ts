import { createServer as createTcpServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { ACCOUNT_STEPS } from '../../src/check/step.ts'
import { startStandIn } from '../helper.ts'
import { checkUrl, logins, PASS, startVicidial } from './set-up.ts'

const PATH = '/vicidial/non_agent_api.php'

test('a name that the DNS does not know', async (t) => {
  const { step, ids } = await checkUrl(`http://no-such-dialer.invalid${PATH}`)
  t.match(step('address'), {
    status: 'fault',
    detail: /^The name no-such-dialer\.invalid (does not exist|cannot be resolved)/,
    remedy: /VICIDIAL_URL|DNS/
  })
  t.strictSame(ids('fault'), ['address'])
  t.match(step('login'), { status: 'skipped', detail: 'Not looked at, because of the fault in address.' })
})

test('a port on which nothing listens', async (t) => {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const { step, ids } = await checkUrl(`http://127.0.0.1:${port}${PATH}`)
  t.match(step('connection'), {
    status: 'fault',
    detail: `Nothing listens on port ${port} of 127.0.0.1: the connection was refused (ECONNREFUSED).`,
    remedy: /^Start VICIdial's web server, or put the right port into VICIDIAL_URL/
  })
  t.strictSame(ids('fault'), ['connection'])
})

const PAGES: [what: string, status: number, text: string, detail: RegExp, remedy: RegExp][] = [
  ['an HTML page', 200, '<!DOCTYPE html><title>Welcome</title>', /another page \(HTTP 200\)/, /full address/],
  [
    'HTTP 404',
    404,
    '<h1>Not Found</h1>',
    /HTTP 404, there is no such page/,
    /usually \/vicidial\/non_agent_api/
  ],
  ['a redirect', 301, '', /HTTP 301, it leads to another address/, /from http to https/],
  ['HTTP 403', 403, '', /HTTP 403, a server before it refuses/, /admit this machine/],
  ['HTTP 400', 400, '', /HTTP 400, as of a port that speaks TLS/, /https instead of http/],
  ['HTTP 502', 502, '', /HTTP 502/, /error log/],
  ['a PHP program', 200, '<?php echo 1;', /the PHP program itself/, /Switch on PHP/],
  ['nothing', 200, '', /an empty answer/, /full address/]
]

for (const [what, status, text, detail, remedy] of PAGES) {
  test(`a server that is not VICIdial, with ${what}, gets no login`, async (t) => {
    const forms: Record<string, string>[] = []
    const url = await startStandIn(t, (params, response) => {
      forms.push(params)
      response.writeHead(status).end(text)
    })
    const { step, ids } = await checkUrl(url)
    t.match(step('version'), { status: 'fault', detail, remedy })
    t.match(step('version').detail, /^This is not VICIdial's API: /)
    t.strictSame(ids('fault'), ['version'])
    t.strictSame(forms, [{ source: 'gateway', user: '', pass: '', function: 'version', records: '1' }])
  })
}

test('a page that echoes the form does not bring the password into the output', async (t) => {
  const url = await startStandIn(t, (params, response) => {
    const isVersion = params['function'] === 'version'
    const version = 'VERSION: 2.14-202|BUILD: 250720-1841|'
    response.end(isVersion ? version : `<pre>${JSON.stringify(params)}</pre>`)
  })
  const { step, ids } = await checkUrl(url)
  t.match(step('login'), {
    status: 'fault',
    detail: /not answered as VICIdial does/,
    remedy: /not tried again/
  })
  t.strictSame(ids('fault'), ['login'])
})

test('a server that takes the connection and is silent', async (t) => {
  const url = await startStandIn(t, () => {})
  const { step, ids } = await checkUrl(url, { VICIDIAL_TIMEOUT_MS: '100' })
  t.match(step('version'), {
    status: 'fault',
    detail: /gave no answer. VICIdial did not answer within 100 ms/,
    remedy: /VICIDIAL_TIMEOUT_MS/
  })
  t.strictSame(ids('fault'), ['version'])
})

test('a wrong login is tried once, and what needs it is left out', async (t) => {
  const sandbox = await startVicidial(t, { pass: 'another' })
  const { step, ids, printed } = await checkUrl(sandbox.url, {}, { testLead: refusingLead(t) })
  t.match(step('login'), {
    account: 'default',
    status: 'fault',
    detail: /^VICIdial refused the login: the user or the password is wrong/,
    remedy: /set its password anew; write the same into VICIDIAL_USER and VICIDIAL_PASS/
  })
  t.strictSame(ids('fault'), ['login'])
  t.strictSame(ids('skipped'), ['certificate', ...ACCOUNT_STEPS.slice(1), 'test_lead'])
  t.equal(logins(sandbox), 1)
  t.match(printed, /\n✗ fault {4}login \(default\): .*\n {11}→ In VICIdial, /)
  t.match(printed, /\n1 fault, 0 warnings: the gateway cannot work as it should\.$/)
})

test('a password of symbols that is refused: what VICIdial strips is named', async (t) => {
  const sandbox = await startVicidial(t)
  const { step } = await checkUrl(sandbox.url, { VICIDIAL_PASS: 'c@nary pa$$word' })
  t.match(step('login'), { status: 'fault', detail: /strips all but letters, digits, - and _/ })
  t.equal(logins(sandbox), 1)
})

test('each of several accounts is looked at; one refusal stops no other', async (t) => {
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

test('an address that the IP list forbids', async (t) => {
  const url = await startStandIn(t, ({ function: name }, response) => {
    const blocked = 'ERROR: Your IP Address is not allowed: 127.0.0.1: ||IPBLOCK|\n'
    response.end(name === 'version' ? 'VERSION: 2.14-202|BUILD: 250720-1841|\n' : blocked)
  })
  const { step, ids } = await checkUrl(url)
  t.match(step('login'), { status: 'fault', detail: /IP list forbids/, remedy: /API IP Whitelist/ })
  t.match(step('clock'), { status: 'skipped', detail: 'VICIdial does not say its time.' })
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
  t.match(step('lists'), { status: 'skipped', detail: /cannot be told/ })
})

test('a user whose API access is off', async (t) => {
  const sandbox = await startVicidial(t, { vdc_agent_api_access: '0' })
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('batch_update_lead'), {
    status: 'fault',
    detail: /The user's Agent API Access is off, or its Modify Leads is 0; VICIdial does not say which\.$/,
    remedy: /Agent API Access to 1/
  })
  t.strictSame(ids('fault'), ['batch_update_lead', 'update_lead', 'lead_search'])
})

test('a user of level 7 who may call nothing by which that could be told', async (t) => {
  const used = ' batch_update_lead update_lead lead_search '
  const sandbox = await startVicidial(t, { user_level: 7, api_allowed_functions: used })
  const { step } = await checkUrl(sandbox.url)
  t.match(step('batch_update_lead'), {
    status: 'fault',
    detail: /Modify Leads is 0, or its User Level is 7;/
  })
})

test('a user who may only look at leads', async (t) => {
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

test('an account that may not use a list to which callers may move leads', async (t) => {
  const sandbox = await startVicidial(t, { api_list_restrict: '1' })
  const hash = '0'.repeat(64)
  const directory = t.testdir({
    'gateway.yaml': `callers:
  - name: crm
    key_hashes: [sha256:${hash}]
    permissions: { routes: [batch], lists: [101, 102] }
`
  })
  const { step, ids } = await checkUrl(sandbox.url, { GATEWAY_CONFIG: `${directory}/gateway.yaml` })
  t.match(step('lists'), { status: 'fault', detail: /not among them: 102\.$/, remedy: /Allowed Campaigns/ })
  t.strictSame(ids('fault'), ['lists'])
})

test('a build without batch_update_lead', async (t) => {
  const sandbox = await startVicidial(t, {}, { release: { version: '2.14-140', build: '210316-2207' } })
  const { step, ids } = await checkUrl(sandbox.url)
  t.match(step('version'), {
    status: 'fault',
    detail:
      /^VICIdial 2\.14-140, build 210316-2207\. .* Before build 210917-1615, batch_update_lead does not exist/,
    remedy: 'Update VICIdial to 2.14-202 or later.'
  })
  t.match(step('batch_update_lead'), {
    status: 'fault',
    detail: /This VICIdial does not know batch_update_lead/
  })
  t.strictSame(ids('fault'), ['version', 'batch_update_lead', 'lead_search'])
})

test('a build that differs a little is warned about, another version too, and a newer build is only named', async (t) => {
  const of = async (version: string, build: string) => {
    const sandbox = await startVicidial(t, {}, { release: { version, build } })
    return (await checkUrl(sandbox.url)).step('version')
  }
  t.match(await of('2.14-190', '240101-0000'), {
    status: 'warning',
    detail: /Before build 241127-2148, updates of custom/
  })
  t.match(await of('2.16-300', '270101-0000'), {
    status: 'warning',
    detail: /nobody knows how this one differs/
  })
  t.match(await of('2.14-210', '260101-0000'), {
    status: 'ok',
    detail: /newer than the one .* no difference is known/
  })
})

test('a slow VICIdial: what it means for throughput, and that the limits do not fit', async (t) => {
  const sandbox = await startVicidial(t, {}, { callMs: 260 })
  const { step, ids } = await checkUrl(sandbox.url, {
    VICIDIAL_MAX_CALLS_PER_SECOND: '20',
    VICIDIAL_TIMEOUT_MS: '1000'
  })
  t.match(step('round_trip'), {
    status: 'warning',
    detail: /That is slow\. With 2 calls at once, at most [\d.]+ calls a second are possible/,
    remedy: /^Run the gateway near VICIdial/
  })
  t.match(step('settings'), {
    status: 'warning',
    detail: /VICIDIAL_TIMEOUT_MS is 1000: .*The account default may make 20 calls a second and never will/,
    remedy: /Set VICIDIAL_TIMEOUT_MS to 2000 or more/
  })
  t.strictSame(ids('fault'), [])
})

test('a clock that is behind or ahead', async (t) => {
  const of = async (seconds: number) => {
    const sandbox = await startVicidial(t, {}, { now: () => Date.now() + seconds * 1_000 })
    return (await checkUrl(sandbox.url)).step('clock')
  }
  t.match(await of(120), {
    status: 'warning',
    detail: /^VICIdial's clock is 1(19|20|21) s ahead of/,
    remedy: /NTP/
  })
  t.match(await of(-120), { status: 'warning', detail: /^VICIdial's clock is 1(19|20|21) s behind/ })
  t.match(await of(2), { status: 'ok' })
})

test('every fault of the configuration is said, and VICIdial is not asked', async (t) => {
  const sandbox = await startVicidial(t)
  const { steps, step } = await checkUrl(sandbox.url, { PORT: 'http', VICIDIAL_NON_LATIN: 'yes' })
  t.match(
    steps.filter(({ status }) => status === 'fault').map(({ id, detail }) => `${id}: ${detail}`),
    [/^configuration: VICIDIAL_NON_LATIN must be/, /^configuration: PORT must be/]
  )
  t.match(step('address'), { status: 'skipped' })
  t.strictSame(sandbox.calls(), [])
})

function refusingLead(t: { fail(message: string): unknown }) {
  return {
    lead: 5,
    consent: async () => false,
    toTheEnd: async () => {
      t.fail('the lead was to be changed')
      throw new Error('the lead was to be changed')
    }
  }
}
