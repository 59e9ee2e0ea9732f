import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { call, type Gateway, startGateway } from '../helper.ts'
import { until } from '../until.ts'
import { as, ended, store } from './jobs-of.ts'
import { LONG_RETRY, SHORT_RETRY, scriptedVicidial } from './scripted-vicidial.ts'

const FILE = ['crm', 'ops']
  .map((name) => `  - { name: ${name}, key_hashes: ["sha256:${hashKey(`${name}-key`)}"], permissions: "*" }`)
  .join('\n')
const CHANGE = { lead_ids: [1], fields: { status: 'A' } }
const keyId = (name: string) => hashKey(`${name}-key`).slice(0, 8)

async function historyOfLead(gateway: Gateway, lead: number): Promise<any[]> {
  const { body } = await call(gateway, 'GET', `/v1/leads/${lead}/history`, undefined, as('ops-key'))
  return body.entries
}

test("the history names who replayed another caller's updates; a caller's own replay isn't marked", async (t) => {
  const GATEWAY_CONFIG = `${t.testdir({ 'gateway.yaml': `callers:\n${FILE}\n` })}/gateway.yaml`
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, GATEWAY_CONFIG, ...SHORT_RETRY })
  vicidial.denies()
  await ended(gateway, await store(gateway, CHANGE, as('crm-key')))
  for (const key of ['ops-key', 'crm-key']) {
    const { body } = await call(gateway, 'POST', '/v1/dead-letters/replay', undefined, as(key))
    await ended(gateway, body.jobs[0].id)
  }
  const entries = await historyOfLead(gateway, 1)
  t.same(
    entries.map(({ caller, key_id, replayed_by }) => ({ caller, key_id, replayed_by })),
    [
      { caller: 'crm', key_id: keyId('crm'), replayed_by: undefined },
      { caller: 'crm', key_id: keyId('ops'), replayed_by: 'ops' },
      { caller: 'crm', key_id: keyId('crm'), replayed_by: undefined }
    ]
  )
})

test('a cancelled update has an entry in the history', async (t) => {
  const GATEWAY_CONFIG = `${t.testdir({ 'gateway.yaml': `callers:\n${FILE}\n` })}/gateway.yaml`
  const vicidial = await scriptedVicidial(t)
  const env = { VICIDIAL_URL: vicidial.url, GATEWAY_CONFIG, HISTORY_VALUES: '1', ...LONG_RETRY }
  const gateway = await startGateway(t, env)
  vicidial.holds()
  const update = (status: string) => ({ lead_id: 1, fields: { status } })
  const id = await store(gateway, { updates: [update('A'), update('B')] }, as('crm-key'))
  await until('the first is in flight', () => vicidial.held.length === 1)
  const { body } = await call(gateway, 'POST', `/v1/jobs/${id}/cancel`, undefined, as('ops-key'))
  t.same(body, { id, cancelled: 1 })
  vicidial.makes()
  await ended(gateway, id)
  const common = { lead_id: 1, job_id: id, caller: 'crm', fields: ['status'] }
  t.match(await historyOfLead(gateway, 1), [
    { ...common, values: { status: 'A' }, status: 'updated' },
    { ...common, values: undefined, status: 'cancelled' }
  ])
})
