import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'tap'
import packageJson from '../../../package.json' with { type: 'json' }
import { dataDir } from '../../helper.ts'
import { until } from '../../until.ts'

const GATEWAY_FILE = `
webhooks:
  - name: crm
    auth: { header: { header: X-Token, secrets: [canary-s3cret] } }
    mapping: { lead: { lead_id: id }, fields: { status: stage } }
`
const CLIENT = `
import { createClient, type Job } from 'vicidial-gateway/client'
const client = createClient({ url: 'http://127.0.0.1:9', key: 'key' })
const { data, error } = await client.GET('/v1/jobs/{id}', { params: { path: { id: 'job_x' } } })
export const job: Job | undefined = data
export const code: string | undefined = error?.code
// @ts-expect-error There is no such path.
await client.GET('/v1/nothing')
`

/** Runs a command until it exits. */
function run(command: string, args: readonly string[], cwd = '.', env = process.env) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('the package contains the programs, and runs where Node does not strip types', async (t) => {
  // Within the checkout, so that dependencies are found. The package itself is under node_modules.
  const folder = t.testdir({
    'gateway.yaml': GATEWAY_FILE,
    'body.json': '{"id":7,"stage":"SALE"}',
    node_modules: { 'vicidial-gateway': {} }
  })
  const home = `${folder}/node_modules/vicidial-gateway`
  t.match(run('npm', ['run', 'build']), { status: 0 })
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const packed = JSON.parse(run('npm', pack).stdout)
  const { filename, files } = Array.isArray(packed) ? packed[0] : Object.values(packed)[0]
  t.match(run('tar', ['-xzf', `${folder}/${filename}`, '-C', home, '--strip-components=1']), { status: 0 })

  const paths = new Set<string>(files.map((file: { path: string }) => file.path))
  for (const path of [
    'LICENSE',
    'README.md',
    'bin/vicidial-gateway.js',
    'deploy/vicidial-gateway.service',
    'dist/openapi/examples.json',
    'dist/package.json',
    'dist/src/client/client.d.ts',
    'dist/src/client/openapi-types.d.ts',
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
  const strange = [...paths].filter(
    (path) => !/^(LICENSE|README\.md|package\.json|(bin|deploy|dist|docs|openapi)\/)/.test(path)
  )
  t.strictSame(strange, [])
  t.notOk(
    [...paths].some((path) => /(?<!\.d)\.ts$/.test(path)),
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

  mkdirSync(`${folder}/src`)
  writeFileSync(`${folder}/src/use.mts`, CLIENT)
  const strict = [
    '--strict',
    '--noEmit',
    '--skipDefaultLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,dom'
  ]
  t.strictSame(run('tsc', [...strict, '--ignoreConfig', 'src/use.mts'], folder), {
    status: 0,
    stdout: '',
    stderr: ''
  })
})

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
