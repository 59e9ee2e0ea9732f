import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { type TSchema, Type } from 'typebox'
import { ROUTE_PERMISSIONS } from '../../src/callers/caller.ts'
import { CallerSchema } from '../../src/config/callers/caller-schema.ts'
import { loadConfig } from '../../src/config/config.ts'
import { EnvironmentSchema } from '../../src/config/environment.ts'
import { ERRORS, type ErrorDescription } from '../../src/errors.ts'
import { BUILD_RULES } from '../../src/vicidial/builds.ts'
import { isOwnFile, readPage } from './page.ts'

/** The rows of a document's tables that begin with a name in code type: the name and the cell after it, in order. */
function namedRows(path: string): [name: string, second: string][] {
  const rows = readFileSync(path, 'utf8').matchAll(/^\| +`([A-Za-z_]+)` +\| +([^|]+?) +\|/gm)
  return [...rows].map(([, name = '', second = '']) => [name, second.replaceAll('`', '')])
}

function byName<Row extends readonly [string, ...unknown[]]>(rows: readonly Row[]): Row[] {
  return rows.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function defaultOf(schema: TSchema): string {
  if ('default' in schema) return String(schema.default)
  return Type.IsOptional(schema) ? '–' : 'required'
}

test('docs/errors.md has every code once, a request code with its HTTP status, and no other', (t) => {
  const results = ['not_found', 'ambiguous', 'failed', 'rejected']
  const documented = namedRows('docs/errors.md').map(([code, second]): [string, number | undefined] => [
    code,
    results.includes(second) ? undefined : Number(second)
  ])
  const codes = Object.entries<ErrorDescription>(ERRORS).map(
    ([code, { status }]): [string, number | undefined] => [code, status]
  )
  t.strictSame(byName(documented), byName(codes))
  t.end()
})

test('docs/configuration.md has every variable once, with its default, and no other', (t) => {
  const variables = Object.entries<TSchema>(EnvironmentSchema.properties).map(
    ([name, schema]): [string, string] => [name, defaultOf(schema)]
  )
  t.strictSame(byName(namedRows('docs/configuration.md')), byName(variables))
  t.end()
})

/** The rows of the tables of a page's section, as cells. */
function tableOf(path: string, heading: string): string[][] {
  const [section = ''] = readFileSync(path, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ') ?? []
  const rows = section.match(/^\| .*\|$/gm) ?? []
  return rows.map((row) => row.split(/ *\| */).slice(1, -1))
}

test('docs/callers.md has every property of a caller, every permission and every route, and no other', (t) => {
  const { permissions } = CallerSchema.properties
  const properties = Object.keys(CallerSchema.properties).map((name) => `\`callers[].${name}\``)
  const described = tableOf('docs/callers.md', 'What a caller has').map(([name = '']) => name)
  t.strictSame(described.filter((name) => name.startsWith('`')).toSorted(), properties.toSorted())

  const rows = tableOf('docs/callers.md', 'Permissions').map(([name = '', ...rest]) => [name, ...rest])
  const names = rows.flatMap(([name = '']) => (name.startsWith('`') ? [name.replaceAll('`', '')] : []))
  t.strictSame(names.toSorted(), Object.keys(permissions.anyOf[1].properties).toSorted())
  const routes = rows
    .filter(([name]) => name === '' || name === '`routes`')
    .flatMap(([, allows = '']) => [...allows.matchAll(/(?:^|; )((?:`[\w:]+`(?:, )?)+): /g)])
    .flatMap(([, list = '']) => list.replaceAll('`', '').split(', '))
  t.strictSame(routes.toSorted(), [...ROUTE_PERMISSIONS, 'webhook:NAME'].toSorted())
  t.end()
})

test('docs/vicidial-builds.md has every rule of a build, in order, and no other', (t) => {
  const rows = readFileSync('docs/vicidial-builds.md', 'utf8').matchAll(
    /^\| ((?:before )?\d{6}-\d{4}[^|]*?) +\| ([^|]+?) +\|/gm
  )
  const documented = [...rows].map(([, builds = '', does = '']) =>
    [builds, does].join(': ').replaceAll('`', '')
  )
  const rules = BUILD_RULES.map(({ from, until, mode, does }) => {
    const builds = from === undefined ? `before ${until}` : `${from} to before ${until}`
    return `${builds}${mode === undefined ? '' : `, use_non_latin ${mode}`}: ${does}`
  })
  t.strictSame(documented, rules)
  t.end()
})

test('docs/configuration.md shows a YAML file that the gateway accepts', (t) => {
  const example = readPage('docs/configuration.md').blocks.find(isOwnFile)
  const directory = t.testdir({ 'gateway.yaml': example?.text ?? '' })
  const config = loadConfig({
    VICIDIAL_URL: 'https://dialer.example/vicidial/non_agent_api.php',
    VICIDIAL_USER: 'gateway',
    VICIDIAL_PASS: 'secret',
    GATEWAY_CONFIG: `${directory}/gateway.yaml`
  })
  t.strictSame(
    config.callers.map(({ name, source, onLossy }) => ({ name, source, onLossy })),
    [
      { name: 'crm', source: 'CRM', onLossy: undefined },
      { name: 'webshop', source: undefined, onLossy: 'reject' }
    ]
  )
  t.strictSame([...config.customFields], [['favorite_color', { type: 'TEXT', maxLength: 50 }]])
  t.end()
})

test('docs/licences.md lists every production library of the lock file, its version and licence, and no other', (t) => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; license?: string; dev?: boolean; devOptional?: boolean }>
  }
  const installed = Object.entries(packages).flatMap(([path, { version, license, dev, devOptional }]) =>
    path === '' || dev || devOptional ? [] : [`${path.split('node_modules/').at(-1)} ${version} ${license}`]
  )
  const rows = readFileSync('docs/licences.md', 'utf8').matchAll(/^\| (\S+) \| (\S+) \| (.+) \|$/gm)
  const listed = [...rows].map(([, name, version, licence]) => `${name} ${version} ${licence}`)
  t.strictSame(listed.slice(1).toSorted(), [...new Set(installed)].toSorted())
  t.end()
})

