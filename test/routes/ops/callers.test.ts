import { test } from 'tap'
import { hashKey } from '../../../src/callers/key.ts'
import { batch, call, startGateway } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { as } from '../jobs-of.ts'
import { form, look, signIn, textOf } from './session.ts'

const CALLERS = [
  { name: 'ops', permissions: '*' },
  {
    name: 'crm',
    permissions: { routes: ['batch'], fields: '*', statuses: '*', look_ups: '*' },
    source: 'CRM',
    rate_limit: { requests_per_minute: 4, updates_per_minute: 50 }
  },
  { name: 'far', permissions: '*', networks: ['192.0.2.0/24'] },
  { name: 'idle', permissions: { routes: [] } }
]

const idOf = (key: string) => hashKey(key).slice(0, 8)

test('callers are shown with their requests, results, refusals, quotas and last use, and no key', async (t) => {
  const file = JSON.parse(gatewayFile(CALLERS))
  const expired = { hash: `sha256:${hashKey('old-key')}`, expires_at: '2020-01-01T00:00:00Z' }
  file.callers[1].key_hashes.push(expired)
  const dir = t.testdir({ 'gateway.yaml': JSON.stringify(file) })
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${dir}/gateway.yaml` })
  const session = await signIn(gateway, 'ops-key')
  const fields = { status: 'SALE' }
  await batch(gateway, { lead_ids: [1, 2, 99_999], fields }, as('crm-key'))
  await batch(gateway, { lead_ids: [1], fields: { status: 'TOOLONG' } }, as('crm-key'))
  await call(gateway, 'GET', '/v1/jobs', undefined, as('crm-key'))
  await batch(gateway, { nonsense: 1 }, as('crm-key'))
  for (let n = 0; n < 2; n++) await batch(gateway, { lead_ids: [1], fields }, as('crm-key'))
  await batch(gateway, { lead_ids: [1], fields }, as('far-key'))
  await batch(gateway, { lead_ids: [1], fields }, as('old-key'))

  const page = await look(gateway, '/ops/callers/crm', session)
  const text = textOf(page)
  t.match(text, /Account default Source CRM May call batch Counted since/)
  t.match(text, new RegExp(`${idOf('crm-key')} never \\d{4}-.* UTC \\d+ seconds? ago ${idOf('old-key')}`))
  t.match(text, `${idOf('old-key')} expired 2020-01-01 00:00:00 UTC not since the gateway started`)
  t.match(text, /requests 0 4 in \d+ seconds? updates 4[67] 50 in \d+ second/)
  t.match(text, /answered 1 1 \d{4}/)
  for (const code of ['all_updates_rejected', 'permission_denied', 'invalid_request'])
    t.match(text, new RegExp(`${code} [^0-9]* 1 1 `), code)
  t.match(text, /rate_limited [^0-9]* 2 2 /)
  t.match(text, /updated 2 2 /)
  t.match(text, /not_found [^0-9]* 1 1 /)
  t.match(text, /rejected 1 1 /)

  const list = await look(gateway, '/ops/callers', session)
  t.match(textOf(list), /crm 6 6 in all 5 5 in all 4 4 in all 0 of 4 requests, 4[67] of 50 updates \d{4}/)
  t.match(textOf(list), /far 1 1 in all 1 1 in all 0 0 in all no limit \d{4}/)
  t.match(textOf(list), /idle 0 0 in all 0 0 in all 0 0 in all no limit none/)
  t.match(
    textOf(await look(gateway, '/ops/callers/far', session)),
    /permission_denied [^0-9]* 1 1 /,
    'a caller at a wrong address'
  )
  for (const { body } of [page, list])
    for (const key of ['crm-key', 'old-key'])
      t.notMatch(body, new RegExp(`${key}|${hashKey(key).slice(0, 9)}`))
  t.equal((await look(gateway, '/ops/callers/nobody', session)).status, 404)
  t.match(textOf(await look(gateway, '/ops/callers/idle', session)), /May call nothing .* No request came/)
})

test('what a removed caller did is forgotten', async (t) => {
  const dir = t.testdir({ 'gateway.yaml': gatewayFile(CALLERS) })
  const gateway = await startGateway(t, { GATEWAY_CONFIG: `${dir}/gateway.yaml` })
  const session = await signIn(gateway, 'ops-key')
  await call(gateway, 'GET', '/v1/jobs', undefined, as('idle-key'))
  const lastUse = new RegExp(`${idOf('idle-key')} never \\d{4}-`)
  const requests = async () => textOf(await look(gateway, '/ops/callers/idle', session))
  t.match(await requests(), /permission_denied [^0-9]* 1 1 /)
  gateway.app.reload()
  t.match(await requests(), /permission_denied [^0-9]* 1 1 /, 'a reload alone changes nothing')
  t.match(await requests(), lastUse)
  t.equal((await form(gateway, '/ops/sign-out', {}, session)).status, 303)
})
