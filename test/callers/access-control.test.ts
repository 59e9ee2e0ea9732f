import { test } from 'tap'
import {
  AccessControl,
  requireNetwork,
  requirePermission,
  requireSource
} from '../../src/callers/access-control.ts'
import {
  ALL_PERMISSIONS,
  type Caller,
  type CallerConfig,
  type Permissions
} from '../../src/callers/caller.ts'
import { Callers } from '../../src/callers/callers.ts'
import { createKey, hashKey } from '../../src/callers/key.ts'

const WEB: CallerConfig = {
  name: 'web',
  keys: [{ hash: hashKey('key-of-web') }],
  account: 'default',
  permissions: ALL_PERMISSIONS
}
const IP = '192.0.2.1'

function callerWith(permissions: Partial<Permissions>, more: Partial<CallerConfig> = {}): Caller {
  const config = { ...WEB, ...more, permissions: { ...ALL_PERMISSIONS, ...permissions } }
  const caller = new Callers([config]).find('key-of-web')
  if (caller === undefined) throw new Error('no caller')
  return caller
}

test('a key identifies its caller, whose name must be the given one', async (t) => {
  const accessControl = new AccessControl(new Callers([WEB]), 0)
  t.equal(accessControl.identify('key-of-web', IP).name, 'web')
  t.equal(accessControl.identify('key-of-web', IP, { name: 'web' }).name, 'web')
  t.throws(() => accessControl.identify('key-of-web', IP, { name: 'crm' }), { code: 'unauthenticated' })
  t.throws(() => accessControl.identify('key-of-web', IP, { name: '' }), { code: 'unauthenticated' })
})

test('the refusal says what is wrong with the key, and how to send one', async (t) => {
  const accessControl = new AccessControl(new Callers([WEB]), 0)
  const bearer = { 'www-authenticate': 'Bearer realm="vicidial-gateway"' }
  const refused = [
    [undefined, 'The request has no API key. Send it as "Authorization: Bearer KEY" or "X-API-Key: KEY".'],
    [createKey(), 'The API key is unknown or has expired.'],
    [createKey().slice(1), 'The API key is unknown or has expired.'],
    [createKey().slice(0, -1), 'The API key is incomplete or mistyped.']
  ] as const
  for (const [key, message] of refused)
    t.throws(() => accessControl.identify(key, IP), { code: 'unauthenticated', message, headers: bearer })
  t.throws(() => accessControl.identify(undefined, IP, { challenge: 'Basic' }), {
    code: 'unauthenticated',
    headers: { 'www-authenticate': 'Basic' }
  })
})

test('a request without a key costs one point, with a wrong key ten, with a valid key none', async (t) => {
  const accessControl = new AccessControl(new Callers([WEB]), 12)
  for (let n = 0; n < 20; n++) accessControl.countAnonymous('key-of-web', IP)
  accessControl.countAnonymous('wrong', IP)
  accessControl.countAnonymous(undefined, IP)
  t.throws(() => accessControl.identify(undefined, IP), { code: 'unauthenticated' }, 'the last point')
  t.throws(() => accessControl.identify(undefined, IP), { code: 'rate_limited' })
  t.throws(
    () => {
      accessControl.countAnonymous(undefined, IP)
    },
    { code: 'rate_limited' }
  )
  t.equal(accessControl.identify('key-of-web', IP).name, 'web')
  t.throws(() => accessControl.identify('wrong', '192.0.2.2'), { code: 'unauthenticated' })
  t.throws(() => accessControl.identify('wrong', '192.0.2.2'), { code: 'rate_limited' })
})

test('a missing permission is refused by name', async (t) => {
  const caller = callerWith({ routes: new Set(['batch']) })
  t.doesNotThrow(() => {
    requirePermission(caller, 'batch')
  })
  t.throws(
    () => {
      requirePermission(caller, 'jobs')
    },
    { code: 'permission_denied', message: 'The caller web lacks "jobs" (permissions.routes).' }
  )
})

test('an address outside the networks of the caller is refused', async (t) => {
  const caller = callerWith({}, { networks: ['192.0.2.0/24'] })
  t.doesNotThrow(() => {
    requireNetwork(caller, IP)
  })
  const message = 'The caller web may not call from 198.51.100.1 (networks).'
  t.throws(
    () => {
      requireNetwork(caller, '198.51.100.1')
    },
    { code: 'permission_denied', message }
  )
})

test('a source that the caller may not use is refused by name', async (t) => {
  const web = callerWith({ sources: new Set(['shop']) })
  const message = 'The caller web may not use the source crm (permissions.sources).'
  t.throws(() => requireSource(web, 'crm'), { code: 'permission_denied', message })
  for (const source of [undefined, 'shop']) t.doesNotThrow(() => requireSource(web, source))
  const own = callerWith({ sources: new Set(['shop']) }, { source: 'web1' })
  for (const source of [undefined, 'shop', 'web1'])
    t.doesNotThrow(() => requireSource(own, source), 'naming one is optional')
})
