import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type Test, test } from 'tap'
import { PASS, startVicidial } from '../check/set-up.ts'
import { API_KEY, leaksIn } from '../../helper.ts'
import { until } from '../../until.ts'
import { BARE_ENV, run } from './run.ts'

/** Runs the program in a process, without a terminal, with these settings only. */
function start(t: Test, env: Record<string, string>, ...args: string[]) {
  const settings = { VICIDIAL_USER: 'api', VICIDIAL_PASS: PASS, VICIDIAL_DB_CHARSET: 'utf8', API_KEY, ...env }
  const child = spawn(process.execPath, ['src/tools/cli/main.ts', 'check', ...args], {
    env: { ...BARE_ENV, ...settings },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = async () => {
    const [stdout, stderr, [exitCode, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit')
    ])
    t.strictSame(leaksIn(stdout + stderr, [PASS, API_KEY]), [], 'no output holds a secret')
    return { stdout, stderr, exitCode, signal }
  }
  return { child, ended }
}

test('no fault: a line per step, no colours without a terminal, exit code 0', async (t) => {
  const sandbox = await startVicidial(t)
  const { stdout, stderr, exitCode } = await start(t, { VICIDIAL_URL: sandbox.url }).ended()
  t.match(stdout, /^✓ ok {7}configuration: /)
  t.match(stdout, /\n✓ ok {7}lists \(default\): The account is not restricted to some lists\.\n/)
  t.match(stdout, /\nAll is well\.\n$/)
  t.notMatch(stdout, '\u001B')
  t.strictSame({ stderr, exitCode }, { stderr: '', exitCode: 0 })
})

test('a wrong login as JSON: exit code 1, one attempt', async (t) => {
  const sandbox = await startVicidial(t, { pass: 'another' })
  const { stdout, stderr, exitCode } = await start(t, { VICIDIAL_URL: sandbox.url }, '--json').ended()
  const { ok, steps } = JSON.parse(stdout)
  t.equal(ok, false)
  const login = steps.find(({ id }: { id: string }) => id === 'login')
  t.strictSame(Object.keys(login), ['id', 'account', 'status', 'detail', 'remedy', 'ms'])
  t.match(login, { account: 'default', status: 'fault', ms: Number })
  t.strictSame({ stderr, exitCode }, { stderr: '', exitCode: 1 })
  t.equal(sandbox.calls().filter(({ function: name }) => name === 'batch_update_lead').length, 1)
})

test('faults of the configuration: all are shown, exit code 1', async (t) => {
  const { stdout, exitCode } = await start(t, { VICIDIAL_PASS: '', PORT: 'http' }).ended()
  t.match(stdout, '✗ fault    configuration: VICIDIAL_URL is required')
  t.match(stdout, '✗ fault    configuration: VICIDIAL_PASS is required')
  t.match(stdout, '✗ fault    configuration: PORT must be')
  t.equal(exitCode, 1)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} while the test lead is changed: it is restored before the signal ends the program`, async (t) => {
    const sandbox = await startVicidial(t, {}, { callMs: 60 })
    const before = sandbox.leads()
    const env = { VICIDIAL_URL: sandbox.url }
    const { child, ended } = start(t, env, '--test-lead', '5', '--yes')
    const over = ended()
    await until('the lead is changed', () => sandbox.leads()[5]?.address3 !== '')
    child.kill(signal)
    const { stdout, stderr, ...end } = await over
    t.strictSame(sandbox.leads(), before)
    t.strictSame(end, { exitCode: null, signal })
    t.match(stderr, /^Lead 5: address3 \(now empty\) .*\nRestoring lead 5 first\.\n$/)
    t.match(stdout, 'which has its old value again.')
  })
}

const refused: [message: RegExp, ...args: string[]][] = [
  [/'--test-lead <id>' argument '0' is invalid/, '--test-lead', '0'],
  [/'--test-lead <id>' argument '1,2' is invalid/, '--test-lead', '1,2'],
  [/--yes needs --test-lead/, '--yes'],
  [/unknown option '--fix'/, '--fix']
]

test('invalid arguments are refused with 2', async (t) => {
  for (const [message, ...args] of refused) {
    const { exitCode, stdout, stderr } = await run('check', ...args)
    t.strictSame({ exitCode, stdout }, { exitCode: 2, stdout: '' }, args.join(' '))
    t.match(stderr, message)
  }
})

test('--test-lead needs a terminal to ask on, or --yes', async (t) => {
  const { exitCode, stdout, stderr } = await start(t, {}, '--test-lead', '5').ended()
  t.strictSame({ exitCode, stdout }, { exitCode: 2, stdout: '' })
  t.match(stderr, /without a terminal to ask on, it needs --yes/)
})
