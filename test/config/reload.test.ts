import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { loadConfig } from '../../src/config/config.ts'
import { ConfigReload } from '../../src/config/reload.ts'
import { RuntimeConfig } from '../../src/config/runtime-config.ts'
import { originOf, run } from '../gateway/gateway-process.ts'
import { batch, call, dataDir, memoryLog, startGateway } from '../helper.ts'
import { until } from '../until.ts'

/** Changes take effect within a second; this is for a busy machine. */
const FAR_MS = 60_000
const HOUR_MS = 3_600_000

interface Key {
  readonly key: string
  readonly expiresAt?: number
}

/** A gateway file with one caller, `crm`, which has these keys. */
function fileWith(keys: readonly Key[], more = ''): string {
  const hashes = keys.map(({ key, expiresAt }) => {
    const expires = expiresAt === undefined ? '' : `, expires_at: "${new Date(expiresAt).toISOString()}"`
    return `{ hash: "sha256:${hashKey(key)}"${expires} }`
  })
  return `callers: [{ name: crm, permissions: "*", key_hashes: [${hashes.join(', ')}] }]\n${more}`
}

const as = (key: string) => ({ authorization: `Bearer ${key}` })

test('added, expired and removed keys take effect within a second, and no request is dropped', async (t) => {
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(path, fileWith([{ key: 'old' }]))
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path, ANONYMOUS_POINTS_PER_MINUTE: '0' })
  const status = async (key: string) => (await call(gateway, 'GET', '/v1/fields', undefined, as(key))).status
  t.same([await status('old'), await status('new')], [200, 401])

  // A client that uses the old key until it is removed, and then the new one, is always served.
  let key = 'old'
  let isOver = false
  const statuses = new Set<number>()
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const { status: answered } = await batch(
        gateway,
        { lead_ids: [1], fields: { status: 'SALE' } },
        as(key)
      )
      statuses.add(answered)
    }
  })
  const takes = async (what: string, change: () => void, isDone: () => Promise<boolean>) => {
    change()
    const began = performance.now()
    await until(what, isDone)
    const ms = performance.now() - began
    t.ok(ms < FAR_MS, `${what} after ${Math.round(ms)} ms`)
  }
  await takes(
    'a second key',
    () => writeFileSync(path, fileWith([{ key: 'old' }, { key: 'new' }])),
    async () => (await status('new')) === 200
  )
  t.equal(await status('old'), 200)
  key = 'new'
  await takes(
    'the old key removed',
    () => writeFileSync(path, fileWith([{ key: 'new' }])),
    async () => (await status('old')) === 401
  )
  const expiresAt = Date.now() + HOUR_MS
  await takes(
    'a key that expires',
    () => writeFileSync(path, fileWith([{ key: 'new' }, { key: 'short', expiresAt }])),
    async () => (await status('short')) === 200
  )
  isOver = true
  await Promise.all(load)
  t.same([...statuses], [200])
  mock.timers.enable({ apis: ['Date'], now: expiresAt - 1 })
  t.teardown(() => {
    mock.timers.reset()
  })
  t.equal(await status('short'), 200)
  mock.timers.setTime(expiresAt)
  t.equal(await status('short'), 401)
})

test('a faulty file is logged and changes nothing; a good one changes custom fields and webhooks too', async (t) => {
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(path, fileWith([{ key: 'old' }]))
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path, ANONYMOUS_POINTS_PER_MINUTE: '0' })
  const webhook = () => call(gateway, 'POST', '/v1/webhooks/erp', { lead: 1, stage: 'SALE' }, as('new'))
  t.equal((await webhook()).status, 404)

  writeFileSync(path, 'callers: [{ name: crm, key_hashes: [wrong], permission: "*" }]')
  await until('the faults are logged', async () => gateway.logged().includes('is not applied'))
  const line = gateway
    .logged()
    .split('\n')
    .find((text) => text.includes('is not applied'))
  const { level, faults } = JSON.parse(line ?? '{}')
  t.equal(level, 50)
  t.match(faults.join('\n'), /unknown property, permission[^]*key_hashes/)
  t.equal((await call(gateway, 'GET', '/v1/fields', undefined, as('old'))).status, 200)

  const more = `
custom_fields: [{ label: color, max_length: 9 }]
webhooks: [{ name: erp, auth: { callers: true }, mapping: { lead: { lead_id: lead }, fields: { status: stage } } }]
`
  writeFileSync(path, fileWith([{ key: 'new' }], more))
  await until('the new key works', async () => (await webhook()).status === 202)
  t.equal((await call(gateway, 'GET', '/v1/fields', undefined, as('old'))).status, 401)
  const { body } = await call(gateway, 'GET', '/v1/fields', undefined, as('new'))
  t.same(body.custom_fields, [{ label: 'color', max_length: 9 }])
  gateway.app.reload()
  const untyped = gateway.logged().match(/Custom fields without a type: color\./g)
  t.equal(untyped?.length, 1, 'a warning stands in the log once')
})

