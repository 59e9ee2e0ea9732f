import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { ALL_PERMISSIONS } from '../../src/callers/caller.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { type Config, loadConfig } from '../../src/config/config.ts'
import type { CustomField } from '../../src/leads/cleaning/custom-field.ts'
import type { Tester } from '../helper.ts'

const HASH = 'a'.repeat(64)
const OTHER_HASH = 'b'.repeat(64)
const CANARY = 'canary-s3cret'
const CHARSET_UNSET =
  'VICIDIAL_DB_CHARSET is not set, so utf8 is assumed: if it is latin1, VICIdial cuts long values in other alphabets, or loses their letters. "vicidial-gateway check --test-lead ID" finds the right value.'
/** The least that a gateway needs to be told. */
const LEAST = {
  VICIDIAL_URL: 'https://dialer.example/vicidial/non_agent_api.php',
  VICIDIAL_USER: 'api',
  VICIDIAL_PASS: 's3cret',
  API_KEY: 'key-of-everybody-which-is-long-enough'
}

/** Writes files until the test ends; gives their paths. */
function files(t: Tester): (name: string, content: string) => string {
  const folder = mkdtempSync('/tmp/gateway-config-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  return (name, content) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
}

function faults(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults
  }
}

/** The faults of a gateway file, without its path and the line before each. */
function fileFaults(
  t: Tester,
  yaml: string,
  env: Readonly<Record<string, string | undefined>> = LEAST
): string[] {
  const path = files(t)('gateway.yaml', yaml)
  return faults({ ...env, GATEWAY_CONFIG: path }).map((fault) =>
    fault.startsWith(path) ? fault.slice(path.length).replace(/^(, line \d+)?: /, '') : fault
  )
}

function withFile(
  t: Tester,
  yaml: string,
  env: Readonly<Record<string, string | undefined>> = LEAST
): Config {
  return loadConfig({ ...env, GATEWAY_CONFIG: files(t)('gateway.yaml', yaml) })
}

const NONE: ReadonlySet<string> = new Set()
const NO_PERMISSIONS = {
  routes: NONE,
  sources: NONE,
  updates: {
    fields: NONE,
    statuses: NONE,
    customFields: NONE,
    lists: NONE,
    lookUps: NONE,
    addLists: NONE,
    readFields: NONE,
    readCustomFields: NONE,
    actions: NONE
  }
}

test('the required settings are enough; all others have defaults', async (t) => {
  const { callers, fingerprint, digest, ...config } = loadConfig({
    ...LEAST,
    PATH: '/bin',
    VICIDIAL_SOURCE: ''
  })
  t.match(fingerprint, /^[0-9a-f]{12}$/)
  t.match(digest, /^[0-9a-f]{64}$/)
  t.strictSame(config, {
    vicidial: {
      url: new URL('https://dialer.example/vicidial/non_agent_api.php'),
      source: 'gateway',
      nonLatin: 0,
      dbCharset: 'utf8',
      build: undefined,
      timeZone: undefined,
      dialect: 'lead_ids',
      maxLeadsPerCall: 1_000,
      timeoutMs: 10_000
    },
    accounts: [{ name: 'default', user: 'api', pass: 's3cret', maxConcurrency: 2, maxCallsPerSecond: 20 }],
    dispatch: { lingerMs: 0, maxWaiting: 100_000, maxAgeMs: 12_500 },
    dataDir: './data',
    cluster: undefined,
    durable: {
      retry: { firstMs: 2_000, longestMs: 600_000, forMs: 43_200_000 },
      maxPending: 1_000_000,
      retentionDays: 30
    },
    history: { retentionDays: 30, values: false },
    host: '127.0.0.1',
    port: 3_000,
    requestDeadlineMs: 25_000,
    maxUpdatesPerRequest: 10_000,
    maxBodyBytes: 8 * 1024 * 1024,
    http: {
      anonymousPointsPerMinute: 600,
      receiveTimeoutMs: 30_000,
      maxConnections: 16_384,
      corsOrigins: [],
      docs: 'open',
      ops: true,
      trustProxy: false
    },
    gatewayFile: undefined,
    alerts: undefined,
    secretFiles: [],
    compat: false,
    customFields: new Map(),
    webhooks: [],
    logLevel: 'info',
    warnings: [CHARSET_UNSET]
  })
  t.strictSame(
    callers.map(({ name, permissions }) => ({ name, permissions })),
    [{ name: 'api_key', permissions: ALL_PERMISSIONS }]
  )
  t.notMatch(JSON.stringify(callers), /key-of-everybody/)
})

