import { globSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { PATHS } from './page.ts'

/** Words that readers had to read twice, each with what to write instead. */
const RETIRED: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\b(?:mends?|mended|mending)\b/, 'fix'],
  [/\banew\b/, 'again'],
  [/\b(?:stand|stands|standing)\b/, 'is, means'],
  [/\bin hand\b/, 'in progress, pending'],
  [/\bon (?:its|their|the) way\b/, 'in flight'],
  [/\bbut for\b/, 'except'],
  [/\b(?:is|are|was|were) told\b/, 'say who reports what'],
  [/\bwhat became of\b/, 'the result of'],
  [/\bso long\b(?! (?:as|that)\b)/, 'for at most N'],
  [/\bfor so many\b/, 'at most N'],
  [/\bas long may it\b/, 'timeout'],
  [/\bshape nothing\b/, "whose payload you can't change"],
  [/\bas (?:it|they) came\b/, 'unchanged'],
  [/\bwhatever comes\b/, 'any input'],
  [/\b(?:want|lack) of room\b/, 'no room'],
  [/\bproves? (?:itself|themselves)\b/, 'authenticates'],
  [/\bnot of the right (?:form|kind)\b/, 'has the wrong form, is not valid'],
  [/\blooked at by\b/, 'say who reads it'],
  [/\bhow things stand\b/, 'the state'],
  [/\bgoes on (?:with it|where)\b/, 'continues']
]

/** What users read: the pages, and the texts of the program, its comments included. */
const SOURCES = [
  'src/**/*.{ts,js}',
  'routes/**/*.ts',
  'schemas/*.ts',
  'openapi/*.ts',
  'bin/*',
  'deploy/*.{yaml,service,conf,cfg}',
  'docs/operations/*'
]

/** A text in one line, without the asterisks of comments: a phrase may be split. */
function flat(text: string): string {
  return text.replaceAll(/\s+(?:\*\s|\/\/\s)?\s*/g, ' ').toLowerCase()
}

/** The retired words of a text, each with its surroundings. */
function retiredIn(text: string): string[] {
  const all = flat(text)
  return RETIRED.flatMap(([word, instead]) =>
    [...all.matchAll(new RegExp(word, 'g'))].map(
      ({ index }) => `…${all.slice(Math.max(0, index - 30), index + 30)}… (${instead})`
    )
  )
}

test('pages and messages have none of the retired words', (t) => {
  const paths = [...PATHS, ...globSync(SOURCES)]
  t.ok(paths.length > 400)
  const found = paths.flatMap((path) =>
    retiredIn(readFileSync(path, 'utf8')).map((where) => `${path}: ${where}`)
  )
  t.strictSame(found, [])
  t.end()
})

test('a retired word is found across lines, in comments, and in any case', (t) => {
  for (const text of [
    'Mend it',
    'for senders that shape\nnothing',
    '/**\n * what\n * became of it',
    'In hand'
  ])
    t.equal(retiredIn(text).length, 1, text)
  for (const text of ['a standard', 'amends', 'handed in', 'understands', 'as long as it runs'])
    t.strictSame(retiredIn(text), [], text)
  t.end()
})
