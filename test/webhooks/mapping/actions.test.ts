import { test } from 'tap'
import { call, startGateway } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { endpointWith, readYaml, updatesOf } from '../endpoints.ts'

const mapping = {
  lead: { lead_id: 'id' },
  fields: { status: 'stage' },
  hopper: { priority: 50 },
  callback: { at: 'call.at', campaign_id: 'CAMPA', user: 'call.agent', status: 'CB1', comments: 'call.note' },
  dnc: { campaign_id: 'CAMPA' }
}

test('each event has the actions of the mapping, and a callback if it has a time for one', async (t) => {
  const endpoint = endpointWith(t, { mapping })
  const at = '2030-01-02T10:00:00-05:00'
  const done = { hopper: { priority: 50 }, dnc: { campaign_id: 'CAMPA' } }
  const mapped = await updatesOf(endpoint, [
    { id: 1, stage: 'HOT', call: { at, agent: 1001, note: 'at home' } },
    { id: 2, stage: 'HOT', call: { at: '', note: 'x' } },
    { id: 3 }
  ])
  t.strictSame(mapped, {
    ignored: 0,
    updates: [
      {
        lead_id: 1,
        fields: { status: 'HOT' },
        ...done,
        callback: { campaign_id: 'CAMPA', status: 'CB1', at, user: '1001', comments: 'at home' }
      },
      { lead_id: 2, fields: { status: 'HOT' }, ...done },
      { lead_id: 3, ...done }
    ]
  })
})

test('a mapping may have nothing but an action', async (t) => {
  for (const action of [{ hopper: 'remove' }, { callback: 'remove' }, { dnc: true }]) {
    const endpoint = endpointWith(t, { mapping: { lead: { lead_id: 'id' }, ...action } })
    t.strictSame(await updatesOf(endpoint, { id: 7 }), { ignored: 0, updates: [{ lead_id: 7, ...action }] })
  }
  const callback = { at: 'when', campaign_id: 'CAMPA' }
  const endpoint = endpointWith(t, { mapping: { lead: { lead_id: 'id' }, callback } })
  t.strictSame(await updatesOf(endpoint, { id: 7 }), { ignored: 1, updates: [] })
})

test('faulty actions are faults of the gateway file at their places', async (t) => {
  const faultsOf = (actions: object) => {
    const entry = {
      name: 'crm',
      auth: { api_key: { key_hashes: [`sha256:${'a'.repeat(64)}`] } },
      mapping: { lead: { lead_id: 'id' }, ...actions }
    }
    return readYaml(t, JSON.stringify({ webhooks: [entry] })).faults.join()
  }
  t.match(faultsOf({ hopper: { priority: 100 } }), 'webhooks[0].mapping.hopper')
  t.match(faultsOf({ callback: { at: 'a' } }), 'webhooks[0].mapping.callback')
  t.match(faultsOf({ callback: { at: '(', campaign_id: 'A' } }), 'webhooks[0].mapping.callback.at')
  t.match(faultsOf({ callback: { at: 'a', campaign_id: 'A', status: 'A B' } }), 'mapping.callback.status')
  t.match(faultsOf({ dnc: false }), 'webhooks[0].mapping.dnc')
})

test('a webhook puts a lead into the hopper and books its callback', async (t) => {
  const yaml = gatewayFile([{ name: 'crm', permissions: '*' }], {
    webhooks: [{ name: 'crm', auth: { header: { header: 'X-Key', secrets: ['a-secret-of-16-c'] } }, mapping }]
  })
  const path = `${t.testdir({ 'gateway.yaml': yaml })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const event = { id: 1, stage: 'HOT', call: { at: '2030-01-02T10:00:00Z', agent: 'api' } }
  const { body } = await call(gateway, 'POST', '/v1/webhooks/crm?wait=20', event, {
    'x-key': 'a-secret-of-16-c'
  })
  t.match(body.results, [{ lead_id: 1, status: 'updated', hopper: 'added', callback: 'added', dnc: 'added' }])
  t.match(gateway.sandbox.tables()['vicidial_callbacks'], [
    { callback_time: '2030-01-02 10:00:00', user: 'api', lead_status: 'CB1' }
  ])
})