test('every setting can be given', async (t) => {
  const config = loadConfig({
    ...LEAST,
    VICIDIAL_SOURCE: 'crm',
    VICIDIAL_NON_LATIN: '1',
    VICIDIAL_DB_CHARSET: 'latin1',
    VICIDIAL_BUILD: '220126-2116',
    VICIDIAL_DIALECT: 'leads_data',
    VICIDIAL_MAX_LEADS_PER_CALL: '500',
    VICIDIAL_MAX_CONCURRENCY: '4',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    VICIDIAL_TIMEOUT_MS: '5000',
    REQUEST_DEADLINE_MS: '20000',
    MAX_UPDATES_PER_REQUEST: '100',
    MAX_BODY_BYTES: '1024',
    RECEIVE_TIMEOUT_MS: '5000',
    MAX_CONNECTIONS: '100',
    ANONYMOUS_POINTS_PER_MINUTE: '0',
    TRUST_PROXY: '127.0.0.1, 10.1.0.0/16,fd00::/8',
    CORS_ORIGINS: 'https://crm.example,http://127.0.0.1:8080',
    DOCS: 'key',
    DATA_DIR: '/var/lib/gateway',
    OUTBOX_MAX_WAITING: '500',
    JOB_RETENTION_DAYS: '7',
    RETRY_FIRST_PAUSE_MS: '100',
    RETRY_LONGEST_PAUSE_MS: '1000',
    RETRY_FOR_MS: '5000',
    HOST: '0.0.0.0',
    PORT: '0',
    LOG_LEVEL: 'silent'
  })
  t.match(config, {
    vicidial: {
      source: 'crm',
      nonLatin: 1,
      dbCharset: 'latin1',
      build: '220126-2116',
      dialect: 'leads_data',
      maxLeadsPerCall: 500,
      timeoutMs: 5_000
    },
    accounts: [{ name: 'default', maxConcurrency: 4, maxCallsPerSecond: 0 }],
    dataDir: '/var/lib/gateway',
    durable: {
      retry: { firstMs: 100, longestMs: 1_000, forMs: 5_000 },
      maxPending: 500,
      retentionDays: 7
    },
    host: '0.0.0.0',
    port: 0,
    requestDeadlineMs: 20_000,
    maxUpdatesPerRequest: 100,
    maxBodyBytes: 1_024,
    http: {
      anonymousPointsPerMinute: 0,
      receiveTimeoutMs: 5_000,
      maxConnections: 100,
      corsOrigins: ['https://crm.example', 'http://127.0.0.1:8080'],
      docs: 'key',
      trustProxy: ['127.0.0.1', '10.1.0.0/16', 'fd00::/8']
    },
    logLevel: 'silent'
  })
})

test('wrong entries of a list are faults by number, as their text could be anything', async (t) => {
  const lists = {
    TRUST_PROXY: `10.0.0.0/8, true,,loopback, ${CANARY}`,
    CORS_ORIGINS: `*,https://crm.example/,crm.example,https://crm.example,null,HTTPS://crm.example, ${CANARY}`
  }
  const neither = 'is neither an address nor a network like 10.1.0.0/16.'
  const none = 'is no origin like https://crm.example.'
  t.strictSame(faults({ ...LEAST, ...lists, DOCS: 'yes' }), [
    'DOCS must be open, key or off.',
    ...[2, 3, 4, 5].map((index) => `TRUST_PROXY: entry ${index} ${neither}`),
    ...[1, 2, 3, 5, 6, 7].map((index) => `CORS_ORIGINS: entry ${index} ${none}`)
  ])
})

test('an API_KEY of fewer than 32 characters causes a warning, which does not quote it', async (t) => {
  const known = { ...LEAST, VICIDIAL_DB_CHARSET: 'utf8' }
  t.strictSame(loadConfig({ ...known, API_KEY: 'k'.repeat(32) }).warnings, [])
  const { warnings } = loadConfig({ ...known, API_KEY: CANARY })
  t.strictSame(warnings, [
    'API_KEY is shorter than 32 characters, and may be guessed: "openssl rand -hex 32" makes a better one.'
  ])
})

test('a character set that was never found out causes a warning', async (t) => {
  t.strictSame(loadConfig(LEAST).warnings, [CHARSET_UNSET])
  t.strictSame(loadConfig({ ...LEAST, VICIDIAL_DB_CHARSET: 'latin1' }).warnings, [])
})

test('a time zone must be one that exists', async (t) => {
  t.equal(loadConfig({ ...LEAST, VICIDIAL_TIME_ZONE: 'Europe/Rome' }).vicidial.timeZone, 'Europe/Rome')
  t.strictSame(faults({ ...LEAST, VICIDIAL_TIME_ZONE: 'Europe/Atlantis' }), [
    'VICIDIAL_TIME_ZONE is no time zone that is known here: give one like America/New_York.'
  ])
  t.strictSame(faults({ ...LEAST, VICIDIAL_TIME_ZONE: '-05:00' }), [
    "VICIDIAL_TIME_ZONE must be the time zone of VICIdial's server, like America/New_York."
  ])
})

