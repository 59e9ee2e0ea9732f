import { test } from 'tap'
import { ACCOUNT_STEPS, SERVER_STEPS } from '../../../src/tools/check/step.ts'
import { checkUrl, startVicidial } from './set-up.ts'

test('a healthy VICIdial: every step is reported, and no lead is changed', async (t) => {
  const sandbox = await startVicidial(t)
  const before = sandbox.leads()
  const { steps, ids, printed } = await checkUrl(sandbox.url)
  t.strictSame(
    steps.map(({ id }) => id),
    ['configuration', ...SERVER_STEPS, ...ACCOUNT_STEPS]
  )
  t.strictSame(ids('skipped'), ['certificate'])
  t.strictSame([...ids('warning'), ...ids('fault')], [])
  t.match(printed, /^✓ ok {7}configuration: The configuration is sound\.\n/)
  t.match(printed, /\nAll is well\.$/)
  t.strictSame(sandbox.leads(), before)
})

for (const found of [0, 1] as const) {
  for (const told of [0, 1] as const) {
    test(`use_non_latin is ${found} and VICIDIAL_NON_LATIN is ${told}: found without changing anything`, async (t) => {
      const sandbox = await startVicidial(t, {}, { useNonLatin: found })
      const { step } = await checkUrl(sandbox.url, { VICIDIAL_NON_LATIN: String(told) })
      const { status, detail, remedy } = step('non_latin')
      t.equal(status, found === told ? 'ok' : found === 0 ? 'fault' : 'warning')
      t.match(detail, `(use_non_latin=${found})`)
      t.equal(remedy, found === told ? undefined : `Set VICIDIAL_NON_LATIN=${found}.`)
    })
  }
}

test('a login whose password VICIdial strips is accepted with a warning', async (t) => {
  const sandbox = await startVicidial(t, { pass: 'canary-5ecret' })
  const { step } = await checkUrl(sandbox.url, { VICIDIAL_PASS: 'canary-5$ecret' })
  t.match(step('login'), { status: 'warning', detail: /weaker than it looks/ })
})
