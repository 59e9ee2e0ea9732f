import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { hasTwoForms } from '../../../openapi/forms.ts'
import { API_KEY, startGateway } from '../../helper.ts'
import { CALLS, PRINTED } from './calls.ts'

/**
 * Generates clients from the committed OpenAPI document, and makes the same call with each, to a gateway on a sandbox:
 * `npm run test:clients`. A language that is not installed is skipped, with a line that says so.
 */

/** A client: how it is generated and compiled, and how its call is run. */
interface Client {
  readonly name: string
  /** What must work before; why not is the line of the skipped client. */
  readonly needs: readonly (readonly [command: string, args: readonly string[], missing: string])[]
  readonly steps: readonly (readonly string[])[]
  readonly call: readonly [command: string, ...args: string[]]
}

/** Not in node_modules, where neither Node nor tsc compiles what is imported. */
const FOLDER = resolve('.generated-clients')
const DOCUMENT = 'openapi.json'
/** What the generator of PHP and Python reads. */
const OLD_DOCUMENT = 'openapi-3.0.json'
/** The newest of npm that has the generator in it, and does not download it. */
const PACKAGES = [
  '@openapitools/openapi-generator-cli@1.0.18-5.0.0-beta2',
  '@apiture/openapi-down-convert@0.14.2',
  '@hey-api/openapi-ts@0.99.0'
]
const BIN = 'node_modules/.bin'
const OWN_BIN = '../node_modules/.bin'
const JAR = 'node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar'
const JAVA = ['java', ['-version'], 'Java is not installed (Debian: default-jre-headless)'] as const
const PYTHON = '/usr/bin/python3'
const GUZZLE = "exit(is_file('/usr/share/php/GuzzleHttp/autoload.php') && extension_loaded('curl') ? 0 : 1);"
const TSC =
  `${OWN_BIN}/tsc --ignoreConfig --strict --skipLibCheck --types node --target es2022 --module commonjs`.split(
    ' '
  )

function byGenerator(language: string): readonly string[] {
  return ['java', '-jar', JAR, 'generate', '-i', OLD_DOCUMENT, '-g', language, '-o', language]
}

const CLIENTS: readonly Client[] = [
  {
    name: 'PHP, openapi-generator',
    needs: [
      JAVA,
      [
        'php',
        ['-r', GUZZLE],
        'PHP with Guzzle is not installed (Debian: php-cli php-curl php-guzzlehttp-guzzle)'
      ]
    ],
    steps: [byGenerator('php')],
    call: ['php', 'call.php']
  },
  {
    name: 'Python, openapi-generator',
    needs: [
      JAVA,
      [
        PYTHON,
        ['-c', 'import certifi, dateutil, six, urllib3'],
        'Python with its packages is not installed (Debian: python3-certifi python3-dateutil python3-six python3-urllib3)'
      ]
    ],
    steps: [byGenerator('python')],
    call: [PYTHON, 'call.py']
  },
  {
    name: 'TypeScript, @hey-api/openapi-ts',
    needs: [],
    steps: [
      [`${BIN}/openapi-ts`, '-i', DOCUMENT, '-o', 'hey-api', '-c', '@hey-api/client-fetch'],
      [...TSC, '--outDir', 'out', 'call-hey-api.ts']
    ],
    call: ['node', 'out/call-hey-api.js']
  },
  {
    name: 'TypeScript, openapi-typescript',
    needs: [],
    steps: [
      [`${OWN_BIN}/openapi-typescript`, DOCUMENT, '-o', 'openapi-typescript.ts'],
      [...TSC, '--outDir', 'out', 'call-openapi-typescript.ts']
    ],
    call: ['node', 'out/call-openapi-typescript.js']
  }
]

/** @throws Error with what the command printed, if it fails */
function run([command = '', ...args]: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: FOLDER, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}\n${stdout}${stderr}`, { cause: error })
}

/** Installs the generators, and writes the calls and the document, in the form of today and in an older one. */
function prepare(): void {
  mkdirSync(FOLDER, { recursive: true })
  const write = (name: string, content: string) => {
    writeFileSync(resolve(FOLDER, name), content)
  }
  write('package.json', '{ "private": true }\n')
  run([
    'npm',
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--legacy-peer-deps',
    ...PACKAGES
  ])
  for (const [name, call] of Object.entries(CALLS)) write(name, call)
  const document = readFileSync('openapi/openapi.json', 'utf8')
  write(DOCUMENT, document)
  // OpenAPI 3.0 has no conditions.
  const withoutConditions: unknown = JSON.parse(document, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !hasTwoForms(value)) return value
    const { if: _if, then: _then, else: _else, ...rest } = value
    return rest
  })
  write('openapi-plain.json', JSON.stringify(withoutConditions))
  run([`${BIN}/openapi-down-convert`, '--input', 'openapi-plain.json', '--output', OLD_DOCUMENT])
}

function missing({ needs }: Client): string | undefined {
  return needs.find(([command, args]) => spawnSync(command, args).status !== 0)?.[2]
}

async function call([command, ...args]: Client['call'], origin: string): Promise<string> {
  const env = { ...process.env, GATEWAY_URL: origin, GATEWAY_KEY: API_KEY }
  const child = spawn(command, args, { cwd: FOLDER, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')])
  return printed
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

const handlers: (() => unknown)[] = []
const t = { teardown: (handler: () => unknown) => handlers.unshift(handler) }
const counts = { passed: 0, failed: 0, skipped: 0 }

prepare()
const { origin } = await startGateway(t, { LOG_LEVEL: 'silent' }, { leads: 1_000 })
for (const client of CLIENTS) {
  const why = missing(client)
  if (why !== undefined) {
    counts.skipped++
    print(`skipped: ${client.name}: ${why}`)
    continue
  }
  for (const step of client.steps) run(step)
  const printed = await call(client.call, origin)
  const isRight = printed === PRINTED
  counts[isRight ? 'passed' : 'failed']++
  print(`${isRight ? 'passed' : 'failed'}: ${client.name}: ${JSON.stringify(printed)}`)
}
for (const handler of handlers) await handler()
print(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
if (counts.failed > 0) process.exitCode = 1