test('the character set is one of two, and a build is a date and a time', async (t) => {
  t.strictSame(faults({ ...LEAST, VICIDIAL_DB_CHARSET: 'utf-8', VICIDIAL_BUILD: '2.14-202' }), [
    "VICIDIAL_DB_CHARSET must be utf8 or latin1, as VICIdial's database has it.",
    "VICIDIAL_BUILD must be VICIdial's build, like 250720-1841."
  ])
})

test('with nothing set, everything that is missing is listed', async (t) => {
  t.throws(() => loadConfig({}), {
    name: 'ConfigError',
    message: [
      'The configuration has 4 faults:',
      '  - VICIDIAL_URL is required: the full address of non_agent_api.php.',
      "  - VICIDIAL_USER is required: the gateway's VICIdial user.",
      "  - VICIDIAL_PASS is required: that user's password.",
      '  - API_KEY, or GATEWAY_CONFIG with callers or webhooks, is required: otherwise nobody could use the gateway.'
    ].join('\n')
  })
  t.throws(() => loadConfig({ ...LEAST, PORT: 'x' }), {
    message: 'The configuration has a fault:\n  - PORT must be a port from 0 (any) to 65535.'
  })
})

test('everything that is wrong is listed at once', async (t) => {
  const missing = `${files(t)('key', 'x')}.none`
  const wrong = {
    VICIDIAL_SOURCE: 'a',
    VICIDIAL_NON_LATIN: 'yes',
    VICIDIAL_DIALECT: 'xml',
    VICIDIAL_MAX_LEADS_PER_CALL: '0',
    VICIDIAL_MAX_CONCURRENCY: '65',
    VICIDIAL_MAX_CALLS_PER_SECOND: '-1',
    VICIDIAL_TIMEOUT_MS: '1.5',
    REQUEST_DEADLINE_MS: '1e3',
    MAX_UPDATES_PER_REQUEST: 'many',
    MAX_BODY_BYTES: ' 8 ',
    PORT: '65536',
    LOG_LEVEL: 'loud',
    VICIDIAL_URL: 'dialer.example/vicidial',
    GATEWAY_CONFIG: missing
  }
  const found = faults({ ...wrong, VICIDIAL_PASS: 's3cret', VICIDIAL_PASS_FILE: missing })
  t.strictSame(
    found.map((fault) => fault.replace(`${missing}:`, 'GATEWAY_CONFIG').split(/[ :]/)[0]).sort(),
    [...Object.keys(wrong), 'VICIDIAL_PASS', 'VICIDIAL_PASS_FILE', 'VICIDIAL_USER'].sort()
  )
})

test('a number must be whole and within its bounds', async (t) => {
  const bounds = {
    VICIDIAL_MAX_LEADS_PER_CALL: [1, 100_000],
    VICIDIAL_MAX_CONCURRENCY: [1, 8],
    VICIDIAL_MAX_CALLS_PER_SECOND: [0, 10_000],
    MAX_UPDATES_PER_REQUEST: [1, 1_000_000],
    MAX_BODY_BYTES: [1, 256 * 1024 ** 2],
    PORT: [0, 65_535]
  } as const
  for (const [name, [least, greatest]] of Object.entries(bounds)) {
    for (const value of [least, greatest]) t.strictSame(faults({ ...LEAST, [name]: String(value) }), [], name)
    for (const value of [least - 1, greatest + 1, `${least}.0`, `${least + 1}e0`, '0x1', 'NaN', ' 1'])
      t.equal(faults({ ...LEAST, [name]: String(value) }).length, 1, `${name}=${value}`)
  }
})

test('the timeout of a call cannot exceed the deadline of a request', async (t) => {
  t.strictSame(faults({ ...LEAST, VICIDIAL_TIMEOUT_MS: '5001', REQUEST_DEADLINE_MS: '5000' }), [
    'VICIDIAL_TIMEOUT_MS is longer than REQUEST_DEADLINE_MS: a request would end before its call can.'
  ])
  t.strictSame(faults({ ...LEAST, VICIDIAL_TIMEOUT_MS: '5000', REQUEST_DEADLINE_MS: '5000' }), [])
})

test('VICIDIAL_URL must be a full address without a login', async (t) => {
  for (const url of [
    'http://10.0.0.1:8080/non_agent_api.php',
    'https://d.example/',
    'http://[::1]/vicidial/x.php'
  ])
    t.strictSame(faults({ ...LEAST, VICIDIAL_URL: url }), [], url)
  for (const url of [
    'dialer.example',
    '/vicidial/x.php',
    'ftp://d.example/',
    'file:///etc/passwd',
    'http://',
    'x:y'
  ])
    t.strictSame(
      faults({ ...LEAST, VICIDIAL_URL: url }),
      [
        'VICIDIAL_URL must be a full http or https address, like https://dialer.example/vicidial/non_agent_api.php.'
      ],
      url
    )
  for (const url of [
    `https://api:${CANARY}@d.example/x.php`,
    'https://api@d.example/x.php',
    `https://d.example/x.php?pass=${CANARY}`,
    'https://d.example/x.php#a'
  ])
    t.strictSame(
      faults({ ...LEAST, VICIDIAL_URL: url }),
      [
        'VICIDIAL_URL must have no user, password, query or fragment: VICIDIAL_USER and VICIDIAL_PASS carry the login.'
      ],
      url
    )
})

