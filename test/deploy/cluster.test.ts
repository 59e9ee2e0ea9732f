import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { parse } from 'yaml'
import { type Config, loadConfig } from '../../src/config/config.ts'
import { dataDir, type Tester } from '../helper.ts'

const FILE = 'deploy/compose.cluster.yaml'
const HAPROXY = 'deploy/haproxy.cfg'
/** Longer than the gateway takes to stop; see DRAIN_MS in src/server.ts. */
const STOP_SECONDS = 30
/** What `.env` has, as deploy/README.md shows it. */
const ENV = { VICIDIAL_URL: 'https://dialer.example/non_agent_api.php', VICIDIAL_USER: 'gateway' }

interface Service {
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly stop_grace_period?: string
}

const compose = parse(readFileSync(FILE, 'utf8'), { merge: true })
const services = Object.entries<Service>(compose.services)
const gateways = services.filter(([name]) => name.startsWith('gateway-'))

/** Runs the commands of deploy/README.md that make `config` in a directory. */
function makeConfig(directory: string): void {
  const [, section = ''] =
    /^## Several gateways\n(.*?)^## /ms.exec(readFileSync('deploy/README.md', 'utf8')) ?? []
  const [, commands = ''] = /^(mkdir config\n.*?)^sudo /ms.exec(section) ?? []
  writeFileSync(join(directory, 'gateway.yaml'), readFileSync('openapi/example-gateway.yaml', 'utf8'))
  writeFileSync(join(directory, 'vicidial_pass'), 'secret')
  const ran = spawnSync('bash', ['-euc', commands], { cwd: directory, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(ran.stderr)
}

/** The configuration of each gateway, as it finds it in its container. */
function configsOf(t: Tester): Config[] {
  const directory = dataDir(t)
  makeConfig(directory)
  return gateways.map(([, { environment = {} }]) => {
    const settings = Object.entries(environment).map(([name, value]) => [
      name,
      value
        .replace(/\$\{(\w+):\?[^}]*\}/, (_, variable: keyof typeof ENV) => ENV[variable])
        .replace('/config/', `${directory}/config/`)
    ])
    // The image's own.
    return loadConfig({ HOST: '0.0.0.0', ...Object.fromEntries(settings) })
  })
}

/** Runs a program that checks a file; says so where it is not installed. */
function check(t: Test, program: string, args: readonly string[]): void {
  const ran = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...ENV } })
  if (ran.error) t.comment(`skipped: ${program} is not installed`)
  else t.equal(ran.status, 0, `${program} ${args.join(' ')}\n${ran.stdout}${ran.stderr}`)
}

test('the gateways of the Compose file are valid and make one cluster', (t) => {
  t.ok(gateways.length > 1)
  const configs = configsOf(t)
  for (const [index, { cluster }] of configs.entries()) {
    const [name = '', { stop_grace_period = '' } = {}] = gateways[index] ?? []
    t.equal(cluster?.name, name)
    t.equal(cluster?.address, `http://${name}:${cluster?.listen?.port}`)
    t.equal(cluster?.listen?.host, '0.0.0.0')
    t.match(cluster?.database.url, /^postgres:\/\/gateway:\w{48}@postgres:5432\/gateway$/)
    t.ok(Number.parseInt(stop_grace_period, 10) > STOP_SECONDS)
  }
  t.equal(new Set(configs.map(({ fingerprint }) => fingerprint)).size, 1, 'they have the same configuration')
  t.equal(new Set(configs.map(({ cluster }) => cluster?.secret)).size, 1, 'and the same secret')
  t.end()
})

test('Compose takes the file, and every file and volume that it mounts is there', (t) => {
  const directory = dataDir(t)
  makeConfig(directory)
  for (const [name, { volumes = [] }] of services) {
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      const isThere = source.startsWith('./config')
        ? existsSync(join(directory, source))
        : source.startsWith('.')
          ? existsSync(join('deploy', source))
          : source in compose.volumes
      t.ok(isThere, `${name}: ${source}`)
    }
  }
  const hasPlugin = spawnSync('docker', ['compose', 'version']).status === 0
  const args = ['--file', FILE, 'config', '--quiet']
  if (hasPlugin) check(t, 'docker', ['compose', ...args])
  else check(t, 'docker-compose', args)
  t.end()
})

test('HAProxy takes its configuration, has every gateway, and waits longer than they do', (t) => {
  const text = readFileSync(HAPROXY, 'utf8')
  const servers = [...text.matchAll(/^ +server (\S+) (\S+)$/gm)].map(([, name, address]) => [name, address])
  const configs = configsOf(t)
  t.same(
    servers,
    gateways.map(([name], index) => [name, `${name}:${configs[index]?.port}`])
  )
  const [, seconds] = /timeout server (\d+)s/.exec(text) ?? []
  t.ok(Number(seconds) * 1_000 > (configs[0]?.requestDeadlineMs ?? 0))
  const directory = dataDir(t)
  mkdirSync(join(directory, 'haproxy'))
  // There are no such names here.
  const path = join(directory, 'haproxy/haproxy.cfg')
  writeFileSync(path, text.replace(/^( +server \S+) [^:]+/gm, '$1 127.0.0.1'))
  check(t, 'haproxy', ['-c', '-q', '-f', path])
  t.end()
})
