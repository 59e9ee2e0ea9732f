import { inspect } from 'node:util'
import fc from 'fast-check'
import { test } from 'tap'
import { ALL_PERMISSIONS, type CallerConfig, networksOf } from '../../src/callers/caller.ts'
import { Callers } from '../../src/callers/callers.ts'
import { hashKey } from '../../src/callers/key.ts'

const NONE: ReadonlySet<string> = new Set()
const HOUR_MS = 3_600_000

function key(text: string, expiresAt?: number) {
  return { hash: hashKey(text), ...(expiresAt === undefined ? {} : { expiresAt }) }
}

const WEB: CallerConfig = {
  name: 'web',
  keys: [key('key-of-web')],
  account: 'default',
  onLossy: 'reject',
  permissions: {
    routes: new Set(['batch', 'webhook:crm']),
    sources: new Set(['shop']),
    maxBatch: 10,
    updates: {
      fields: new Set(['status']),
      statuses: NONE,
      customFields: NONE,
      lists: NONE,
      lookUps: NONE,
      addLists: NONE,
      readFields: NONE,
      readCustomFields: NONE,
      actions: NONE
    }
  },
  networks: ['10.1.0.0/16', '192.0.2.7', '2001:db8::/32']
}
const CRM: CallerConfig = {
  name: 'crm',
  keys: [key('key-of-crm'), key('next-key-of-crm')],
  account: 'default',
  source: 'crm',
  permissions: ALL_PERMISSIONS
}
const callers = new Callers([CRM, WEB])

test('a caller is found by each of its keys, with its own source and options', async (t) => {
  for (const one of ['key-of-crm', 'next-key-of-crm'])
    t.match(callers.find(one), { name: 'crm', source: 'crm', onLossy: 'accept', isOperator: true })
  t.match(callers.find('key-of-web'), {
    name: 'web',
    source: undefined,
    onLossy: 'reject',
    isOperator: false
  })
})

test('the key that was used is identified by its hash', async (t) => {
  t.equal(callers.find('key-of-crm')?.keyId, hashKey('key-of-crm').slice(0, 8))
  t.equal(callers.find('next-key-of-crm')?.keyId, hashKey('next-key-of-crm').slice(0, 8))
})

test('nothing else finds a caller', async (t) => {
  for (const key of [
    '',
    'key-of-crm ',
    'KEY-OF-CRM',
    'key-of-cr',
    hashKey('key-of-crm'),
    `sha256:${hashKey('key-of-crm')}`
  ])
    t.equal(callers.find(key), undefined, key)
  t.equal(new Callers([]).find('key-of-crm'), undefined)
  const any = fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes))
  const nobody = fc.property(any, (key) => callers.find(key) === undefined)
  t.doesNotThrow(() => fc.assert(nobody))
})

test('an expired key finds nobody, from that millisecond on', async (t) => {
  const end = Date.now() + HOUR_MS
  const limited = new Callers([{ ...CRM, keys: [key('old', end), key('new', end + HOUR_MS)] }])
  t.equal(limited.find('old', end - 1)?.name, 'crm')
  t.equal(limited.find('old', end), undefined)
  t.equal(limited.find('new', end)?.name, 'crm')
  t.equal(new Callers([{ ...CRM, keys: [key('past', Date.now() - 1)] }]).find('past'), undefined)
})

test('replacing the callers takes effect at once', async (t) => {
  const changing = new Callers([CRM, WEB])
  changing.replace([{ ...CRM, keys: [key('next-key-of-crm')] }])
  t.equal(changing.find('key-of-crm'), undefined)
  t.equal(changing.find('key-of-web'), undefined)
  t.equal(changing.find('next-key-of-crm')?.name, 'crm')
})