test('a secret can come from a file', async (t) => {
  const file = files(t)
  const { VICIDIAL_URL } = LEAST
  const config = loadConfig({
    VICIDIAL_URL,
    VICIDIAL_USER_FILE: file('user', 'api\n'),
    VICIDIAL_PASS_FILE: file('pass', '  s3cret \r\n'),
    API_KEY_FILE: file('key', 'key-of-everybody-which-is-long-enough\n')
  })
  t.match(config.accounts, [{ name: 'default', user: 'api', pass: 's3cret' }])
  t.strictSame(config.callers, loadConfig(LEAST).callers)
})

test('a secret cannot come from both a variable and a file', async (t) => {
  const pass = files(t)('pass', CANARY)
  t.strictSame(faults({ ...LEAST, VICIDIAL_PASS_FILE: pass, API_KEY_FILE: pass }), [
    'VICIDIAL_PASS and VICIDIAL_PASS_FILE are both set: give one of them.',
    'API_KEY and API_KEY_FILE are both set: give one of them.'
  ])
})

test('an unreadable or empty secret file is one fault, and not also a missing secret', async (t) => {
  const file = files(t)
  const empty = file('empty', ' \n')
  const { VICIDIAL_PASS: _, ...rest } = LEAST
  t.strictSame(faults({ ...rest, VICIDIAL_PASS_FILE: `${empty}.none` }), [
    'VICIDIAL_PASS_FILE: the file that it names cannot be read (ENOENT).'
  ])
  t.strictSame(faults({ ...rest, VICIDIAL_PASS_FILE: '/tmp' }), [
    'VICIDIAL_PASS_FILE: the file that it names cannot be read (EISDIR).'
  ])
  t.strictSame(faults({ ...rest, VICIDIAL_PASS_FILE: empty }), [
    'VICIDIAL_PASS_FILE: the file that it names is empty.'
  ])
})

test('no fault quotes a secret', async (t) => {
  const file = files(t)
  const secret = file('secret', CANARY)
  const yamls = [
    `callers: [{ name: crm, key_hashes: [${CANARY}] }]`,
    `callers: [{ name: "${CANARY} x", key_hashes: ["sha256:${CANARY}"] }]`,
    `callers:\n  - name: crm\n    key_hashes: ["${CANARY}]\n`,
    `callers: ${CANARY}\n`,
    `{${CANARY}`,
    `\t${CANARY}: x: ${CANARY}`,
    `callers: [{ name: crm, key_hashes: [sha256:${HASH}], on_lossy: ${CANARY}, source: "${CANARY}" }]`
  ]
  const envs = [
    ...yamls.map((yaml, n) => ({ ...LEAST, GATEWAY_CONFIG: file(`${n}.yaml`, yaml) })),
    { VICIDIAL_USER: CANARY, VICIDIAL_PASS: CANARY, API_KEY: CANARY },
    { ...LEAST, API_KEY: CANARY, VICIDIAL_URL: `https://api:${CANARY}@d.example/` },
    { ...LEAST, VICIDIAL_PASS_FILE: secret, API_KEY_FILE: secret, VICIDIAL_USER_FILE: secret }
  ]
  for (const env of envs) {
    const found = faults(env)
    t.ok(found.length > 0)
    t.notMatch(found.join('\n'), /canary/)
  }
})

test('the gateway file lists callers and the custom fields that may be set', async (t) => {
  const config = withFile(
    t,
    `
callers:
  - name: crm
    key_hashes: [sha256:${HASH}, sha256:${OTHER_HASH}]
    source: crm1
    on_lossy: reject
    on_invalid: drop_field
    permissions: "*"
  - { name: web_2, key_hashes: ["sha256:${'c'.repeat(64)}"], permissions: {} }
custom_fields:
  - { label: favorite_color, max_length: 30 }
  - { label: birthday, type: DATE }
  - { label: plan, type: RADIO, options: [basic, pro] }
  - { label: news, type: MULTI, options: [mail, phone], max_length: 4 }
  - { label: remarks, type: AREA }
`,
    { ...LEAST, API_KEY: undefined }
  )
  t.strictSame(config.callers, [
    {
      name: 'crm',
      keys: [{ hash: HASH }, { hash: OTHER_HASH }],
      account: 'default',
      permissions: ALL_PERMISSIONS,
      source: 'crm1',
      onLossy: 'reject',
      onInvalid: 'drop_field'
    },
    { name: 'web_2', keys: [{ hash: 'c'.repeat(64) }], account: 'default', permissions: NO_PERMISSIONS }
  ])
  t.strictSame(
    config.customFields,
    new Map<string, CustomField>([
      ['favorite_color', { maxLength: 30 }],
      ['birthday', { type: 'DATE', maxLength: 10 }],
      ['plan', { type: 'RADIO', maxLength: 5, options: new Set(['basic', 'pro']) }],
      ['news', { type: 'MULTI', maxLength: 4, options: new Set(['mail', 'phone']) }],
      ['remarks', { type: 'AREA', maxLength: 21_845 }]
    ])
  )
  t.strictSame(config.warnings.slice(-1), [
    'Custom fields without a type: favorite_color. Their values are not checked, and VICIdial stores a date or an ' +
      'option that it does not take as 0000-00-00 or nothing. Give each its type in custom_fields.'
  ])
})

