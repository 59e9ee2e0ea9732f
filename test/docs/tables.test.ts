import { existsSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { type TSchema, Type } from 'typebox'
import { loadConfig } from '../../src/config.ts'
import { EnvironmentSchema } from '../../src/environment.ts'
import { ERRORS, type ErrorKind } from '../../src/errors.ts'

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
  const codes = Object.entries<ErrorKind>(ERRORS).map(([code, { status }]): [string, number | undefined] => [
    code,
    status
  ])
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

test('docs/configuration.md shows a YAML file that the gateway takes', (t) => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(readFileSync('docs/configuration.md', 'utf8')) ?? []
  const directory = t.testdir({ 'gateway.yaml': example })
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
  t.strictSame([...config.customFields], [['favorite_color', 50]])
  t.end()
})

test('docs/licences.md has every library of the lock file that runs, its version and its licence, and no other', (t) => {
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

test('every test that docs/threat-model.md names is there', (t) => {
  const named = [...readFileSync('docs/threat-model.md', 'utf8').matchAll(/`(test\/[^`]+)`/g)].map(
    ([, path = '']) => path
  )
  t.ok(named.length > 30)
  t.strictSame(
    named.filter((path) => !existsSync(path)),
    []
  )
  t.end()
})
