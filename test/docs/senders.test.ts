import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { eventIdOf, readYaml, updatesOf } from '../webhooks/endpoints.ts'
import { readRequest } from './messages.ts'
import { PATHS, readPage } from './page.ts'
import { SECRETS } from './surroundings.ts'
import { verify } from '../webhooks/verify.ts'

/** How the sources of the pages know their senders, and what they make of each body, without a gateway. */
const FIXTURES = 'test/fixtures/webhooks'
const RECIPES = PATHS.filter((path) => path.startsWith('docs/recipes/'))

function blocks(document: string, language: string): string[] {
  return readPage(document).blocks.flatMap((block) => (block.language === language ? [block.text] : []))
}

for (const document of RECIPES) {
  test(`${document} shows requests that are accepted, with bodies as in the fixtures`, async (t) => {
    const webhooks = blocks(document, 'yaml').flatMap((yaml) => readYaml(t, yaml, SECRETS).webhooks)
    const bodies = new Set(readdirSync(FIXTURES).map((file) => readFileSync(`${FIXTURES}/${file}`, 'utf8')))
    const requests = blocks(document, 'http').map(readRequest)
    t.ok(requests.length > 0)
    for (const { url, headers, body } of requests) {
      t.ok(bodies.has(body), url)
      const source = webhooks.find(({ name }) => url === `/v1/webhooks/${name}`)
      const now = Number(headers['x-hubspot-request-timestamp'] ?? 0)
      const request = { method: 'POST', url, headers, rawBody: Buffer.from(body), now }
      t.equal(verify(source, request), undefined, url)
      t.not(verify(source, { ...request, headers: {} }), undefined, url)
      await t.resolves(async () => source?.parse(request.rawBody, headers['content-type']))
    }
    t.match(readFileSync(document, 'utf8'), '## The answer')
  })
}

test('a Zap may send JSON, a form or its own text, for the same updates', async (t) => {
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
    const payload = await webhooks[0]?.parse(readFileSync(`${FIXTURES}/${file}`), type)
    t.strictSame(await updatesOf(webhooks[0], payload), expected, file)
    t.equal(await eventIdOf(webhooks[0], {}, payload), 'deal-4711-2026-11-23T09:15:00Z', file)
  }
  const wrapped = [await webhooks[0]?.parse(readFileSync(`${FIXTURES}/zapier.json`), 'application/json')]
  t.strictSame(await updatesOf(webhooks[0], wrapped), expected, 'Wrap Request In Array')
})

/** Signed with Python's hmac module, or with openssl. */
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
    name: 'zendesk',
    file: 'zendesk.json',
    type: 'application/json',
    headers: {
      'x-zendesk-webhook-invocation-id': '01HG2SNRBN3B1D0B3AYPF0WMWM',
      'x-zendesk-webhook-signature': '72yFZbjmx0wfpbfB6itXuR53jdST436HAwr6BCrj5lo=',
      'x-zendesk-webhook-signature-timestamp': '2025-11-23T06:40:01Z'
    },
    eventId: '01HG2SNRBN3B1D0B3AYPF0WMWM',
    update: { lead_id: '103', fields: { comments: 'Call me back, please' } }
  },
  {
    name: 'intercom',
    file: 'intercom.json',
    type: 'application/json',
    headers: { 'x-hub-signature': 'sha1=d10404f1fa86871f5618dd6ab2e2470a2c1ed060' },
    eventId: 'notif_ccd8a4d0-f965-11e3-a367-c779cae3e1b3',
    update: { vendor_lead_code: 'CRM-8', fields: { email: 'ann@example.com' } }
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
    t.equal(verify(source, request), undefined)
    t.equal(
      verify(source, { ...request, rawBody: Buffer.concat([rawBody, Buffer.from('\n')]) }),
      'signature_wrong'
    )
    const payload = await source?.parse(rawBody, type)
    t.equal(await eventIdOf(source, headers, payload), eventId)
    t.strictSame(await updatesOf(source, payload), { updates: [update], ignored: 0 })
  })
}
