import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { loadConfig } from '../../src/config.ts'
import { run, setEnv } from '../cli/run.ts'
import { readYaml } from './sources.ts'

const FIXTURES = 'test/fixtures/webhooks'
const RECIPES = readdirSync('docs/recipes').map((file) => `docs/recipes/${file}`)

/** The secrets with which the requests in the documents and below are signed, by the names of their files. */
const SECRETS = {
  hubspot_client_secret: '6f1d3c52-hubspot-app\n',
  curl_secret: 'curl-signing-secret-5d0e\n',
  form_token: 'form-token-19ab\n',
  github_secret: "It's a Secret to Everybody\n",
  stripe_secret: 'whsec_stripe_example_4f2c\n',
  shopify_secret: 'shpss_example_91b0\n',
  standard_secret: 'whsec_c3RhbmRhcmQtd2ViaG9va3MtZXhhbXBsZQ==\n'
}

function blocks(document: string, language: string): string[] {
  const fenced = readFileSync(document, 'utf8').matchAll(/^```(\w*)\n(.*?)\n```$/gms)
  return [...fenced].flatMap(([, name, block = '']) => (name === language ? [block] : []))
}

/** The arguments of a shell command, quotes and all that this documentation uses of them. */
function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

interface Request {
  readonly source: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

function readRequest(block: string): Request {
  const end = block.indexOf('\n\n')
  const [line = '', ...headers] = block.slice(0, end).split('\n')
  const url = line.split(' ')[1] ?? ''
  return {
    source: url.replace('/v1/webhooks/', ''),
    url,
    headers: Object.fromEntries(
      headers.map((header) => [header.split(': ')[0]?.toLowerCase(), header.split(': ')[1]])
    ),
    body: block.slice(end + 2)
  }
}

for (const document of [...RECIPES, 'docs/webhooks.md']) {
  test(`${document} shows a configuration that the gateway takes, and what it makes of each body`, async (t) => {
    const [yaml = ''] = blocks(document, 'yaml')
    const { faults, path } = readYaml(t, yaml, SECRETS)
    t.strictSame(faults, [])
    t.doesNotThrow(() =>
      loadConfig({
        VICIDIAL_URL: 'https://dialer.example/vicidial/non_agent_api.php',
        VICIDIAL_USER: 'gateway',
        VICIDIAL_PASS: 'secret',
        API_KEY: 'key',
        GATEWAY_CONFIG: path
      })
    )
    const trials = blocks(document, '').filter((block) => block.includes('webhook -- try'))
    t.ok(trials.length > 0)
    setEnv(t, 'GATEWAY_CONFIG', path)
    for (const trial of trials) {
      const [command = '', ...output] = trial.split('\n')
      const [, , , , , , , , ...rest] = words(command)
      const [source = '', file = '', ...options] = rest
      const { stdout } = await run('webhook', 'try', source, `${FIXTURES}/${file}`, ...options)
      t.equal(stdout.trimEnd(), output.join('\n'), command)
    }
  })
}

for (const document of RECIPES) {
  test(`${document} shows requests that are believed, with bodies as in the fixtures`, async (t) => {
    const [yaml = ''] = blocks(document, 'yaml')
    const { webhooks } = readYaml(t, yaml, SECRETS)
    const bodies = new Set(readdirSync(FIXTURES).map((file) => readFileSync(`${FIXTURES}/${file}`, 'utf8')))
    const requests = blocks(document, 'http').map(readRequest)
    t.ok(requests.length > 0)
    for (const { source: name, url, headers, body } of requests) {
      t.ok(bodies.has(body), url)
      const source = webhooks.find((one) => one.name === name)
      const now = Number(headers['x-hubspot-request-timestamp'] ?? 0)
      const request = { method: 'POST', url, headers, rawBody: Buffer.from(body), now }
      t.equal(source?.verify(request), undefined, url)
      t.not(source?.verify({ ...request, headers: {} }), undefined, url)
      t.doesNotThrow(() => source?.parse(request.rawBody, headers['content-type']))
    }
    t.match(readFileSync(document, 'utf8'), '## The answer')
  })
}

test('a Zap may send JSON, a form or its own text: the updates are the same', async (t) => {
  const { webhooks } = readYaml(t, blocks('docs/recipes/zapier.md', 'yaml')[0] ?? '')
  const expected = {
    updates: [
      { vendor_lead_code: 'CRM-7', fields: { status: 'SALE', first_name: 'José', last_name: 'Álvarez' } }
    ],
    ignored: 0
  }
  for (const [file, type] of [
    ['zapier.json', 'application/json'],
    ['zapier.form', 'application/x-www-form-urlencoded'],
    ['zapier-raw.txt', 'text/plain']
  ] as const) {
    const payload = webhooks[0]?.parse(readFileSync(`${FIXTURES}/${file}`), type)
    t.strictSame(await webhooks[0]?.map(payload), expected, file)
    t.equal(await webhooks[0]?.eventId({}, payload), 'deal-4711-2026-11-23T09:15:00Z', file)
  }
  const wrapped = [webhooks[0]?.parse(readFileSync(`${FIXTURES}/zapier.json`), 'application/json')]
  t.strictSame(await webhooks[0]?.map(wrapped), expected, 'Wrap Request In Array')
})

/** Signed with Python's hmac module. */
const KNOWN = [
  {
    name: 'github',
    file: 'github.form',
    type: 'application/x-www-form-urlencoded',
    headers: {
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': 'sha256=1e40f881386c420da75f727fbec9fdd8b736b34dba221aa50bef65a092958969'
    },
    eventId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    update: { vendor_lead_code: 'CRM-9', fields: { status: 'SALE' } }
  },
  {
    name: 'shopify',
    file: 'shopify.json',
    type: 'application/json',
    headers: {
      'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
      'x-shopify-hmac-sha256': 'Iq2bIA4FDxnzPFkLfUo+O0hM5yJsoIxiU6WELu7mIOE='
    },
    eventId: 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
    update: {
      phone_number: '2125550103',
      fields: {
        email: 'bob@biller.com',
        address1: "151 O'Connor Street",
        city: 'Ottawa',
        postal_code: 'K2P 2L8'
      }
    }
  },
  {
    name: 'stripe',
    file: 'stripe.json',
    type: 'application/json; charset=utf-8',
    headers: {
      'stripe-signature':
        't=1763880001,v1=bd9284fc9bc47953abdf371e7e9e131ab831eeec423b09cb1daedcb1e2b5ac75,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39'
    },
    eventId: 'evt_1MhUT8E0b6fckueStwTkbyZv',
    update: { lead_id: '102', fields: { email: 'jenny.rosen@example.com' } }
  },
  {
    name: 'standard',
    file: 'standard-webhooks.json',
    type: 'application/json',
    headers: {
      'webhook-id': 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
      'webhook-timestamp': '1763880001',
      'webhook-signature': 'v1,QQ+4zz6wm74XRs4cVWDX+4vn/pioIwQNlC37/1Kbcn4='
    },
    eventId: 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
    update: { vendor_lead_code: 'CRM-8', fields: { source_id: 'gold' } }
  }
]

for (const { name, file, type, headers, eventId, update } of KNOWN) {
  test(`docs/webhooks.md: ${name}, from the signed request to the update`, async (t) => {
    const { webhooks } = readYaml(t, blocks('docs/webhooks.md', 'yaml')[0] ?? '', SECRETS)
    const source = webhooks.find((one) => one.name === name)
    const rawBody = readFileSync(`${FIXTURES}/${file}`)
    const request = { method: 'POST', url: `/v1/webhooks/${name}`, headers, rawBody, now: 1_763_880_001_000 }
    t.equal(source?.verify(request), undefined)
    t.equal(
      source?.verify({ ...request, rawBody: Buffer.concat([rawBody, Buffer.from('\n')]) }),
      'signature_wrong'
    )
    const payload = source?.parse(rawBody, type)
    t.equal(await source?.eventId(headers, payload), eventId)
    t.strictSame(await source?.map(payload), { updates: [update], ignored: 0 })
  })
}
