import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'tap'
import { parse } from 'yaml'

const { include } = parse(readFileSync('.taprc', 'utf8')) as { include: string[] }

test('every test file runs once: in a suite, or in a process of its own', async (t) => {
  const suites = globSync('test/**/suite.ts')
  const imported = suites.flatMap((suite) => {
    const imports = readFileSync(suite, 'utf8').matchAll(/^import '(.*)'$/gm)
    return [...imports].map(([, file = '']) => join(dirname(suite), file))
  })
  const run = [...globSync(include), ...imported].filter((file) => !suites.includes(file))
  t.same(run.sort(), globSync('test/**/*.test.ts').sort())
})

test('tap runs every suite', async (t) => {
  t.same(
    globSync('test/**/suite.ts').filter((suite) => !globSync(include).includes(suite)),
    []
  )
})

/** The patterns that a pattern with lists in braces stands for. */
function expanded(pattern: string): string[] {
  const [braces, list] = /\{([^{}]*)\}/.exec(pattern) ?? []
  if (braces === undefined || list === undefined) return [pattern]
  return list.split(',').flatMap((part) => expanded(pattern.replace(braces, part)))
}

test('each module and each test file that the mutation tests name exists', async (t) => {
  const { mutate, tap } = JSON.parse(readFileSync('stryker.config.json', 'utf8')) as {
    mutate: string[]
    tap: { testFiles: string[] }
  }
  const named = [...mutate, ...tap.testFiles].flatMap(expanded)
  t.same(
    named.filter((file) => globSync(file).length === 0),
    []
  )
})
