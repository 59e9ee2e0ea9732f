import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { RELEASES, SINCE } from '../../src/tools/sandbox/api/builds.ts'
import { BUILD_PATTERN, BUILD_RULES, type BuildRuleId, MEASURED, rulesOf } from '../../src/vicidial/builds.ts'

function ids(build: string | undefined, mode: 0 | 1 = 0): string[] {
  return rulesOf(build, mode).map(({ id }) => id)
}

test('each build has the rules of its time', async (t) => {
  t.strictSame(ids('250720-1841'), [])
  t.strictSame(ids('241004-1518'), ['custom_fields_fault'])
  t.strictSame(ids('230614-0828'), ['custom_fields_fault'])
  t.strictSame(ids('230122-1821'), ['forbidden_list_without_results', 'custom_fields_fault'])
  t.strictSame(ids('220223-0838'), ['forbidden_list_without_results', 'custom_fields_fault'])
  t.strictSame(ids('220126-2116'), [
    'keys_in_apostrophes',
    'country_code_capitals',
    'forbidden_list_without_results',
    'custom_fields_fault'
  ])
  t.strictSame(ids('211027-0845').slice(0, 2), ['keys_in_apostrophes', 'php_7_only'])
  t.strictSame(ids('210917-1615').slice(0, 2), ['no_lead_search', 'php_7_only'])
  t.equal(ids('210917-1614')[0], 'no_batch_update_lead')
})

test('a rule of one setting of use_non_latin is not for the other', async (t) => {
  t.notOk(ids('220126-2116', 1).includes('country_code_capitals'))
  t.ok(ids('220126-2116', 1).includes('keys_in_apostrophes'))
})

test('a build that is not known has the rules that protect VICIdial, and no other', async (t) => {
  t.strictSame(ids(undefined, 0), ['keys_in_apostrophes'])
  t.strictSame(ids(undefined, 1), ['keys_in_apostrophes'])
})

test('each rule has an id of its own, and builds in order', async (t) => {
  t.equal(new Set(BUILD_RULES.map(({ id }) => id)).size, BUILD_RULES.length)
  for (const { from = '000000-0000', until, does } of BUILD_RULES) {
    t.match(from, new RegExp(BUILD_PATTERN))
    t.match(until, new RegExp(BUILD_PATTERN))
    t.ok(from < until)
    t.notMatch(does, /\.$/)
  }
})

/** What the gateway and the sandbox both know. Neither may import the other. */
const SHARED: readonly (readonly [BuildRuleId, keyof typeof SINCE])[] = [
  ['no_batch_update_lead', 'hasBatchUpdateLead'],
  ['no_lead_search', 'hasLeadSearch'],
  ['keys_in_apostrophes', 'quotesKeysDouble'],
  ['php_7_only', 'runsOnPhp8'],
  ['country_code_capitals', 'cleansAllValues'],
  ['forbidden_list_without_results', 'saysWhereListIsRefused']
]

test('the sandbox changes its ways with the builds that the gateway has rules for', async (t) => {
  for (const [id, since] of SHARED)
    t.equal(BUILD_RULES.find((rule) => rule.id === id)?.until, SINCE[since], id)
  t.equal(BUILD_RULES.find(({ id }) => id === 'keys_in_apostrophes')?.from, SINCE.hasLeadSearch)
  t.strictSame(RELEASES[0], MEASURED)
})

test('the page about builds names each of them', async (t) => {
  const page = readFileSync('docs/vicidial-builds.md', 'utf8')
  for (const [rule, since] of Object.entries(SINCE)) t.match(page, since, rule)
  for (const { id, until } of BUILD_RULES) t.match(page, until, id)
})