test('a caller that stays keeps its used quota, one that was removed does not', async (t) => {
  const limited = { ...CRM, rateLimit: { requests: 3 } }
  const changing = new Callers([limited])
  const use = (key: string) => changing.find(key)?.limits.take('requests', 1)
  const left = () => changing.find('key-of-crm')?.limits.headers()['ratelimit']
  await use('key-of-crm')
  await use('next-key-of-crm')
  t.match(left(), /^"requests";r=1;/, 'its keys share')
  changing.replace([WEB, { ...limited, rateLimit: { requests: 5, updates: 10 } }])
  t.match(left(), /^"requests";r=3;t=\d+, "updates";r=10;/)
  changing.replace([{ ...limited, rateLimit: { requests: 1 } }])
  t.match(left(), /^"requests";r=0;t=\d+$/)
  changing.replace([WEB])
  changing.replace([limited])
  t.match(left(), /^"requests";r=3;/)
})

test('a caller may do what it was permitted, and nothing else', async (t) => {
  const [crm, web] = [callers.find('key-of-crm'), callers.find('key-of-web')]
  t.same(
    (
      [
        'batch',
        'jobs',
        'dead_letters',
        'history',
        'metrics',
        'operator',
        'webhook:crm',
        'webhook:crm2'
      ] as const
    ).map((permission) => [crm?.may(permission), web?.may(permission)]),
    [
      [true, true],
      [true, false],
      [true, false],
      [true, false],
      [true, false],
      [true, false],
      [true, true],
      [true, false]
    ]
  )
  t.same(
    ['shop', 'crm', 'shop2', ''].map((source) => web?.mayUseSource(source)),
    [true, false, false, false]
  )
  t.same(
    ['crm', 'anything'].map((source) => crm?.mayUseSource(source)),
    [true, true]
  )
  t.same(new Callers([{ ...WEB, source: 'own1' }]).find('key-of-web')?.mayUseSource('own1'), true)
})

test('a caller with the permission operator is an operator', async (t) => {
  const permissions = { ...WEB.permissions, routes: new Set(['jobs', 'operator']) }
  t.equal(new Callers([{ ...WEB, permissions }]).find('key-of-web')?.isOperator, true)
})

test('a caller uses the VICIdial account of its configuration', async (t) => {
  t.equal(new Callers([{ ...CRM, account: 'branch' }]).find('key-of-crm')?.account, 'branch')
  t.equal(callers.find('key-of-crm')?.account, 'default')
})

test('addresses and networks are accepted, and nothing that only looks like one', async (t) => {
  for (const network of ['10.1.2.3', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::/128'])
    t.doesNotThrow(() => networksOf([network]), network)
  for (const network of [
    '',
    'localhost',
    '10.1.2',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8x',
    '10.0.0.0/8/9',
    '/10.0.0.0/8',
    '::/129',
    '10.0.0.0/-1'
  ])
    t.throws(() => networksOf([network]), network)
})

test('a request may have as many updates as its caller, its quota and the server allow', async (t) => {
  const web = callers.find('key-of-web')
  t.equal(web?.rules(1_000).maxUpdates, 10)
  t.equal(web?.rules(5).maxUpdates, 5)
  t.equal(callers.find('key-of-crm')?.rules(1_000).maxUpdates, 1_000)
  const limited = new Callers([{ ...WEB, rateLimit: { updates: 7 } }]).find('key-of-web')
  t.equal(limited?.rules(1_000).maxUpdates, 7)
  t.equal(limited?.rules(5).maxUpdates, 5)
})

test('a caller with networks may call only from there', async (t) => {
  const web = callers.find('key-of-web')
  const from = {
    '10.1.0.0': true,
    '10.1.255.255': true,
    '10.2.0.0': false,
    '192.0.2.7': true,
    '192.0.2.8': false,
    '2001:db8:ffff::1': true,
    '2001:db9::1': false,
    // An IPv4 sender of a socket that takes both.
    '::ffff:10.1.2.3': true,
    '::ffff:10.2.2.3': false,
    '127.0.0.1': false
  }
  for (const [address, may] of Object.entries(from)) t.equal(web?.mayCallFrom(address), may, address)
  t.equal(callers.find('key-of-crm')?.mayCallFrom('203.0.113.9'), true)
})

test('no key can be read off the callers', async (t) => {
  t.notMatch(inspect(callers, { depth: 9, showHidden: true }), /key-of/)
  t.notMatch(JSON.stringify(callers.find('key-of-crm')), /key-of/)
})
