import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { RegExpParser } from '@eslint-community/regexpp'
import { parse, type Token } from 'acorn'
import { analyse } from 'scslre'
import { test } from 'tap'
import { openApi } from '../helper.ts'

const ROOT = join(import.meta.dirname, '../..')

interface Pattern {
  /** File and line, or where it is in the OpenAPI document. */
  readonly where: string
  readonly pattern: string
  readonly flags: string
}

/** The regular expressions that are written in the source. */
function literals(): Pattern[] {
  return globSync('{src,routes,schemas}/**/*.ts', { cwd: ROOT }).flatMap((file) => {
    const found: Pattern[] = []
    const onToken = (token: Token) => {
      if (token.type.label !== 'regexp') return
      const { pattern, flags } = (token as unknown as { value: { pattern: string; flags: string } }).value
      found.push({ where: `${file}:${token.loc?.start.line}`, pattern, flags })
    }
    const source = stripTypeScriptTypes(readFileSync(join(ROOT, file), 'utf8'))
    parse(source, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken })
    return found
  })
}

/** The patterns of a schema, and of all within it. */
function patternsIn(value: unknown, where: string): Pattern[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'pattern' && typeof inner === 'string'
      ? [{ where, pattern: inner, flags: 'u' }]
      : patternsIn(inner, `${where}/${name}`)
  )
}

/** What makes matching a pattern take more steps than in proportion to the text. */
function faults({ pattern, flags }: Pattern): string[] {
  const parser = new RegExpParser()
  const unicode = { unicode: flags.includes('u'), unicodeSets: flags.includes('v') }
  const parsed = {
    pattern: parser.parsePattern(pattern, 0, pattern.length, unicode),
    flags: parser.parseFlags(flags)
  }
  return analyse(parsed).reports.map(({ type }) => type)
}

test('no regular expression can take more steps than in proportion to the text', async (t) => {
  const patterns = [...literals(), ...patternsIn(await openApi(), '#')]
  t.ok(patterns.length > 100, 'they are found')
  const slow = patterns.flatMap((one) => faults(one).map((fault) => `${one.where} /${one.pattern}/ ${fault}`))
  t.same(slow, [])
})

test('the check knows a slow one', (t) => {
  for (const pattern of ['(a+)+$', '^\\s+|\\s+$', '^a*a*$', '^(?:[^x]+|xx)*$'])
    t.not(faults({ where: '', pattern, flags: '' }).length, 0, pattern)
  t.same(faults({ where: '', pattern: '^[a-z]{1,9}$', flags: '' }), [])
  t.end()
})
