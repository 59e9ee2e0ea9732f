import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { readPage } from '../../docs/page.ts'
import { startReceiver } from '../../alerts/receiver.ts'
import { run, setEnv } from './run.ts'

const HASH = `sha256:${'a'.repeat(64)}`
const GOOD = `
callers: [{ name: crm, key_hashes: [${HASH}], permissions: "*" }]
custom_fields: [{ label: color, max_length: 9 }]
`

test('config check says what a sound file has, with its warnings', async (t) => {
  const path = join(t.testdir(), 'gateway.yaml')
  writeFileSync(path, GOOD)
  const checked = await run('config', 'check', path)
  t.match(checked, {
    exitCode: 0,
    stdout: `${path} has no faults: 0 accounts, 1 caller, 1 custom field, 0 webhooks.\n`,
    stderr: /^Custom fields without a type: color\./
  })
  setEnv(t, 'GATEWAY_CONFIG', path)
  const json = await run('config', 'check', '--json')
  t.match(json, { exitCode: 0, stderr: '' })
  t.match(JSON.parse(json.stdout), { ok: true, faults: [], warnings: { length: 1 } })
})

test('config check says of how many webhooks payloads are kept', async (t) => {
  const source = (name: string, more = '') =>
    `{ name: ${name}, auth: { callers: true }, mapping: { lead: { lead_id: id }, fields: { status: s } }${more} }`
  const path = join(t.testdir(), 'gateway.yaml')
  writeFileSync(
    path,
    `store_payloads: true\nwebhooks: [${source('a')}, ${source('b', ', store_payloads: false')}, ${source('c')}]\n`
  )
  t.match(await run('config', 'check', path), { exitCode: 0, stdout: '3 webhooks, payloads kept of 2.' })
  writeFileSync(path, `store_payloads: 1\nwebhooks: [${source('a', ', store_payloads: yes')}]\n`)
  t.match(await run('config', 'check', path), {
    exitCode: 1,
    stderr: /store_payloads: must be true or false\.\n.*webhooks\[0\]\.store_payloads: must be true or false/
  })
})

test('config check lists every fault with its line, and exits with 1', async (t) => {
  const path = join(t.testdir(), 'gateway.yaml')
  writeFileSync(path, 'callers:\n  - name: crm\n    permissions: "*"\n    name: web\nwebhook: []\n')
  const faults = [
    `${path}, line 2: callers[0]: needs key_hashes.`,
    `${path}, line 4: column 5 is not valid YAML: a name for the second time (DUPLICATE_KEY).`,
    `${path}, line 5: the file: has an unknown property, webhook: perhaps webhooks is meant.`
  ]
  t.same(await run('config', 'check', path), { exitCode: 1, stdout: '', stderr: `${faults.join('\n')}\n` })
  const json = await run('config', 'check', path, '--json')
  t.same(JSON.parse(json.stdout), { ok: false, faults, warnings: [] })
  t.match(json, { exitCode: 1, stderr: '' })
  t.same(await run('config', 'check', `${path}.none`), {
    exitCode: 1,
    stdout: '',
    stderr: `${path}.none: cannot be read (ENOENT).\n`
  })
})

test('config check --try-alerts posts a test message, as docs/alerts.md shows', async (t) => {
  const receiver = await startReceiver(t)
  const folder = t.testdir({
    alerts_url: receiver.url.href,
    'gateway.yaml': `${GOOD.split('custom_fields')[0]}alerts: { url_file: alerts_url, name: production }`,
    'without.yaml': GOOD
  })
  const path = join(folder, 'gateway.yaml')
  const { text } =
    readPage('docs/alerts.md').blocks.find((block) => block.text.includes('--try-alerts')) ?? {}
  t.same(await run('config', 'check', path, '--try-alerts'), {
    exitCode: 0,
    stdout: `${text?.split('\n').slice(1).join('\n').replace('gateway.yaml', path)}\n`,
    stderr: ''
  })
  t.same(receiver.messages, [
    { text: 'vicidial-gateway production: This is a test. Alerts of this gateway arrive here.' }
  ])
  receiver.answer = (response) => response.writeHead(404).end()
  t.same(await run('config', 'check', path, '--try-alerts'), {
    exitCode: 1,
    stdout: '',
    stderr: 'The webhook for alerts does not take a test message: status 404.\n'
  })
  const json = await run('config', 'check', path, '--try-alerts', '--json')
  t.strictSame(JSON.parse(json.stdout), {
    ok: false,
    faults: ['The webhook for alerts does not take a test message: status 404.'],
    warnings: []
  })
  t.match(await run('config', 'check', join(folder, 'without.yaml'), '--try-alerts'), {
    exitCode: 1,
    stderr: 'The file has no alerts.'
  })
})

test('config check without a file is wrong usage', async (t) => {
  setEnv(t, 'GATEWAY_CONFIG')
  t.match(await run('config', 'check'), {
    exitCode: 2,
    stderr: /^error: name the file, or set GATEWAY_CONFIG/
  })
})
