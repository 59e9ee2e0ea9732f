import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { test } from 'tap'
import packageJson from '../../../package.json' with { type: 'json' }
import { createProgram, runProgram } from '../../../src/tools/cli/program.ts'
import { run } from './run.ts'

const EXIT_CODES = 'Exit codes: 0 success, 1 failed or refused, 2 wrong usage.\n'

test('every command has a help with an example and the exit codes', async (t) => {
  const paths: string[][] = [[]]
  for (const path of paths) {
    const command = path.reduce(
      (parent, name) => parent.commands.find((one) => one.name() === name) ?? parent,
      createProgram({})
    )
    for (const { name } of command.commands.map((one) => ({ name: one.name() }))) paths.push([...path, name])
    const { exitCode, stdout, stderr } = await run(...path, '--help')
    t.strictSame({ exitCode, stderr }, { exitCode: 0, stderr: '' }, path.join(' '))
    t.ok(stdout.startsWith(`Usage: ${['vicidial-gateway', ...path].join(' ')} `), path.join(' '))
    t.ok(stdout.endsWith(EXIT_CODES), path.join(' '))
    if (command.commands.length === 0) t.match(stdout, `Example:\n  `, path.join(' '))
    t.match(command.description(), /\.$|^A JSON gateway/, path.join(' '))
  }
  t.ok(paths.length > 5)
})

test("--version prints the package's version", async (t) => {
  t.strictSame(await run('--version'), { exitCode: 0, stdout: `${packageJson.version}\n`, stderr: '' })
})

test('a missing or unknown command ends with 2 and shows the commands', async (t) => {
  const bare = await run()
  t.match(bare, { exitCode: 2, stdout: '', stderr: /^Usage: vicidial-gateway / })
  t.match(await run('sreve'), {
    exitCode: 2,
    stdout: '',
    stderr: /^error: unknown command 'sreve'\n\(Did you/
  })
})

test('a fault of the program is thrown, not reported as wrong usage', async (t) => {
  const boom = new Error('boom')
  await t.rejects(
    runProgram(['--help'], {
      writeOut: () => {
        throw boom
      }
    }),
    boom
  )
})

test('the bin runs the program', async (t) => {
  const bin = (...args: string[]) =>
    spawnSync(process.execPath, ['bin/vicidial-gateway.js', ...args], { encoding: 'utf8' })
  t.match(bin('--version'), { status: 0, stdout: `${packageJson.version}\n`, stderr: '' })
  t.match(bin('key', 'create'), { status: 2, stdout: '', stderr: /^error: required option/ })
})

test('a reader that exits does not end the program with a stack trace', async (t) => {
  const { status, stderr } = spawnSync(
    '/bin/sh',
    ['-c', '(node bin/vicidial-gateway.js --help; echo "ended with $?" >&2) | true'],
    { encoding: 'utf8' }
  )
  t.strictSame({ status, stderr }, { status: 0, stderr: 'ended with 0\n' })
})

test('push restarts with the compile cache of the installation', async (t) => {
  const show = 'data:text/javascript,console.error(process.env.NODE_COMPILE_CACHE)'
  const { NODE_COMPILE_CACHE: _, ...env } = process.env
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', show, 'src/tools/cli/main.ts', 'push', '--help'],
    { encoding: 'utf8', env }
  )
  t.equal(stderr, `undefined\n${resolve('node_modules/.cache/node')}\n`)
})
