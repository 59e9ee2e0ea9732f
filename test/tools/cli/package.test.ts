import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Test, test } from 'tap'
import packageJson from '../../../package.json' with { type: 'json' }
import { testClientPackage } from '../../client/package.ts'
import { dataDir } from '../../helper.ts'
import { until } from '../../until.ts'

const GATEWAY_FILE = `
webhooks:
  - name: crm
    auth: { header: { header: X-Token, secrets: [canary-s3cret] } }
    mapping: { lead: { lead_id: id }, fields: { status: stage } }
`

/** Runs a command until it exits. */
function run(command: string, args: readonly string[], cwd = '.', env = process.env) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('npm packs the gateway and its client', async (t) => {
  const folder = dataDir(t)
  const packed = run('npm', ['pack', '.', './packages/client', '--pack-destination', folder])
  t.match(packed, { status: 0 })
  const { version } = packageJson
  await t.test('the gateway has its programs, and runs where Node does not strip types', (t) =>
    testGatewayPackage(t, join(folder, `vicidial-gateway-${version}.tgz`))
  )
  await t.test(
    'the client needs one package, runs on Node 20, and refuses what the gateway would refuse',
    (t) => testClientPackage(t, join(folder, `vicidial-gateway-client-${version}.tgz`))
  )
})

async function testGatewayPackage(t: Test, tarball: string): Promise<void> {
  // Within the checkout, so that dependencies are found. The package itself is under node_modules.
  const folder = t.testdir({
    'gateway.yaml': GATEWAY_FILE,
    'body.json': '{"id":7,"stage":"SALE"}',
    node_modules: { 'vicidial-gateway': {} }
  })
  const home = `${folder}/node_modules/vicidial-gateway`
  t.match(run('tar', ['-xzf', tarball, '-C', home, '--strip-components=1']), { status: 0 })

  const paths = new Set(globSync('**', { cwd: home }))
  for (const path of [
    'LICENSE',
    'README.md',
    'bin/vicidial-gateway.js',
    'deploy/vicidial-gateway.service',
    'dist/openapi/examples.json',
    'dist/package.json',
    'dist/src/server.js',
    'docs/configuration.md',
    'docs/gateway-file.schema.json',
    'docs/images/ops-overview-light.png',
    'docs/images/way-of-an-update.svg',
    'docs/operations/alerts.yaml',
    'docs/operations/grafana-dashboard.json',
    'openapi/openapi.json'
  ])
    t.ok(paths.has(path), path)
  t.strictSame(readdirSync(home).toSorted(), [
    'LICENSE',
    'README.md',
    'bin',
    'deploy',
    'dist',
    'docs',
    'openapi',
    'package.json'
  ])
  t.strictSame(
    [...paths].filter((path) => path.endsWith('.ts')),
    [],
    'no sources'
  )

  const bin = `${home}/bin/vicidial-gateway.js`
  t.strictSame(run('node', [bin, '--version'], folder), {
    status: 0,
    stdout: `${packageJson.version}\n`,
    stderr: ''
  })
  const env = { ...process.env, GATEWAY_CONFIG: 'gateway.yaml' }
  t.match(run('node', [bin, 'webhook', 'try', 'crm', 'body.json'], folder, env), {
    status: 0,
    stdout: '{"lead_id":7,"fields":{"status":"SALE"}}',
    stderr: ''
  })

  const server = spawn('node', [bin, 'serve'], {
    cwd: folder,
    env: {
      ...env,
      VICIDIAL_URL: 'http://127.0.0.1:9/vicidial/non_agent_api.php',
      VICIDIAL_USER: 'api',
      VICIDIAL_PASS: 'canary-s3cret',
      API_KEY: 'canary-key-of-this-test',
      PORT: '0',
      DATA_DIR: dataDir(t)
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => server.kill('SIGKILL'))
  const ended = once(server, 'exit')
  for await (const line of createInterface({ input: server.stdout })) {
    const [, origin] = /"listening on ([^"]+)"/.exec(line) ?? []
    if (origin === undefined) continue
    t.match(await (await fetch(`${origin}/openapi.json`)).json(), { openapi: '3.1.0' })
    // On a busy machine a gateway that has just started may refuse at first.
    await until('the page of the API', async () => (await fetch(`${origin}/docs/`)).status === 200)
    server.kill('SIGTERM')
  }
  t.strictSame(await ended, [0, null])
}

test('the bin takes the Node versions of package.json, and says on an older one what it needs', async (t) => {
  t.equal(packageJson.engines.node, '^22.22.2 || >=24.15.0')
  const runOn = (node: string) => {
    const set = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`
    const preload = `data:text/javascript,${encodeURIComponent(set)}`
    return run('node', ['--import', preload, packageJson.bin['vicidial-gateway'], '--version'])
  }
  for (const node of ['14.21.3', '22.22.1', '23.11.1', '24.14.0'])
    t.strictSame(runOn(node), {
      status: 1,
      stdout: '',
      stderr: `vicidial-gateway needs Node 22.22.2 or newer, or 24.15 or newer; this is ${node}.\n`
    })
  for (const node of ['22.22.2', '24.15.0', '26.0.0']) t.match(runOn(node), { status: 0, stderr: '' })
})

test('the packed bin is executable, and valid JavaScript for every Node', async (t) => {
  t.ok(existsSync(packageJson.bin['vicidial-gateway']))
  t.match(run(packageJson.bin['vicidial-gateway'], ['--version']), { status: 0 })
})