test('the caller of API_KEY is added to the callers of the file', async (t) => {
  const { callers } = withFile(t, `callers: [{ name: crm, key_hashes: [sha256:${HASH}], permissions: "*" }]`)
  t.strictSame(
    callers.map(({ name }) => name),
    ['api_key', 'crm']
  )
  t.strictSame(
    fileFaults(t, `callers: [{ name: api_key, key_hashes: [sha256:${HASH}], permissions: "*" }]`),
    ['GATEWAY_CONFIG names a caller api_key, which is the name of the caller of API_KEY.']
  )
})

test('a gateway without callers and webhooks does not start', async (t) => {
  t.strictSame(
    fileFaults(t, 'custom_fields: [{ label: color, max_length: 9 }]', { ...LEAST, API_KEY: undefined }),
    [
      'API_KEY, or GATEWAY_CONFIG with callers or webhooks, is required: otherwise nobody could use the gateway.'
    ]
  )
})

test('an empty gateway file is a fault: it is probably being written', async (t) => {
  for (const yaml of ['', '# nothing\n', '---\n']) t.strictSame(fileFaults(t, yaml), ['is empty.'], yaml)
})

test('a gateway file that cannot be read is a fault', async (t) => {
  const path = files(t)('gateway.yaml', '')
  t.strictSame(faults({ ...LEAST, GATEWAY_CONFIG: `${path}.none` }), [
    `${path}.none: cannot be read (ENOENT).`
  ])
  t.strictSame(faults({ ...LEAST, API_KEY: undefined, GATEWAY_CONFIG: `${path}.none` }), [
    `${path}.none: cannot be read (ENOENT).`
  ])
})

test('bad YAML is a fault with line and column that quotes nothing of the file', async (t) => {
  const wrong: [yaml: string, fault: RegExp][] = [
    [
      'callers:\n  - name: crm\n   key_hashes: [x]\n',
      /, line 3: column 1 is not valid YAML: a colon, quote, comma or bracket is missing, or the indentation is wrong \(MISSING_CHAR\)\.$/
    ],
    ['callers: [', /, line 1: column \d+ is not valid YAML: .* \(\w+\)\.$/],
    ['a: 1\na: 2\n', /, line 2: column 1 is not valid YAML: a name for the second time \(DUPLICATE_KEY\)\.$/],
    [
      '---\na: 1\n---\nb: 2\n',
      /, line \d: column \d is not valid YAML: a second document after --- \(MULTIPLE_DOCS\)\.$/
    ],
    ['callers: "x', /, line 1: column \d+ is not valid YAML: .* \(\w+\)\.$/]
  ]
  for (const [yaml, fault] of wrong) {
    const path = files(t)('gateway.yaml', yaml)
    t.ok(
      faults({ ...LEAST, GATEWAY_CONFIG: path }).some((one) => fault.test(one)),
      yaml
    )
  }
})

test('faults of YAML and of the content are listed together, by line', async (t) => {
  const path = files(t)(
    'gateway.yaml',
    `callers:
  - name: crm
    permissions: "*"
  - name: web
    key_hashes: [sha256:${HASH}]
    permissions: { fields: [statis] }
  - name: shop
    name: shop
    key_hashes: abc
custom_fields:
  - label: color
webhook: []
`
  )
  t.strictSame(
    faults({ ...LEAST, GATEWAY_CONFIG: path }).map((fault) => fault.slice(path.length)),
    [
      ', line 2: callers[0]: needs key_hashes.',
      ', line 6: callers[1].permissions.fields: names statis, which does not exist.',
      ', line 7: callers[2]: needs permissions.',
      ', line 8: column 5 is not valid YAML: a name for the second time (DUPLICATE_KEY).',
      ', line 9: callers[2].key_hashes: must be a list.',
      ', line 11: custom_fields[0]: needs max_length.',
      ', line 12: the file: has an unknown property, webhook: perhaps webhooks is meant.'
    ]
  )
})

test('after a fault that leaves the rest in doubt, only what is before it is checked', async (t) => {
  const path = files(t)(
    'gateway.yaml',
    `callers:
  - name: CRM
    permissions: "*"
  - name: web
    permissions: [
custom_fields:
  - label: color
`
  )
  const found = faults({ ...LEAST, GATEWAY_CONFIG: path }).map((fault) => fault.slice(path.length))
  t.match(found, [
    ', line 2: callers[0]: needs key_hashes.',
    ', line 2: callers[0].name: must be lower-case letters',
    /^, line \d: column \d+ is not valid YAML/
  ])
  t.notMatch(found.join('\n'), /custom_fields|permissions/)
})

