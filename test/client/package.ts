import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { dataDir, startGateway } from '../helper.ts'

const NAME = 'vicidial-gateway-client'

/** The program of packages/client/README.md, with what it prints. */
const PROGRAM = `import { createClient, type Update } from 'vicidial-gateway-client'

const client = createClient({ url: 'http://127.0.0.1:3000', key: 'demo-key' })

const updates: Update[] = [
  { lead_id: 101, fields: { status: 'SALE', email: 'ann@example.com' } },
  { vendor_lead_code: 'CRM-999999', fields: { comments: null } }
]
const { data, error } = await client.POST('/v1/leads/batch-update', {
  params: { header: { 'Idempotency-Key': 'order-4711' } },
  body: { updates }
})
if (error) throw new Error(error.code + ': ' + error.detail)
if ('results' in data) for (const { index, status } of data.results) console.log(index, status)
`
const OUTPUT = '0 updated\n1 not_found\n'

/** What the compiler of a user refuses. */
const REFUSED = `
// @ts-expect-error status is misspelt.
await client.PATCH('/v1/leads/{lead_id}', { params: { path: { lead_id: '101' } }, body: { statuss: 'SALE' } })
`
const COMPILE = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom']

/**
 * Installs the client in an empty folder outside the checkout, and runs its README on the oldest Node that it takes.
 * @param tarball as npm packs it
 */
export async function testClientPackage(t: Test, tarball: string): Promise<void> {
  const folder = dataDir(t)
  const installed = install(folder, tarball)
  t.strictSame(installed.toSorted(), ['openapi-fetch', 'openapi-typescript-helpers', NAME])
  t.strictSame(importsOf(folder), ['openapi-fetch'], 'nothing of Node')

  const home = join(folder, 'node_modules', NAME)
  const { version, dependencies, engines } = readJson(join(home, 'package.json'))
  t.equal(version, packageJson.version)
  t.strictSame(dependencies, { 'openapi-fetch': `^${packageJson.dependencies['openapi-fetch']}` })
  t.strictSame(engines, { node: '>=20' })
  t.strictSame(filesIn(home), [
    'LICENSE',
    'README.md',
    'dist/client.d.ts',
    'dist/client.js',
    'dist/gateway-client.d.ts',
    'dist/openapi-types.d.ts',
    'package.json'
  ])

  const { origin } = await startGateway(t, { API_KEY: 'demo-key' }, { leads: 1_000 })
  const program = PROGRAM.replace('http://127.0.0.1:3000', origin)
  writeFileSync(join(folder, 'refused.mts'), program + REFUSED)
  writeFileSync(join(folder, 'program.mts'), program)
  t.equal(await output('tsc', [...COMPILE, 'refused.mts', 'program.mts'], folder), '')
  const old = nodeOf(20)
  if (old === undefined)
    t.comment('skipped: there is no Node 20 in PATH, the client runs on the Node of the tests')
  t.equal(await output(old ?? 'node', ['program.mjs'], folder), OUTPUT)
}

/** Installs a package as npm does, from what it has installed here. Returns the names of all packages that it takes. */
function install(folder: string, tarball: string): string[] {
  const names = [NAME]
  for (const name of names) {
    const home = join(folder, 'node_modules', name)
    if (name === NAME) {
      mkdirSync(home, { recursive: true })
      spawnSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'], { stdio: 'inherit' })
    } else cpSync(join('node_modules', name), home, { recursive: true })
    const { dependencies = {} } = readJson(join(home, 'package.json'))
    names.push(...Object.keys(dependencies).filter((one) => !names.includes(one)))
  }
  return names
}

/** Packages, those of Node included, that the JavaScript of the installed packages imports. */
function importsOf(folder: string): string[] {
  const modules = globSync('node_modules/**/*.{js,mjs}', { cwd: folder })
  const imported = modules.flatMap((module) => {
    const code = readFileSync(join(folder, module), 'utf8')
    const names = code.matchAll(/(?:\bfrom|\bimport\(?|\brequire\()\s*['"]([^'"]+)['"]/g)
    return [...names].map(([, name = '']) => name).filter((name) => !name.startsWith('.'))
  })
  return [...new Set(imported)]
}

function filesIn(folder: string): string[] {
  const found = globSync('**', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile())
  return found.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).toSorted()
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** A Node of a major version on the path, if there is one. */
function nodeOf(major: number): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  const nodes = new Set(candidates.filter(existsSync).map((file) => realpathSync(file)))
  return [...nodes].find((file) =>
    spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout?.startsWith(`v${major}.`)
  )
}

/** What a command prints, faults included. */
async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [printed, faults] = await Promise.all([text(child.stdout), text(child.stderr)])
  return printed + faults
}
