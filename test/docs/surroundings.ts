import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { readGatewayFile } from '../../src/config/gateway-file.ts'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { dataDir, type Gateway, startGateway, type Tester } from '../helper.ts'
import { type Block, isOwnFile, type Page, readPage } from './page.ts'

/** What a page's commands find about them: a directory, and a gateway on a sandbox VICIdial with 1,000 leads. */
export interface Surroundings {
  readonly directory: string
  readonly gateway: Gateway
  readonly env: Readonly<Record<string, string>>
  /** A text of the page with the addresses, files and commands that are here in the place of those shown. */
  readonly replaced: (text: string) => string
}

/** The key of `API_KEY`, as on the pages. */
const KEY = 'demo-key'

/** The secret files beside the gateway file, including the pages' own. */
export const SECRETS: Readonly<Record<string, string>> = {
  hubspot_client_secret: '6f1d3c52-hubspot-app',
  curl_secret: 'curl-signing-secret-5d0e',
  form_token: 'form-token-19ab',
  github_secret: "It's a Secret to Everybody",
  stripe_secret: 'whsec_stripe_example_4f2c',
  shopify_secret: 'shpss_example_91b0',
  zendesk_secret: 'zendesk_example_7c1d',
  intercom_secret: 'intercom_example_22fa',
  acme_secret: 'YWNtZS13ZWJob29rcy1leGFtcGxl',
  meta_app_secret: 'meta_app_example_83be',
  meta_verify_token: 'meta-verify-token-6d1f',
  slack_secret: 'slack_example_5e20',
  zoom_secret: 'zoom_example_40c9',
  monday_key: 'monday-key-77aa',
  mailchimp_key: 'mailchimp-key-31d8',
  google_ads_key: 'google-ads-key-9e04',
  jotform_key: 'jotform-key-2f6a',
  twilio_auth_token: '12345',
  standard_secret: 'whsec_c3RhbmRhcmQtd2ViaG9va3MtZXhhbXBsZQ==',
  salesapi_pass: 'salesapi1',
  // The port discard, where nobody listens.
  alerts_url: 'http://127.0.0.1:9/services/T0/B0/alerts-example'
}

/** Vendor codes of the pages, by the lead that has them here. */
const VENDOR_CODES = new Map([
  [110, '00QHs00001AbCdEMAV'],
  [111, '1246965'],
  [112, '1246979']
])

/** VICIdial users of the pages, beside the sandbox's own. */
const USERS = [
  { user: 'gateway', pass: 'PASSWORD' },
  { user: 'salesapi', pass: SECRETS['salesapi_pass'] ?? '' }
]

const LEADS = 1_000
const { scripts, bin = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>
  bin?: Record<string, string>
}
const BODIES = 'test/fixtures/webhooks'
const HERE = ['src', 'routes', 'schemas', 'openapi', 'demo', 'test', 'node_modules', 'package.json']

function fixture() {
  const { leads, users, ...rest } = generateFixture(LEADS)
  return {
    ...rest,
    leads: leads.map((lead) => ({
      ...lead,
      status: 'DROP',
      vendor_lead_code: VENDOR_CODES.get(lead.lead_id) ?? lead.vendor_lead_code
    })),
    users: users.flatMap((user) => [user, ...USERS.map((other) => ({ ...user, ...other }))])
  }
}

/** One gateway file of all that the page shows of it. */
function gatewayFile(blocks: readonly Block[]): string {
  const all: Record<string, unknown> = {}
  for (const { text } of blocks) {
    for (const [name, value] of Object.entries(parse(text) as Record<string, unknown>)) {
      const before = all[name]
      all[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value
    }
  }
  // JSON is YAML.
  return JSON.stringify(all)
}

/** A directory with what the commands of a page may read: the program, the bodies of webhooks, secrets, its own files. */
function directoryOf(t: Tester, { blocks, borrowed }: Page): string {
  const directory = dataDir(t)
  cpSync(BODIES, directory, { recursive: true })
  for (const name of HERE) symlinkSync(resolve(name), join(directory, name))
  for (const [name, secret] of Object.entries(SECRETS)) writeFileSync(join(directory, name), `${secret}\n`)
  for (const { file, text } of blocks) if (file !== undefined) writeFileSync(join(directory, file), text)
  const shown = [...blocks, ...borrowed.flatMap((path) => readPage(path).blocks)].filter(isOwnFile)
  const yaml = shown.length > 0 ? gatewayFile(shown) : 'custom_fields: []'
  writeFileSync(join(directory, 'gateway.yaml'), yaml.replaceAll('/run/secrets/', `${directory}/`))
  addCommands(directory)
  return directory
}

/** Makes the package's own commands, if it has some, and npx for them alone. */
function addCommands(directory: string): void {
  mkdirSync(join(directory, '.commands'))
  const write = (name: string, script: string) => {
    writeFileSync(join(directory, '.commands', name), `#!/bin/sh\nexec ${script} "$@"\n`, { mode: 0o755 })
  }
  for (const [name, script] of Object.entries(bin)) write(name, `node ${resolve(script)}`)
  write('npx', 'env')
}

export async function startSurroundings(t: Tester, page: Page): Promise<Surroundings> {
  const directory = directoryOf(t, page)
  const path = join(directory, 'gateway.yaml')
  const faults: string[] = []
  readGatewayFile(path, faults)
  if (faults.length > 0) throw new Error(`${page.path}: ${faults.join('\n')}`)
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path, API_KEY: KEY }, { fixture: fixture() })
  const { sandbox, origin } = gateway
  const replacements: readonly (readonly [shown: string, here: string])[] = [
    ['http://127.0.0.1:3000', origin],
    ['https://gateway.example', origin],
    ['https://dialer.example', sandbox.origin],
    ['npm ci && npm run demo', `${scripts['demo']} --once --port 0`]
  ]
  return {
    directory,
    gateway,
    env: {
      PATH: `${directory}/.commands:${resolve('node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      HOME: directory,
      LC_ALL: 'C.UTF-8',
      NODE_COMPILE_CACHE: resolve('node_modules/.cache/node'),
      GATEWAY: origin,
      KEY,
      GATEWAY_URL: origin,
      GATEWAY_KEY: KEY,
      SANDBOX: sandbox.origin
    },
    replaced: (text) => replacements.reduce((rest, [shown, here]) => rest.replaceAll(shown, here), text)
  }
}
