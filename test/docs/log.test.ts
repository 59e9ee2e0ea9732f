import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { originOf, run } from '../gateway/gateway-process.ts'
import { call } from '../helper.ts'
import { isLog } from './log-lines.ts'
import { isOwnFile, PATHS, readPage } from './page.ts'
import { timeless } from './shown.ts'

const KEY = 'demo-key'

test("the log lines that pages show are the gateway's own", async (t) => {
  const pages = PATHS.map(readPage)
  const configuration = pages.find(({ path }) => path === 'docs/configuration.md')
  const yaml = configuration?.blocks.find(isOwnFile)?.text ?? ''
  const make = pages.find(({ path }) => path === 'docs/recipes/make.md')?.blocks.find(isOwnFile)?.text ?? ''
  const folder = t.testdir({ 'gateway.yaml': yaml, 'make.yaml': make })
  const path = join(folder, 'gateway.yaml')
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const account = { VICIDIAL_URL: sandbox.url, VICIDIAL_USER: 'api', VICIDIAL_PASS: 's3cret' }
  const patch = async (server: ReturnType<typeof run>) => {
    const authorization = { authorization: `Bearer ${KEY}` }
    await call(
      { origin: await originOf(server) },
      'PATCH',
      '/v1/leads/103',
      { status: 'SALE' },
      authorization
    )
  }

  const server = run(t, { ...account, API_KEY: KEY, GATEWAY_CONFIG: join(folder, 'make.yaml') })
  await patch(server)
  const rows = [{ phone: '' }, { phone: 'unknown', disposition: 'Call back' }]
  const own = { 'x-api-key': 'make-key-51c0', authorization: '' }
  await call({ origin: await originOf(server) }, 'POST', '/v1/webhooks/make', { rows }, own)
  const wrong = { ...own, 'x-api-key': 'another' }
  await call({ origin: await originOf(server) }, 'POST', '/v1/webhooks/make', { rows }, wrong)
  sandbox.setPassword('another')
  await patch(server)
  await server.line('vicidial is now login_refused')
  server.child.kill('SIGTERM')
  await server.exit

  const reloading = run(t, { ...account, GATEWAY_CONFIG: path })
  await originOf(reloading)
  writeFileSync(path, `${yaml}\n`)
  reloading.child.kill('SIGHUP')
  await reloading.line('configuration reloaded')
  writeFileSync(path, yaml.replace('permissions: "*"', 'permissions: all'))
  reloading.child.kill('SIGHUP')
  await reloading.line('the changed configuration has faults and is not applied')

  const logged = [...server.lines, ...reloading.lines].map((line) =>
    JSON.stringify(line).replaceAll(path, 'gateway.yaml')
  )
  const there = new Set(logged.map(timeless))
  const shown = pages.flatMap(({ blocks }) => blocks.filter(({ text }) => isLog(text)))
  t.ok(shown.length > 3)
  for (const { position, text } of shown)
    for (const line of text.split('\n'))
      t.ok(there.has(timeless(line)), `${position} ${timeless(line)}`, { logged })
})