test('an alias to nothing, or to too much, is a fault', async (t) => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[n]}`)}]`).join('\n')}\n`
  for (const yaml of ['callers: *nowhere\n', bomb])
    t.strictSame(fileFaults(t, yaml), ['has an alias that does not exist, or too many aliases.'])
})

test('an invalid part of the gateway file is a fault at its place', async (t) => {
  const caller = `{ name: a, key_hashes: [sha256:${HASH}], permissions: "*" }`
  const wrong: [yaml: string, place: string, what: string][] = [
    [`callers: [${caller.replace('name: a', 'name: CRM')}]`, 'callers[0].name', 'lower-case'],
    [
      `callers: [${caller}, { name: b, key_hashes: [abc], permissions: {} }]`,
      'callers[1].key_hashes[0]',
      '64 hex digits'
    ],
    [`callers: [{ name: b, key_hashes: [], permissions: {} }]`, 'callers[0].key_hashes', 'an entry'],
    [`callers: [${caller.replace('}', ', secret: x }')}]`, 'callers[0]', 'secret'],
    [`callers: [{ key_hashes: [sha256:${HASH}], permissions: "*" }]`, 'callers[0]', 'name'],
    [`callers: [${caller.replace('}', ', source: "a b" }')}]`, 'callers[0].source', '2 to 20'],
    [`callers: [${caller.replace('}', ', on_lossy: maybe }')}]`, 'callers[0].on_lossy', 'must'],
    [`callers: [${caller.replace('}', ', on_invalid: skip }')}]`, 'callers[0].on_invalid', 'must'],
    [`callers: [{ name: b, key_hashes: [sha256:${HASH}] }]`, 'callers[0]', 'permissions'],
    [`callers: [${caller.replace('"*"', 'all')}]`, 'callers[0].permissions', 'must'],
    [
      `callers: [${caller.replace('"*"', '{ routes: [admin] }')}]`,
      'callers[0].permissions.routes[0]',
      'batch, add, read'
    ],
    ['custom_fields: [{ label: 1color, max_length: 1 }]', 'custom_fields[0].label', 'a letter first'],
    ['custom_fields: [{ label: color, max_length: 0 }]', 'custom_fields[0].max_length', '1'],
    ['custom_fields: [{ label: color }]', 'custom_fields[0]', 'max_length'],
    ['custom_fields: [{ label: color, type: TEXT }]', 'custom_fields[0]', 'max_length'],
    ['custom_fields: [{ label: color, type: COLOR, max_length: 9 }]', 'custom_fields[0].type', 'must'],
    ['custom_fields: [{ label: color, type: SCRIPT, max_length: 9 }]', 'custom_fields[0].type', 'must'],
    ['custom_fields: [{ label: color, type: SELECT }]', 'custom_fields[0]', 'needs options'],
    ['custom_fields: [{ label: color, type: SELECT, options: [] }]', 'custom_fields[0].options', 'an entry'],
    [
      'custom_fields: [{ label: color, type: DATE, options: [red] }]',
      'custom_fields[0].options',
      'belongs to'
    ],
    [
      'custom_fields: [{ label: color, max_length: 9, options: [red] }]',
      'custom_fields[0].options',
      'belongs to'
    ],
    [
      'custom_fields: [{ label: a, type: RADIO, options: [red, "blue "] }]',
      'custom_fields[0].options[1]',
      'space'
    ],
    ['custom_fields: [{ label: a, type: RADIO, options: ["a;b"] }]', 'custom_fields[0].options[0]', 'lose'],
    [
      'custom_fields: [{ label: a, type: RADIO, options: ["a\\\\b"] }]',
      'custom_fields[0].options[0]',
      'backslash'
    ],
    ['custom_fields: [{ label: a, type: MULTI, options: ["a,b"] }]', 'custom_fields[0].options[0]', 'comma'],
    ['hooks: []', 'the file', 'hooks']
  ]
  for (const [yaml, place, what] of wrong) {
    const [fault = ''] = fileFaults(t, yaml)
    t.ok(fault.startsWith(`${place}: `) && fault.includes(what), `${yaml} is: ${fault}`)
  }
})

test('permissions for things that do not exist, and invalid networks, are faults', async (t) => {
  const yaml = `
callers:
  - name: web
    key_hashes:
      - { hash: "sha256:${HASH}", expires_at: "2027-02-30T00:00:00Z" }
    permissions:
      routes: [batch, "webhook:crm", "webhook:erp"]
      fields: [status, reset_called, statis]
      custom_fields: [color, colour]
      lists: [101]
      look_ups: [phone_number]
    networks: [10.0.0.0/8, 10.0.0.0/33, "::1", localhost, 10.0.0.256, 10.0.0.0/]
