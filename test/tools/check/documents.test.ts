import { readFileSync } from 'node:fs'
import { test } from 'tap'
import {
  ACCOUNT_STEPS,
  ACTION_STEPS,
  DATABASE_STEPS,
  READ_STEPS,
  SERVER_STEPS,
  TEST_LEAD_STEPS
} from '../../../src/tools/check/step.ts'
import { checkUrl, startVicidial } from './set-up.ts'

const DOCUMENT = readFileSync('docs/check.md', 'utf8')

/** The output without values that differ from run to run. */
function lasting(output: string): string {
  return output
    .trim()
    .replace(/Port \d+ of/, 'Port N of')
    .replace(/takes [\d.]+ ms \(median of 5, [\d.]+ to [\d.]+\)/, 'takes N ms (median of 5, N to N)')
}

test('docs/check.md shows the output for a good setup, a wrong password and an old build', async (t) => {
  const shown = [...DOCUMENT.matchAll(/```\n(✓[^`]*)```/g)].map(([, output = '']) => lasting(output))
  const good = await startVicidial(t)
  const wrong = await startVicidial(t, { pass: 'another' })
  const old = await startVicidial(t, {}, { build: '210901-0000' })
  const printed: string[] = []
  for (const { url } of [good, wrong, old]) printed.push(lasting((await checkUrl(url)).printed))
  t.strictSame(shown, printed)
})

/** The steps after the login, with those for reading among the functions. */
const SIGNED_IN = ACCOUNT_STEPS.flatMap((step) =>
  step === 'lists' ? [...READ_STEPS, ...ACTION_STEPS, step] : [step]
)

test('docs/check.md lists every step, in order', async (t) => {
  const rows = [...DOCUMENT.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  )
  t.strictSame(rows, ['configuration', ...DATABASE_STEPS, ...SERVER_STEPS, ...SIGNED_IN, ...TEST_LEAD_STEPS])
})
