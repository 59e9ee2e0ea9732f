import { test } from 'tap'
import { BuildWatch } from '../../src/vicidial/build-watch.ts'
import { memoryLog, type Tester } from '../helper.ts'
import { stoppedClock } from '../stopped-clock.ts'

/** A watch, the builds that it reported, and its lines as `level text`. */
function watching(t: Tester, configured?: string, nonLatin: 0 | 1 = 0) {
  const changes: string[] = []
  const { log, logged } = memoryLog()
  const onChange = (build: string) => void changes.push(build)
  const watch = new BuildWatch({ configured, nonLatin, onChange, log })
  t.teardown(() => {
    watch.stop()
  })
  const lines = () =>
    logged()
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .map(({ level, msg }) => `${level} ${msg}`)
  return { watch, changes, lines }
}

test('the build is asked for at the start, and its rules are logged', async (t) => {
  const { watch, changes, lines } = watching(t)
  t.equal(watch.build, undefined)
  t.ok(watch.has('keys_in_apostrophes'), 'it could be one that puts keys into its SQL')
  await watch.start(async () => {
    watch.learn('220126-2116')
  })
  t.equal(watch.build, '220126-2116')
  t.strictSame(changes, ['220126-2116'])
  t.ok(watch.has('country_code_capitals'))
  const [first, second] = lines()
  t.equal(first, '30 vicidial build')
  t.match(second, /^40 in this build of vicidial lead_search puts keys between apostrophes .* are refused/)
})

test('a build without batch_update_lead is an error in the log', async (t) => {
  const { watch, lines } = watching(t)
  watch.learn('210316-2207')
  t.match(lines()[1], /^50 in this build of vicidial batch_update_lead does not exist/)
})

test('a build that stays unknown is asked for again, until it is known', async (t) => {
  const clock = stoppedClock(t)
  const { watch, changes, lines } = watching(t)
  let asked = 0
  const ask = async () => {
    if (++asked === 3) watch.learn('250720-1841')
  }
  await watch.start(ask)
  t.match(lines(), [/^40 vicidial's build is not known yet/])
  await clock.pass(5_000)
  await clock.pass(5_000)
  t.equal(asked, 3)
  t.strictSame(changes, ['250720-1841'])
  t.notOk(watch.has('keys_in_apostrophes'))
  await clock.pass(9 * 60_000)
  t.equal(asked, 3, 'a known build is asked for less often')
  await clock.pass(60_000)
  t.equal(asked, 4)
})

test('another build than before is learned: VICIdial was updated', async (t) => {
  const { watch, changes, lines } = watching(t)
  watch.learn('220126-2116')
  watch.learn('220126-2116')
  watch.learn('250720-1841')
  t.strictSame(changes, ['220126-2116', '250720-1841'])
  t.notOk(watch.has('keys_in_apostrophes'))
  t.ok(lines().includes('40 vicidial has another build than before'))
})

test('a configured build is believed, and not asked for', async (t) => {
  const { watch, changes, lines } = watching(t, '211027-0845')
  await watch.start(async () => t.fail('asked'))
  watch.learn('250720-1841')
  watch.learn('250720-1841')
  t.equal(watch.build, '211027-0845')
  t.ok(watch.has('keys_in_apostrophes'))
  t.strictSame(changes, [])
  t.equal(lines().filter((line) => line === '40 vicidial names another build than VICIDIAL_BUILD').length, 1)
})
