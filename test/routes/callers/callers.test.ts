import { createHash } from 'node:crypto'
import { test } from 'tap'
import { batch, call, startGateway } from '../../helper.ts'

function hash(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

const callers = {
  'gateway.yaml': `
callers:
  - name: crm
    key_hashes: ["${hash('crm-key')}", "${hash('crm-next-key')}"]
    source: crm2
    on_lossy: reject
    permissions: "*"
  - name: web
    key_hashes: ["${hash('web-key')}"]
    permissions: "*"
  - name: shop
    key_hashes: ["${hash('shop-key')}"]
    on_invalid: drop_field
    permissions: "*"
`
}

function as(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` }
}

test("VICIdial's source is the request's, else the caller's, else the server's", async (t) => {
  const env = { GATEWAY_CONFIG: `${t.testdir(callers)}/gateway.yaml`, VICIDIAL_SOURCE: 'server' }
  const gateway = await startGateway(t, env)
  const change = { lead_ids: [1], fields: { status: 'SALE' } }
  await batch(gateway, { ...change, source: 'request1' }, as('crm-key'))
  await batch(gateway, change, as('crm-key'))
  await batch(gateway, change, as('crm-next-key'))
  await batch(gateway, change, as('web-key'))
  await batch(gateway, { ...change, source: 'request2' }, as('web-key'))
  await call(gateway, 'PATCH', '/v1/leads/1', { status: 'SALE' }, as('crm-key'))
  await batch(gateway, { updates: [{ vendor_lead_code: 'CRM-1', fields: { rank: 1 } }] }, as('crm-key'))
  await batch(gateway, change)

  t.same(
    gateway.sandbox.calls().map(({ params }) => `${params['source']} ${params['function']}`),
    [
      'request1 batch_update_lead',
      'crm2 batch_update_lead',
      'crm2 batch_update_lead',
      'server batch_update_lead',
      'request2 batch_update_lead',
      'crm2 batch_update_lead',
      'crm2 lead_search',
      'crm2 batch_update_lead',
      'server batch_update_lead'
    ]
  )
})

test('for a caller that accepts no loss a lossy value is rejected, unless its request accepts it', async (t) => {
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${t.testdir(callers)}/gateway.yaml` })
  const change = { lead_ids: [1], fields: { last_name: 'José' } }
  const strict = await batch(gateway, change, as('crm-key'))
  const patch = await call(gateway, 'PATCH', '/v1/leads/1', { last_name: 'José' }, as('crm-key'))
  const accepted = await batch(gateway, { ...change, on_lossy: 'accept' }, as('crm-key'))
  const other = await batch(gateway, change, as('web-key'))

  t.same([strict.status, patch.status, accepted.status, other.status], [422, 422, 200, 200])
  t.equal(strict.body.errors[0].code, 'characters_lost')
  t.equal(gateway.sandbox.calls().length, 2)
})

test('for a caller that drops faulty values the others are set, unless its request rejects them', async (t) => {
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${t.testdir(callers)}/gateway.yaml` })
  const fields = { status: 'DNC', email: 'a+b@example.com' }
  const change = { lead_ids: [1, 2], fields }
  const dropped = await batch(gateway, change, as('shop-key'))
  const patch = await call(gateway, 'PATCH', '/v1/leads/3', fields, as('shop-key'))
  const strict = await batch(gateway, { ...change, on_invalid: 'reject_update' }, as('shop-key'))
  const other = await batch(gateway, change, as('web-key'))

  t.same([dropped.status, patch.status, strict.status, other.status], [200, 200, 422, 422])
  const warnings = [{ field: 'email', code: 'field_dropped', refusal: 'characters_lost' }]
  t.match(dropped.body.results, [{ warnings }, { warnings }])
  t.match(patch.body, { lead_id: 3, status: 'updated', warnings })
  const leads = gateway.sandbox.leads()
  t.same([leads[1]?.status, leads[2]?.status, leads[3]?.status], ['DNC', 'DNC', 'DNC'])
})

test('the log names the caller, not the key', async (t) => {
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${t.testdir(callers)}/gateway.yaml` })
  await call(gateway, 'GET', '/v1/fields', undefined, { authorization: '', 'x-api-key': 'web-key' })

  const line = JSON.parse(
    gateway
      .logged()
      .split('\n')
      .find((text) => text.includes('"msg":"request"')) ?? ''
  )
  t.equal(line.caller, 'web')
  t.notMatch(gateway.logged(), 'web-key')
})
