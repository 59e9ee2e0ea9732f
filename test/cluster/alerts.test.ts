import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { freePort } from '../../src/tools/demo/cluster/free-port.ts'
import { startReceiver } from '../alerts/receiver.ts'
import { batch, dataDir, startGateway } from '../helper.ts'
import { newDatabase } from '../postgres.ts'
import { as } from '../routes/jobs-of.ts'
import { until } from '../until.ts'

const CHANGE = { lead_ids: [1], fields: { status: 'SALE' } }

test('of several gateways the owner sends alerts, and the next owner repeats none', async (t) => {
  const receiver = await startReceiver(t)
  const url = await newDatabase()
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(
    path,
    `
alerts: { url: "${receiver.url.href}", format: json }
accounts: [{ name: sales, user: nobody, pass: wrong }]
callers: [{ name: sales, key_hashes: ["sha256:${hashKey('sales-key')}"], permissions: "*", account: sales }]
`
  )
  const start = async (name: string, more: Record<string, string> = {}) =>
    startGateway(
      t,
      {
        GATEWAY_CONFIG: path,
        DATABASE_URL: url,
        CLUSTER_NAME: name,
        CLUSTER_URL: `http://127.0.0.1:${await freePort()}`,
        ...more
      },
      {},
      { alertsEveryMs: 10 }
    )
  const first = await start('gw1')
  first.sandbox.setPassword('another')
  const second = await start('gw2', { VICIDIAL_URL: first.sandbox.url })
  t.match(await batch(second, CHANGE), { status: 502, body: { code: 'upstream_login_failed' } })
  await until('the alert is sent', () => first.logged().includes('alerts sent'))
  t.match(receiver.messages, [{ gateway: 'gw1', alerts: [{ alert: 'login_refused', account: 'default' }] }])

  await first.app.close()
  await until('the other gateway is the owner', async () =>
    second.logged().includes('this gateway calls vicidial now')
  )
  t.match(await batch(second, CHANGE, as('sales-key')), { body: { code: 'upstream_login_failed' } })
  await until('the next alert', () => receiver.messages.length > 1)
  t.match(receiver.messages[1], { gateway: 'gw2', alerts: [{ alert: 'login_refused', account: 'sales' }] })
  t.equal((receiver.messages[1] as { alerts: unknown[] }).alerts.length, 1)
  t.equal(receiver.messages.length, 2)
})
