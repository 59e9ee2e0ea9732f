import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { test } from 'tap'
import { startStandIn } from '../../helper.ts'
import { checkUrl, startVicidial } from './set-up.ts'

const PATH = '/vicidial/non_agent_api.php'

test('a name unknown to the DNS', async (t) => {
  const { step, ids } = await checkUrl(`http://no-such-dialer.invalid${PATH}`)
  t.match(step('address'), {
    status: 'fault',
    detail: /^The name no-such-dialer\.invalid (does not exist|cannot be resolved)/,
    remedy: /VICIDIAL_URL|DNS/
  })
  t.strictSame(ids('fault'), ['address'])
  t.match(step('login'), { status: 'skipped', detail: 'Not checked, because of the fault in address.' })
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
    remedy: /^Start VICIdial's web server, or set the right port in VICIDIAL_URL/
  })
  t.strictSame(ids('fault'), ['connection'])
})

const PAGES: [what: string, status: number, text: string, detail: RegExp, remedy: RegExp][] = [
  ['an HTML page', 200, '<!DOCTYPE html><title>Welcome</title>', /another page \(HTTP 200\)/, /full address/],
  ['HTTP 404', 404, '<h1>Not Found</h1>', /HTTP 404, page not found/, /usually \/vicidial\/non_agent_api/],
  ['a redirect', 301, '', /HTTP 301, a redirect to another address/, /from http to https/],
  ['HTTP 403', 403, '', /HTTP 403, a server in front of it refuses the call/, /let this machine reach/],
  ['HTTP 400', 400, '', /HTTP 400, as from a port that expects TLS/, /https instead of http/],
  ['HTTP 502', 502, '', /HTTP 502/, /error log/],
  ['a PHP program', 200, '<?php echo 1;', /the PHP source itself/, /Enable PHP/],
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
    detail: /The login got no usable answer/,
    remedy: /not tried again/
  })
  t.strictSame(ids('fault'), ['login'])
})

test('a server that accepts the connection and sends nothing', async (t) => {
  const url = await startStandIn(t, () => {})
  const { step, ids } = await checkUrl(url, { VICIDIAL_TIMEOUT_MS: '100' })
  t.match(step('version'), {
    status: 'fault',
    detail: /accepted the connection but did not answer. VICIdial did not answer within 100 ms/,
    remedy: /VICIDIAL_TIMEOUT_MS/
  })
  t.strictSame(ids('fault'), ['version'])
})

test('a build without batch_update_lead', async (t) => {
  const sandbox = await startVicidial(t, {}, { version: '2.14-140', build: '210316-2207' })
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

test('a warning for a build with differences and for another version, none for a newer build', async (t) => {
  const of = async (version: string, build: string) => {
    const sandbox = await startVicidial(t, {}, { version, build })
    return (await checkUrl(sandbox.url)).step('version')
  }
  t.match(await of('2.14-190', '240101-0000'), {
    status: 'warning',
    detail: /Before build 241127-2148, updates of custom/
  })
  t.match(await of('2.14-167', '220126-2116'), {
    status: 'warning',
    detail:
      /From build 211027-0845 to before 220223-0838, lead_search puts keys between apostrophes .* are refused .*BLA/
  })
  t.match(await of('2.16-300', '270101-0000'), {
    status: 'warning',
    detail: /how this version differs is unknown/
  })
  t.match(await of('2.14-210', '260101-0000'), {
    status: 'ok',
    detail: /newer than the build .* no known difference/
  })
})

test('a slow VICIdial: its throughput, and limits that do not fit', async (t) => {
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
    detail: /VICIDIAL_TIMEOUT_MS is 1000: .*The account default may make 20 calls a second, but at most/,
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

test('every fault of the configuration is reported, and VICIdial is not called', async (t) => {
  const sandbox = await startVicidial(t)
  const { steps, step } = await checkUrl(sandbox.url, { PORT: 'http', VICIDIAL_NON_LATIN: 'yes' })
  t.match(
    steps.filter(({ status }) => status === 'fault').map(({ id, detail }) => `${id}: ${detail}`),
    [/^configuration: VICIDIAL_NON_LATIN must be/, /^configuration: PORT must be/]
  )
  t.match(step('address'), { status: 'skipped' })
  t.strictSame(sandbox.calls(), [])
})

test('a VICIDIAL_BUILD that is not the build of VICIdial is a fault', async (t) => {
  const sandbox = await startVicidial(t)
  t.match((await checkUrl(sandbox.url, { VICIDIAL_BUILD: '220126-2116' })).step('version'), {
    status: 'fault',
    detail: /build 250720-1841\. VICIDIAL_BUILD is 220126-2116, so the gateway follows/,
    remedy: /Remove VICIDIAL_BUILD/
  })
  t.match((await checkUrl(sandbox.url, { VICIDIAL_BUILD: '250720-1841' })).step('version'), { status: 'ok' })
})