custom_fields: [{ label: color, max_length: 9 }]
webhooks:
  - { name: crm, auth: { callers: true }, mapping: { lead: { lead_id: id }, fields: { status: stage } } }
`
  t.strictSame(fileFaults(t, yaml), [
    'callers[0].key_hashes[0].expires_at: is not a date that exists.',
    'callers[0].permissions.routes: names webhook:erp, which does not exist.',
    'callers[0].permissions.fields: names statis, which does not exist.',
    'callers[0].permissions.custom_fields: names colour, which does not exist.',
    'callers[0].networks[1]: is neither an address nor a network like 10.1.0.0/16.',
    'callers[0].networks[3]: is neither an address nor a network like 10.1.0.0/16.',
    'callers[0].networks[4]: is neither an address nor a network like 10.1.0.0/16.',
    'callers[0].networks[5]: is neither an address nor a network like 10.1.0.0/16.'
  ])
})

test('permissions and networks are read as written', async (t) => {
  const yaml = `
callers:
  - name: web
    key_hashes: [{ hash: "sha256:${HASH}", expires_at: "2027-06-30T00:00:00+02:00" }]
    permissions:
      routes: "*"
      fields: [status]
      statuses: [SALE, DNC]
      lists: [101, 102]
      sources: [shop]
      max_batch: 50
    networks: [10.0.0.0/8]
    rate_limit: { requests_per_minute: 600, updates_per_minute: 60000 }
`
  const { callers } = withFile(t, yaml, { ...LEAST, API_KEY: undefined })
  t.strictSame(callers, [
    {
      name: 'web',
      keys: [{ hash: HASH, expiresAt: Date.UTC(2027, 5, 29, 22) }],
      account: 'default',
      permissions: {
        routes: '*',
        sources: new Set(['shop']),
        maxBatch: 50,
        updates: {
          ...NO_PERMISSIONS.updates,
          fields: new Set(['status']),
          statuses: new Set(['SALE', 'DNC']),
          lists: new Set(['101', '102']),
          actions: '*'
        }
      },
      networks: ['10.0.0.0/8'],
      rateLimit: { requests: 600, updates: 60_000 }
    }
  ])
})

test('accounts default to the limits of the environment; their passwords can come from files', async (t) => {
  const pass = files(t)('pass', 'from-file\n')
  const yaml = `
accounts:
  - { name: sales, user: salesapi, pass: s3 }
  - { name: support, user: supportapi, pass_file: ${pass}, max_concurrency: 1, max_calls_per_second: 0 }
webhooks:
  - { name: crm, account: support, auth: { api_key: { key_hashes: [sha256:${HASH}] } }, mapping: { lead: { lead_id: id }, fields: { status: stage } } }
`
  const { accounts, webhooks } = withFile(t, yaml, { ...LEAST, VICIDIAL_MAX_CONCURRENCY: '4' })
  t.strictSame(accounts, [
    { name: 'default', user: 'api', pass: 's3cret', maxConcurrency: 4, maxCallsPerSecond: 20 },
    { name: 'sales', user: 'salesapi', pass: 's3', maxConcurrency: 4, maxCallsPerSecond: 20 },
    { name: 'support', user: 'supportapi', pass: 'from-file', maxConcurrency: 1, maxCallsPerSecond: 0 }
  ])
  t.strictSame(
    webhooks.map(({ account }) => account),
    ['support']
  )
})

test('accounts that are the same, have no password, or do not exist are faults', async (t) => {
  const yaml = `
accounts:
  - { name: default, user: a, pass: x }
  - { name: sales, user: b, pass: x, pass_file: y }
  - { name: sales, user: b }
  - { name: third, user: B., pass: x }
  - { name: other, user: c, pass_file: /nowhere/${CANARY} }
callers:
  - { name: web, account: none, key_hashes: [sha256:${HASH}], permissions: "*" }
`
  t.strictSame(fileFaults(t, yaml), [
    'accounts[0].name: is that of the account of VICIDIAL_USER.',
    'accounts[1]: must have exactly one of pass, pass_file.',
    'accounts[1].pass_file: names a file that cannot be read (ENOENT).',
    'accounts[2].name: is already the name of accounts[1].',
    'accounts[2].user: is already the user of accounts[1].',
    'accounts[2]: must have exactly one of pass, pass_file.',
    'accounts[3].user: is already the user of accounts[1].',
    'accounts[4].pass_file: names a file that cannot be read (ENOENT).',
    'callers[0].account: names none, which does not exist.'
  ])
  const nobody = { ...LEAST, VICIDIAL_USER: undefined }
  t.strictSame(fileFaults(t, 'accounts: [{ name: sales, user: api, pass: x }]', nobody), [
    "VICIDIAL_USER is required: the gateway's VICIdial user."
  ])
  for (const user of ['api', 'API', 'a.pi'])
    t.strictSame(
      fileFaults(t, `accounts: [{ name: sales, user: ${user}, pass: x }]`),
      ['VICIDIAL_USER is also the user of an account in GATEWAY_CONFIG.'],
      'VICIdial strips other characters, and case counts for nothing'
    )
})

test('a webhook sent by callers uses the account of the caller, and cannot name one', async (t) => {
  const yaml = `
