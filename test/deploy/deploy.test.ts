import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import selfsigned from 'selfsigned'
import { type Test, test } from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { readGatewayFile } from '../../src/config/gateway-file.ts'
import { dataDir, openApi } from '../helper.ts'

/** Longer than the gateway takes to stop; see DRAIN_MS in src/server.ts. */
const STOP_SECONDS = 30
const UNIT = 'deploy/vicidial-gateway.service'

/** Runs a program that checks a file; skips the test, with a line that says so, where it is not installed. */
function check(t: Test, program: string, args: readonly string[], env: Record<string, string> = {}): void {
  const ran = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env } })
  if (ran.error) {
    t.comment(`skipped: ${program} is not installed`)
    return
  }
  t.equal(ran.status, 0, `${program} ${args.join(' ')}\n${ran.stdout}${ran.stderr}`)
}

/** The values of a setting in the unit. */
function settingsOf(name: string): string[] {
  const lines = readFileSync(UNIT, 'utf8').matchAll(/^(\w+)=(.*)$/gm)
  return [...lines].flatMap(([, key, value = '']) => (key === name ? [value] : []))
}

test('the systemd unit is valid and hardened', (t) => {
  const folder = dataDir(t)
  // The package is not installed here.
  const unit = readFileSync(UNIT, 'utf8').replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`)
  const path = join(folder, 'vicidial-gateway.service')
  writeFileSync(path, unit)
  check(t, 'systemd-analyze', ['verify', '--man=no', path])
  check(t, 'systemd-analyze', ['security', '--offline=true', '--threshold=20', path])
  t.ok(Number(settingsOf('TimeoutStopSec')[0]) > STOP_SECONDS)
  t.match(settingsOf('ExecStart'), [/ serve$/])
  const variables = settingsOf('Environment').map((text) => text.split('=')[0])
  t.ok(['DATA_DIR', 'GATEWAY_CONFIG', 'VICIDIAL_PASS_FILE'].every((name) => variables.includes(name)))
  t.notMatch(unit, /^Environment=VICIDIAL_PASS=/m, 'the password is a credential')
  t.end()
})

test('in the Compose file accepted updates outlive the container', (t) => {
  const compose = parse(readFileSync('deploy/compose.yaml', 'utf8'))
  const { gateway, ...others } = compose.services
  t.match(gateway, { restart: 'unless-stopped', ports: ['127.0.0.1:3000:3000'] })
  t.ok(Number.parseInt(gateway.stop_grace_period, 10) > STOP_SECONDS)
  const [volume] = gateway.volumes.filter((one: string) => one.endsWith(':/data'))
  t.equal(compose.volumes[volume.split(':')[0]]?.name, 'vicidial-gateway-data')
  for (const service of Object.values<any>(others)) t.same(service.profiles, ['monitoring'])
  const mounted = [gateway, ...Object.values<any>(others)].flatMap(({ volumes }) =>
    volumes.map((one: string) => one.split(':')[0] ?? '').filter((one: string) => one.startsWith('.'))
  )
  for (const path of mounted.filter((one) => !one.startsWith('./config')))
    t.ok(existsSync(normalize(join('deploy', path))), `${path} exists`)
  const hasPlugin = spawnSync('docker', ['compose', 'version']).status === 0
  const args = ['--file', 'deploy/compose.yaml', '--profile', 'monitoring', 'config', '--quiet']
  const env = { VICIDIAL_URL: 'https://dialer.example/non_agent_api.php', VICIDIAL_USER: 'gateway' }
  if (hasPlugin) check(t, 'docker', ['compose', ...args], env)
  else check(t, 'docker-compose', args, env)
  t.end()
})

test('Prometheus of the Compose file scrapes the gateway, with the documented rules and key', (t) => {
  const { services } = parse(readFileSync('deploy/compose.yaml', 'utf8'))
  const config = parse(readFileSync('deploy/monitoring/prometheus.yml', 'utf8'))
  const inside = services.prometheus.volumes.map((one: string) => one.split(':')[1])
  const [scrape] = config.scrape_configs
  t.ok(inside.includes(scrape.authorization.credentials_file))
  t.ok(inside.includes(join('/etc/prometheus', config.rule_files[0])))
  t.same(scrape.static_configs, [{ targets: ['gateway:3000'] }])
  const [source] = parse(
    readFileSync('deploy/monitoring/grafana/datasources/prometheus.yaml', 'utf8')
  ).datasources
  t.match(source, { type: 'prometheus', url: 'http://prometheus:9090', isDefault: true })
  const [provider] = parse(
    readFileSync('deploy/monitoring/grafana/dashboards/dashboards.yaml', 'utf8')
  ).providers
  const dashboards = services.grafana.volumes.map((one: string) => dirname(one.split(':')[1] ?? ''))
  t.ok(dashboards.includes(provider.options.path))
  t.end()
})

test('nginx and Caddy take their configurations', async (t) => {
  const folder = dataDir(t)
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: 'gateway.example' }])
  writeFileSync(join(folder, 'key'), key)
  writeFileSync(join(folder, 'cert'), cert)
  const server = readFileSync('deploy/nginx.conf', 'utf8')
    .replace(/\S+\.pem;/, `${folder}/cert;`)
    .replace(/\S+\.key;/, `${folder}/key;`)
  const path = join(folder, 'nginx.conf')
  writeFileSync(path, `pid ${folder}/pid; error_log stderr; events {} http { access_log off;\n${server}\n}`)
  check(t, 'nginx', ['-t', '-q', '-e', 'stderr', '-p', folder, '-c', path])
  check(t, 'caddy', ['adapt', '--validate', '--adapter', 'caddyfile', '--config', 'deploy/Caddyfile'], {
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder
  })
})

test('the Kubernetes example is one pod with probes, a volume that stays, and time to stop', async (t) => {
  const documents = parseAllDocuments(readFileSync('deploy/kubernetes.yaml', 'utf8'))
  for (const { errors } of documents) t.same(errors, [])
  const all = documents.map((document) => document.toJS())
  const kind = (name: string) => all.find((one) => one.kind === name)
  const { spec } = kind('StatefulSet')
  const pod = spec.template.spec
  const [container] = pod.containers
  t.equal(spec.replicas, 1)
  t.ok(pod.terminationGracePeriodSeconds > STOP_SECONDS)
  t.same(spec.selector.matchLabels, spec.template.metadata.labels)
  t.same(kind('Service').spec.selector, spec.template.metadata.labels)
  t.equal(kind('Service').metadata.name, spec.serviceName)
  const { paths } = await openApi()
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    t.ok(paths[container[probe].httpGet.path], probe)
    t.equal(container[probe].httpGet.port, container.ports[0].name)
  }
  const volumes = [...pod.volumes, ...spec.volumeClaimTemplates.map(({ metadata }: any) => metadata)]
  for (const { name } of container.volumeMounts)
    t.ok(
      volumes.some((one) => one.name === name),
      name
    )
  const mountOf = (name: string) => container.volumeMounts.find((one: any) => one.name === name)?.mountPath
  t.match(readFileSync('Dockerfile', 'utf8'), `DATA_DIR=${mountOf('data')} `)
  const variable = (name: string) => container.env.find((one: any) => one.name === name)?.value
  t.equal(dirname(variable('GATEWAY_CONFIG')), mountOf('config'))
  t.equal(dirname(variable('VICIDIAL_PASS_FILE')), mountOf('secrets'))
  const file = join(dataDir(t), 'gateway.yaml')
  writeFileSync(file, kind('ConfigMap').data['gateway.yaml'])
  const faults: string[] = []
  readGatewayFile(file, faults)
  t.same(faults, [])
})

test('every documented docker run gives the database a named volume', (t) => {
  for (const path of ['docs/configuration.md', 'deploy/README.md']) {
    const commands = readFileSync(path, 'utf8')
      .replaceAll('\\\n', '')
      .match(/^docker run --detach.*$/gm)
    t.ok(commands)
    for (const command of commands ?? []) {
      t.match(command, / --volume vicidial-gateway-data:\/data /)
      t.match(command, / --restart unless-stopped /)
      t.ok(Number(/--stop-timeout (\d+)/.exec(command)?.[1]) > STOP_SECONDS)
    }
  }
  t.end()
})

test('a release publishes only what was tested, under the version of its tag', (t) => {
  const release = parse(readFileSync('.github/workflows/release.yml', 'utf8'))
  t.same(release.on, { push: { tags: ['v*'] } })
  t.same(release.permissions, { contents: 'read' })
  for (const name of ['image', 'packages']) t.equal(release.jobs[name].needs, 'test')
  t.end()
})