test("VICIdial's password is taken from its file again, and a refused login is tried with it at once", async (t) => {
  const folder = dataDir(t)
  const file = join(folder, 'vicidial_pass')
  writeFileSync(file, 's3cret\n')
  const gateway = await startGateway(t, { VICIDIAL_PASS: '', VICIDIAL_PASS_FILE: file })
  const update = () => batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } })
  t.equal((await update()).status, 200)
  gateway.sandbox.setPassword('next-pass')
  t.match(await update(), { status: 502, body: { code: 'upstream_login_failed' } })
  t.match((await call(gateway, 'GET', '/readyz')).body, { vicidial: { state: 'login_refused' } })

  writeFileSync(file, 'next-pass\n')
  await until('updates are made again', async () => (await update()).status === 200)
  t.match(gateway.logged(), /"accounts":\["default"\],"msg":"VICIdial accounts' passwords changed"/)
  t.notMatch(gateway.logged(), /next-pass/)
  t.notMatch(gateway.logged(), /changed accounts apply/)
})

test('the password of another user waits for the restart, like the user', async (t) => {
  const folder = dataDir(t)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('user', 'api')
  write('pass', 's3cret')
  const gateway = await startGateway(t, {
    VICIDIAL_USER: '',
    VICIDIAL_USER_FILE: join(folder, 'user'),
    VICIDIAL_PASS: '',
    VICIDIAL_PASS_FILE: join(folder, 'pass')
  })
  write('user', 'other')
  write('pass', 'pass-of-other')
  await until('it is logged', () => gateway.logged().includes('changed accounts apply at the next start'))
  t.equal((await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } })).status, 200)
})

test('a password file that is empty or gone changes nothing', async (t) => {
  const file = join(dataDir(t), 'vicidial_pass')
  writeFileSync(file, 's3cret')
  const gateway = await startGateway(t, { VICIDIAL_PASS: '', VICIDIAL_PASS_FILE: file })
  for (const [n, change] of [() => writeFileSync(file, ''), () => rmSync(file)].entries()) {
    change()
    await until('it is logged', () => gateway.logged().split('is not applied').length === n + 2)
    t.equal((await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' } })).status, 200)
  }
  t.match(
    gateway.logged(),
    /VICIDIAL_PASS_FILE: the file that it names is empty\.[^]*cannot be read \(ENOENT\)/
  )
})

test('the files of API_KEY_FILE and of webhook secrets are read again when they change', async (t) => {
  const folder = dataDir(t)
  const write = (name: string, secret: string) => writeFileSync(join(folder, name), secret)
  write('key', 'first-key')
  write('secret', 'first-secret')
  write(
    'gateway.yaml',
    `webhooks: [{ name: erp, auth: { header: { header: X-Secret, secret_files: [secret] } },
      mapping: { lead: { lead_id: lead }, fields: { status: stage } } }]`
  )
  const gateway = await startGateway(t, {
    API_KEY: '',
    API_KEY_FILE: join(folder, 'key'),
    GATEWAY_CONFIG: join(folder, 'gateway.yaml'),
    ANONYMOUS_POINTS_PER_MINUTE: '0'
  })
  const fields = async (key: string) => (await call(gateway, 'GET', '/v1/fields', undefined, as(key))).status
  const webhook = async (secret: string) => {
    const headers = { authorization: '', 'x-secret': secret }
    return (await call(gateway, 'POST', '/v1/webhooks/erp', { lead: 1, stage: 'SALE' }, headers)).status
  }
  t.same([await fields('first-key'), await webhook('first-secret')], [200, 202])
  write('key', 'second-key')
  await until('the new key works', async () => (await fields('second-key')) === 200)
  write('secret', 'second-secret')
  await until('the new secret works', async () => (await webhook('second-secret')) === 202)
  t.same([await fields('first-key'), await webhook('first-secret')], [401, 401])
})

test('at the start nothing is reloaded, except what has changed since it was read', async (t) => {
  const folder = dataDir(t)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const env = {
    VICIDIAL_URL: 'http://127.0.0.1:9/vicidial/non_agent_api.php',
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS_FILE: join(folder, 'pass'),
    GATEWAY_CONFIG: join(folder, 'gateway.yaml')
  }
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => {
    mock.timers.reset()
  })
  /** What is logged if a file changes between the first reading and the start. */
  const logOf = (change: () => void) => {
    write('pass', 's3cret')
    write('gateway.yaml', fileWith([{ key: 'old' }]))
    const started = loadConfig(env)
    const { log, logged } = memoryLog()
    const reload = new ConfigReload({
      runtimeConfig: new RuntimeConfig(started),
      changePasswords: () => [],
      started,
      readConfig: () => loadConfig(env),
      log
    })
    change()
    reload.start()
    mock.timers.tick(250)
    reload.stop()
    return logged()
  }
  t.equal(
    logOf(() => {}),
    ''
  )
  for (const change of [
    () => write('pass', 'another'),
    () => write('gateway.yaml', fileWith([{ key: 'new' }]))
  ])
    t.match(logOf(change), '"msg":"configuration reloaded"')
  t.match(
    logOf(() => write('gateway.yaml', 'wrong')),
    'is not applied'
  )
})

test('SIGHUP reloads the file at once', async (t) => {
  const path = join(dataDir(t), 'gateway.yaml')
  writeFileSync(path, fileWith([{ key: 'old' }]))
  const server = run(t, {
    VICIDIAL_URL: 'http://127.0.0.1:9/vicidial/non_agent_api.php',
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    GATEWAY_CONFIG: path
  })
  const origin = await originOf(server)
  server.child.kill('SIGHUP')
  await server.line('configuration reloaded')
  t.equal((await call({ origin }, 'GET', '/v1/fields', undefined, as('old'))).status, 200)
})
