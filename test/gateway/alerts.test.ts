import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { SECRET_PATH, startReceiver } from '../alerts/receiver.ts'
import { batch, dataDir, startGateway } from '../helper.ts'
import { until } from '../until.ts'

const OFTEN = { alertsEveryMs: 10 }

test('a refused login is an alert, whose address may change while the gateway runs', async (t) => {
  const [first, second] = [await startReceiver(t), await startReceiver(t)]
  const folder = dataDir(t)
  const file = join(folder, 'alerts_url')
  const path = join(folder, 'gateway.yaml')
  const write = (address: URL) => {
    writeFileSync(`${file}.new`, `${address.href}\n`)
    renameSync(`${file}.new`, file)
  }
  write(first.url)
  writeFileSync(path, 'alerts: { url_file: alerts_url, name: gw1 }')
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path }, {}, OFTEN)
  gateway.sandbox.setPassword('another')
  t.equal((await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } })).status, 502)

  const text =
    'vicidial-gateway gw1: VICIdial refuses the login of the account default. No updates are sent with it. Check its user and password.'
  await until('the first webhook gets a message', () => first.messages.length > 0)
  t.strictSame(first.messages, [{ text }])
  write(second.url)
  await until('the second webhook gets a message', () => second.messages.length > 0)
  t.strictSame(second.messages, [{ text }])
  t.equal(first.messages.length, 1)
  t.match(gateway.logged(), '"alerts":["login_refused of default"],"msg":"alerts sent"')
  for (const secret of [SECRET_PATH, 'canary-token', first.url.port]) t.notMatch(gateway.logged(), secret)
})

test('a webhook that hangs does not hold up the stop of the gateway', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(path, `alerts: { url: "${receiver.url.href}" }`)
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path }, {}, OFTEN)
  gateway.sandbox.setPassword('another')
  await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } })
  await until('the webhook has the message', () => receiver.messages.length > 0)
  const [request] = receiver.requests
  t.equal(request?.socket.destroyed, false)
  await gateway.app.close()
  await until('the connection is closed', () => request?.socket.destroyed === true)
  t.notMatch(gateway.logged(), 'alerts cannot be sent')
})