accounts: [{ name: sales, user: salesapi, pass: x }]
webhooks:
  - { name: crm, account: sales, auth: { callers: true }, mapping: { lead: { lead_id: id }, fields: { status: stage } } }
`
  t.strictSame(fileFaults(t, yaml), ['webhooks[0].account: is not used, as each caller has its own account.'])
})

test('everything that is wrong with the gateway file is listed at once', async (t) => {
  const callers = Array.from(
    { length: 12 },
    (_, n) => `  - { name: A${n}, key_hashes: [sha256:${HASH}], permissions: "*" }\n`
  )
  t.strictSame(
    fileFaults(t, `callers:\n${callers.join('')}`).map((fault) => fault.split(':')[0]),
    callers.map((_, n) => `callers[${n}].name`)
  )
})

test('a gateway file that is not a mapping is a fault', async (t) => {
  for (const yaml of ['- a\n', 'just text\n', '7\n', 'callers: []\n', 'callers: {}\n', 'custom_fields: 7\n'])
    t.ok(fileFaults(t, yaml).length > 0, yaml)
})

test('two callers, keys or labels with the same name are a fault', async (t) => {
  t.strictSame(
    fileFaults(
      t,
      `
callers:
  - { name: crm, key_hashes: [sha256:${HASH}], permissions: "*" }
  - { name: crm, key_hashes: [sha256:${OTHER_HASH}], permissions: "*" }
  - { name: web, key_hashes: [sha256:${HASH}], permissions: "*" }
custom_fields:
  - { label: color, max_length: 9 }
  - { label: color, max_length: 8 }
`
    ),
    [
      'callers[1].name: is already the name of callers[0].',
      'callers[2].key_hashes[0]: is already the key of callers[0].',
      'custom_fields[1].label: is already the label of custom_fields[0].'
    ]
  )
})

test("a custom field named after one of VICIdial's own parameters is a fault", async (t) => {
  const reserved = [
    ...'delete_lead delete_cf_data lead_id lead_ids list_id list_id_field status user user_field pass'.split(
      ' '
    ),
    ...'function source records search_method custom_fields reset_lead list_exists_check'.split(' '),
    ...'update_phone_number phone_number no_update insert_if_not_found add_to_hopper'.split(' '),
    ...'remove_from_hopper entry_list_id force_entry_list_id campaign_id callback leads_data'.split(' '),
    ...'multi_alt_phones tz_method archived_lead search_location DB hopper_priority format'.split(' '),
    // VICIdial's address leaves these out of a call at their default, or beside an option that is off.
    ...'hopper_local_call_time_check callback_status callback_datetime callback_type'.split(' '),
    ...'callback_user callback_comments'.split(' ')
  ]
  for (const label of reserved)
    t.strictSame(
      fileFaults(t, `custom_fields: [{ label: ${label}, max_length: 9 }]`),
      ["custom_fields[0].label: is the name of one of VICIdial's own parameters."],
      label
    )
})

test('the configuration is frozen', async (t) => {
  const config = loadConfig(LEAST)
  t.ok(Object.isFrozen(config))
  t.ok(Object.isFrozen(config.vicidial))
})

test('the list of callers is frozen too', async (t) => {
  t.ok(Object.isFrozen(loadConfig(LEAST).callers))
})

test('the gateway file can have webhooks; their faults are listed with all others', async (t) => {
  const auth = `api_key: { key_hashes: [sha256:${HASH}] }`
  const source = `{ name: crm, auth: { ${auth} }, mapping: { lead: { lead_id: id }, fields: { status: stage } } }`
  t.strictSame(fileFaults(t, `webhooks: [${source}]`), [])
  const yaml = `
webhooks:
  - ${source}
  - ${source.replace('status: stage', 'statis: stage').replace('lead_id: id', "lead_id: 'id['")}
  - ${source.replace('crm', 'erp').replace(auth, `hmac: { header: X-Sig, secrets: [${CANARY}], signed: '{bod}' }`)}
custom_fields: [{ label: color, max_length: 9 }, { label: color, max_length: 9 }]
`
  t.strictSame(fileFaults(t, yaml), [
    'webhooks[1].name: is already the name of webhooks[0].',
    'webhooks[1].mapping.lead.lead_id: is not valid JSONata at character 3 (S0203: Expected "]" before end of expression).',
    'webhooks[1].mapping.fields.statis: is not a field of a lead.',
    'webhooks[2].auth.hmac.signed: may have no other braces than {body}, {form}, {timestamp}, {id}, {method}, {url}.',
    'custom_fields[1].label: is already the label of custom_fields[0].'
  ])
})
