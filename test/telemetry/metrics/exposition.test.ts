import { writeFileSync } from 'node:fs'
import { test } from 'tap'
import packageJson from '../../../package.json' with { type: 'json' }
import { hashKey } from '../../../src/callers/key.ts'
import { Metrics } from '../../../src/telemetry/metrics/metrics.ts'
import { API_KEY, batch, call, leaksIn, startGateway } from '../../helper.ts'
import { as } from '../../routes/jobs-of.ts'
import { OPEN_METRICS, scrape } from './scrape.ts'

function fileOf(callers: readonly string[]): string {
  return JSON.stringify({
    callers: callers.map((name) => ({
      name,
      key_hashes: [`sha256:${hashKey(`${name}-key`)}`],
      permissions: {
        routes: name === 'prometheus' ? ['metrics'] : ['batch'],
        fields: ['email'],
        look_ups: '*'
      }
    }))
  })
}

test('a scraper gets the format that it asks for, regardless of earlier scrapes', async (t) => {
  const gateway = await startGateway(t)
  await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } })
  const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  for (const accept of ['text/plain', OPEN_METRICS, 'text/plain', OPEN_METRICS]) {
    const { contentType, text, types, value } = await scrape(gateway, { accept })
    const isOpen = accept === OPEN_METRICS
    t.equal(contentType, isOpen ? openMetrics : 'text/plain; version=0.0.4; charset=utf-8')
    t.equal(text.endsWith('\n# EOF\n'), isOpen)
    t.equal(types.get(`vicidial_gateway_updates${isOpen ? '' : '_total'}`), 'counter')
    t.equal(value('updates_total'), 1)
  }
})

test('scrapes at the same time do not mix the formats', async (t) => {
  const gateway = await startGateway(t)
  await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } })
  const accepts = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? OPEN_METRICS : 'text/plain'))
  const all = await Promise.all(accepts.map((accept) => scrape(gateway, { accept })))
  for (const [n, { text, value }] of all.entries()) {
    t.equal(text.includes('# EOF'), n % 2 === 0)
    t.equal(text.includes('# TYPE vicidial_gateway_updates_total counter'), n % 2 === 1)
    t.equal(value('updates_total'), 1)
  }
})

test('the permission metrics allows reading the metrics, and nothing else', async (t) => {
  const path = `${t.testdir({ 'gateway.yaml': fileOf(['prometheus', 'crm']) })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  t.equal((await call(gateway, 'GET', '/metrics', undefined, { authorization: '' })).status, 401)
  t.match(await call(gateway, 'GET', '/metrics', undefined, as('crm-key')), {
    status: 403,
    body: { code: 'permission_denied', detail: 'The caller crm lacks "metrics" (permissions.routes).' }
  })
  t.equal((await call(gateway, 'GET', '/metrics', undefined, as('prometheus-key'))).status, 200)
  t.equal((await call(gateway, 'GET', '/v1/jobs', undefined, as('prometheus-key'))).status, 403)
})

test('the metrics contain no secret, no lead and no value', async (t) => {
  const path = `${t.testdir({ 'gateway.yaml': fileOf(['prometheus', 'crm']) })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const updates = [
    { lead_id: 765, fields: { email: 'ann@example.com' } },
    { vendor_lead_code: 'CRM-765', fields: { email: 'ann@example.com' } }
  ]
  await batch(gateway, { updates }, as('crm-key'))
  await call(
    gateway,
    'PATCH',
    '/v1/leads/765?token=in-the-query',
    { email: 'ann@example.com' },
    as('crm-key')
  )
  await call(gateway, 'GET', '/nowhere/765')
  const { text } = await scrape(gateway, { key: 'prometheus-key' })
  const hashes = ['crm-key', 'prometheus-key'].map((key) => hashKey(key).slice(0, 8))
  const secrets = [API_KEY, 's3cret', 'crm-key', 'prometheus-key', 'in-the-query', ...hashes]
  t.same(leaksIn(text, [...secrets, '"765', '/765', 'CRM-765', 'ann@example.com']), [])
})

test('the counts of a removed caller stay', async (t) => {
  const path = `${t.testdir({ 'gateway.yaml': fileOf(['crm', 'old']) })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const update = { updates: [{ lead_id: 1, fields: { email: 'ann@example.com' } }] }
  const { status } = await batch(gateway, update, as('old-key'))
  t.equal(status, 200)
  writeFileSync(path, fileOf(['crm']))
  gateway.app.reload()
  t.equal((await batch(gateway, update, as('old-key'))).status, 401)
  await batch(gateway, update, as('crm-key'))
  const { value } = await scrape(gateway)
  t.equal(value('updates_total', { caller: 'old' }), 1, 'what was counted stays')
  t.equal(value('updates_total', { caller: 'crm' }), 1)
})

test('a scrape shows the version and the resources used', async (t) => {
  const gateway = await startGateway(t)
  const { samples, types } = await scrape(gateway)
  const of = (name: string) => samples.find((sample) => sample.name === name)
  t.same(of('vicidial_gateway_build_info')?.labels, {
    version: packageJson.version,
    node: process.versions.node
  })
  t.ok((of('process_resident_memory_bytes')?.value ?? 0) > 10_000_000)
  t.ok((of('nodejs_heap_size_used_bytes')?.value ?? 0) > 1_000_000)
  const started = of('process_start_time_seconds')?.value ?? 0
  t.ok(started > Date.now() / 1_000 - process.uptime() - 60 && started < Date.now() / 1_000)
  const { value: cpu = 0 } = of('process_cpu_seconds_total') ?? {}
  const again = (await scrape(gateway)).samples.find(({ name }) => name === 'process_cpu_seconds_total')
  t.ok(
    cpu > 0 && (again?.value ?? 0) >= cpu && (again?.value ?? 0) < cpu + 60,
    'it is a sum, not added up again'
  )
  t.equal(types.get('vicidial_gateway_event_loop_delay_seconds'), 'gauge')
})

test('unconfigured names share one label, so that their number is bounded', async (t) => {
  const metrics = new Metrics({ senders: { hasSender: (name) => name === 'crm' }, accounts: new Set() })
  for (const caller of ['crm', 'gone', 'long-gone'])
    metrics.updatesEnded({ caller, account: 'default', status: 'updated', count: 2 })
  metrics.callEnded({ account: 'gone', function: 'version', outcome: 'probe: alive', leads: 0, ms: 1 })
  const text = await metrics.registry.metrics()
  t.match(text, 'vicidial_gateway_updates_total{caller="crm",status="updated"} 2\n')
  t.match(text, 'vicidial_gateway_updates_total{caller="(other)",status="updated"} 4\n')
  t.match(text, 'vicidial_gateway_vicidial_calls_total{account="(other)",')
  t.notMatch(text, /gone"/)
})
