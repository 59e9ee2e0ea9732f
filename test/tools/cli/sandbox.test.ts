import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Test, test } from 'tap'
import { run } from './run.ts'

function start(t: Test, ...args: string[]) {
  const child = spawn(process.execPath, ['src/tools/cli/main.ts', 'sandbox', ...args], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  let printed = ''
  for await (const chunk of stdout ?? []) {
    printed += String(chunk)
    if (printed.includes('\n')) break
  }
  return printed
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`it prints its address, and ${signal} ends it`, async (t) => {
    const child = start(t, '--port', '0', '--fixture', 'test/fixtures/fixture.json', '--use-non-latin', '1')
    const line = await firstLine(child)
    t.match(line, /^listening on http:\/\/127\.0\.0\.1:\d+\n$/)
    const origin = line.trim().split(' ')[2] ?? ''
    t.match(await (await fetch(`${origin}/sandbox/leads`)).json(), {
      112: { vendor_lead_code: 'CRM-DUP' }
    })
    t.match(await settings(origin), 'use_non_latin=1')
    child.kill(signal)
    t.strictSame(await once(child, 'exit'), [0, null])
  })
}

/** The letters that the sandbox keeps show its `use_non_latin`. */
async function settings(origin: string): Promise<string> {
  const body = new URLSearchParams({
    function: 'update_lead',
    user: 'api',
    pass: 's3cret',
    source: 'test',
    lead_id: '101',
    first_name: 'José'
  })
  await fetch(`${origin}/vicidial/non_agent_api.php`, { method: 'POST', body })
  const leads = (await (await fetch(`${origin}/sandbox/leads`)).json()) as Record<
    string,
    { first_name: string }
  >
  return `use_non_latin=${leads['101']?.first_name === 'José' ? 1 : 0}`
}

test('--leads are generated, and --json prints the address as JSON', async (t) => {
  const child = start(
    t,
    '--leads',
    '7',
    '--call-ms',
    '0.5',
    '--lead-us',
    '40',
    '--build',
    '210901-0000',
    '--php',
    '7',
    '--db-charset',
    'latin1',
    '--json'
  )
  const { origin, url } = JSON.parse(await firstLine(child))
  t.equal(url, `${origin}/vicidial/non_agent_api.php`)
  const leads = (await (await fetch(`${origin}/sandbox/leads`)).json()) as object
  t.equal(Object.keys(leads).length, 7)
  const version = await fetch(`${url}?function=version`)
  t.match(await version.text(), '|BUILD: 210901-0000|')
})

const refused: [message: RegExp, ...args: string[]][] = [
  [/unknown option '--prot'/, '--prot', '1'],
  [/'--port <n>' argument '65536' is invalid/, '--port', '65536'],
  [/'--port <n>' argument 'http' is invalid/, '--port', 'http'],
  [/'--leads <n>' argument 'many' is invalid/, '--leads', 'many'],
  [/'--use-non-latin <0\|1>' argument '2' is invalid. Allowed choices are 0, 1/, '--use-non-latin', '2'],
  [/'--call-ms <a>' argument 'fast' is invalid/, '--call-ms', 'fast'],
  [/'--lead-us <b>' argument '-1' is invalid/, '--lead-us=-1'],
  [/'--php <7\|8>' argument '5' is invalid. Allowed choices are 7, 8/, '--php', '5'],
  [/'--db-charset <charset>' argument 'x' is invalid. Allowed choices are utf8, latin1/, '--db-charset', 'x'],
  [/'--time-zone <zone>' argument 'x' is invalid. It must be a name like America/, '--time-zone', 'x'],
  [/'--build <build>' argument '2021' is invalid. It must have the form YYMMDD-HHMM/, '--build', '2021'],
  [/'--port <n>' argument '65536' is invalid\. It must be a port from 0 to 65535\./, '--port', '65536'],
  [/too many arguments/, 'start'],
  [/cannot be used with/, '--leads', '5', '--fixture', 'test/fixtures/fixture.json'],
  [/no such file/, '--fixture', 'nowhere.json'],
  [/lacks leads, users, lists or user_groups/, '--fixture', 'package.json']
]

test('invalid arguments are refused, with a message and the help', async (t) => {
  for (const [message, ...args] of refused) {
    const { exitCode, stdout, stderr } = await run('sandbox', ...args)
    t.strictSame({ exitCode, stdout }, { exitCode: 2, stdout: '' }, args.join(' '))
    t.match(stderr, message)
    t.match(stderr, 'Usage: vicidial-gateway sandbox [options]')
  }
})

test('a build on a PHP that it does not run on ends it with 1 and a message', async (t) => {
  const { exitCode, stderr } = await run('sandbox', '--build', '210917', '--php', '8')
  t.equal(exitCode, 1)
  t.match(stderr, /^The sandbox can't start: .*build 210917-1615 does not run on PHP 8/)
})

test('a port in use ends it with 1 and a message', async (t) => {
  const origin = (await firstLine(start(t))).trim().split(' ')[2] ?? ''
  const { exitCode, stderr } = await run('sandbox', '--port', new URL(origin).port)
  t.equal(exitCode, 1)
  t.match(stderr, /^The sandbox can't start: .*EADDRINUSE/)
})
