import { hostname } from 'node:os'
import { type Test, test } from 'tap'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/config.ts'

const ENV = {
  VICIDIAL_URL: 'https://dialer.example/vicidial/non_agent_api.php',
  VICIDIAL_USER: 'gateway',
  VICIDIAL_PASS: 'secret',
  VICIDIAL_DB_CHARSET: 'utf8',
  API_KEY: 'a-key-of-more-than-thirty-two-characters'
}
const ADDRESS = 'https://hooks.example/services/T0/canary?token=canary'

/** Reads a gateway file with this section, beside a file `address` with a secret. */
function load(t: Test, section: string, { address = `${ADDRESS}\n`, env = {} } = {}) {
  const folder = t.testdir({ 'gateway.yaml': `alerts:\n${section}`, address })
  const config = loadConfig({ ...ENV, GATEWAY_CONFIG: `${folder}/gateway.yaml`, ...env })
  return { folder, ...config }
}

/** The faults, without the folder. */
function faultsOf(t: Test, section: string, address?: string): string[] {
  try {
    load(t, section, address === undefined ? {} : { address })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map((fault) => fault.replace(/^.*gateway\.yaml, /, ''))
  }
}

test('without the section there are no alerts', async (t) => {
  t.equal(loadConfig(ENV).alerts, undefined)
})

test('an address alone is enough', async (t) => {
  const { alerts, secretFiles } = load(t, `  url: ${ADDRESS}`)
  t.strictSame(alerts, {
    url: new URL(ADDRESS),
    format: 'slack',
    gateway: hostname(),
    lateMs: 15 * 60_000,
    minDiskFree: 0.1,
    pauseMs: 10 * 60_000
  })
  t.strictSame(secretFiles, [])
})

test('the address can be in a file, which is watched', async (t) => {
  const more =
    '  format: json\n  name: production\n  oldest_minutes: 5\n  disk_free_percent: 3\n  pause_minutes: 60'
  const { folder, alerts, secretFiles } = load(t, `  url_file: address\n${more}`)
  t.strictSame(alerts, {
    url: new URL(ADDRESS),
    format: 'json',
    gateway: 'production',
    lateMs: 5 * 60_000,
    minDiskFree: 0.03,
    pauseMs: 60 * 60_000
  })
  t.strictSame(secretFiles, [`${folder}/address`])
})

test('a gateway of a cluster has its name there', async (t) => {
  const env = { DATABASE_URL: 'postgres://gateway:secret@db.example/gateway', CLUSTER_NAME: 'gw2' }
  t.equal(load(t, `  url: ${ADDRESS}`, { env }).alerts?.gateway, 'gw2')
  t.equal(load(t, `  url: ${ADDRESS}\n  name: own`, { env }).alerts?.gateway, 'own')
})

test('faults are in words, with the line, and quote no address', async (t) => {
  const sound = 'without a user, a password or a fragment'
  for (const [section, ...faults] of [
    ['  format: slack', 'line 1: alerts: must have exactly one of url, url_file.'],
    [`  url: ${ADDRESS}\n  url_file: address`, 'line 1: alerts: must have exactly one of url, url_file.'],
    ['  url_file: none', 'line 2: alerts.url_file: names a file that cannot be read (ENOENT).'],
    ['  url: ftp://canary.example', `line 2: alerts.url: must be a full http or https address, ${sound}.`],
    ['  url: canary.example/services', `line 2: alerts.url: must be a full http or https address, ${sound}.`],
    [
      '  url: https://canary:canary@x.example',
      `line 2: alerts.url: must be a full http or https address, ${sound}.`
    ],
    [
      '  url: https://x.example/#canary',
      `line 2: alerts.url: must be a full http or https address, ${sound}.`
    ],
    ['  url: ""', 'line 2: alerts.url: must not be empty.'],
    [
      '  url: 7\n  format: teams\n  oldest_minutes: 0\n  disk_free_percent: 100\n  pause_minute: 5',
      'line 2: alerts.url: must be a text: put it in quotes.',
      'line 3: alerts.format: must be slack or json.',
      'line 4: alerts.oldest_minutes: must be 1 or more.',
      'line 5: alerts.disk_free_percent: must be 99 or less.',
      'line 6: alerts: has an unknown property, pause_minute: perhaps pause_minutes is meant.'
    ],
    ['  - url: x', 'line 1: alerts: must be an object.']
  ] as const) {
    const found = faultsOf(t, section)
    t.strictSame(found, faults, section)
    t.notMatch(found.join('\n'), 'canary')
  }
  t.strictSame(faultsOf(t, '  url_file: address', 'canary is no address'), [
    `line 2: alerts.url_file: names a file that does not hold a full http or https address, ${sound}.`
  ])
  t.strictSame(faultsOf(t, '  url_file: address', '\n'), [
    'line 2: alerts.url_file: names a file that is empty.'
  ])
})