/** What a page names in code type, of the given form. */
function namedIn(path: string, form: RegExp): string[] {
  return [...readFileSync(path, 'utf8').matchAll(form)].map(([, name = '']) => name)
}

for (const [path, least] of [
  ['docs/threat-model.md', 30],
  ['docs/architecture.md', 50],
  ['docs/comparison.md', 15]
] as const) {
  test(`every file of this repository that ${path} names exists`, (t) => {
    const named = namedIn(path, /`((?:src|routes|schemas|test|bench|openapi)\/[^`]*(?<!\.php|\.java))`/g)
    t.ok(named.length > least)
    t.strictSame(
      named.filter((file) => !existsSync(file)),
      []
    )
    t.end()
  })
}

test('docs/architecture.md has twelve promises, each with tests', (t) => {
  const rows = readFileSync('docs/architecture.md', 'utf8').match(/^\| \d+ \| .*$/gm) ?? []
  t.equal(rows.length, 12)
  for (const row of rows) t.match(row, /`test\/.+\.test\.ts`/)
  t.end()
})

test('docs/comparison.md names recorded exchanges, and the committed bench figures', (t) => {
  const ids = new Set(
    readFileSync('test/fixtures/transcripts.jsonl', 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id)
  )
  const named = namedIn('docs/comparison.md', /`((?:batch|field|update|permission|auth|wire)\/[^`]+)`/g)
  t.ok(named.length > 20)
  t.strictSame(
    named.filter((id) => !ids.has(id)),
    []
  )
  const bench = JSON.parse(readFileSync('bench/results.json', 'utf8'))
  const many = bench.singleLeads.at(-1)
  const text = readFileSync('docs/comparison.md', 'utf8')
  t.match(text, `${Math.round(many.directPerSecond)} leads a second`)
  t.match(text, `${Math.round(many.gatewayPerSecond)} a second with ${many.callers} callers`)
  t.match(text, `${bench.loneRequest.p50.directMs.toFixed(1)} ms (median`)
  t.match(text, `${bench.loneRequest.p50.gatewayMs.toFixed(1)} ms: the gateway adds`)
  t.end()
})

/** What no commit holds. */
const MADE = ['node_modules', 'dist', 'data', 'reports', 'coverage']

test('docs/architecture.md describes every folder of src and of the checkout', (t) => {
  const [layout = ''] = /## Layout\n.*?\n## /s.exec(readFileSync('docs/architecture.md', 'utf8')) ?? []
  const within = (parent: string) =>
    readdirSync(parent, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  const folders = within('.').filter((name) => !name.startsWith('.') && !['src', ...MADE].includes(name))
  for (const folder of [...folders, ...within('src').map((name) => `src/${name}`)])
    t.match(layout, `\`${folder}/\``)
  t.end()
})
