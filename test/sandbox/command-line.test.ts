import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type Test, test } from 'tap'
import { readCommandLine } from '../../src/sandbox/command-line.ts'

function run(t: Test, ...args: string[]) {
  const child = spawn(process.execPath, ['src/sandbox/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
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
  test(`it says where it listens, and ${signal} ends it`, async (t) => {
    const child = run(t, '--port', '0', '--fixture', 'test/fixtures/fixture.json', '--use-non-latin', '1')
    const line = await firstLine(child)
    t.match(line, /^listening on http:\/\/127\.0\.0\.1:\d+\n$/)
    const leads = await (await fetch(`${line.trim().split(' ')[2]}/sandbox/leads`)).json()
    t.match(leads, { 112: { vendor_lead_code: 'CRM-DUP' } })
    child.kill(signal)
    t.strictSame(await once(child, 'exit'), [0, null])
  })
}

const refused: [message: RegExp, ...args: string[]][] = [
  [/Unknown option '--prot'/, '--prot', '1'],
  [/--port: 65536 is not possible/, '--port', '65536'],
  [/--leads: many is not possible/, '--leads', 'many'],
  [/--use-non-latin: 2 is not possible/, '--use-non-latin', '2'],
  [/--call-ms: fast is not possible/, '--call-ms', 'fast'],
  [/Unexpected argument 'start'/, 'start'],
  [/exclude each other/, '--leads', '5', '--fixture', 'test/fixtures/fixture.json'],
  [/no such file/, '--fixture', 'nowhere.json'],
  [/lacks leads, users, lists or user_groups/, '--fixture', 'package.json']
]

test('arguments that are not understood are refused, with a message', async (t) => {
  for (const [message, ...args] of refused) t.throws(() => readCommandLine(args), { message }, args.join(' '))
})

test('the command ends with 2 and a message when its arguments are refused', async (t) => {
  const child = run(t, '--port', 'http')
  const [printed, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  t.match(printed, /^--port: http is not possible\n\nAn in-memory VICIdial/)
  t.equal(code, 2)
})

test('the options become those of startSandbox', async (t) => {
  t.strictSame(readCommandLine([]), { port: 0, useNonLatin: 0, callMs: 0, leadUs: 0 })
  t.strictSame(
    readCommandLine('--port 9 --host ::1 --leads 7 --use-non-latin 1 --call-ms 3.5 --lead-us 40'.split(' ')),
    { port: 9, host: '::1', leads: 7, useNonLatin: 1, callMs: 3.5, leadUs: 40 }
  )
  t.equal(readCommandLine(['--help']), 'help')
})

test('--help tells the options and ends with 0', async (t) => {
  const child = run(t, '--help')
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  t.match(printed, /--use-non-latin 0\|1/)
  t.equal(code, 0)
})
