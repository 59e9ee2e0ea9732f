import { test } from 'tap'
import { hashKey, isWholeKey } from '../../../src/callers/key.ts'
import { run } from './run.ts'

test('key create prints a new key and its entry for the gateway file', async (t) => {
  const { exitCode, stdout, stderr } = await run('key', 'create', '--name', 'crm')
  t.strictSame({ exitCode, stderr }, { exitCode: 0, stderr: '' })
  const [key = ''] = /vgw_\S+/.exec(stdout) ?? []
  t.ok(isWholeKey(key))
  t.equal(stdout.split(key).length, 2, 'the key is shown once')
  t.match(stdout, `  - name: crm\n    key_hashes:\n      - sha256:${hashKey(key)}\n    permissions:\n`)

  const limited = await run('key', 'create', '--name', 'crm', '--expires', '2999-01-01T00:00:00Z')
  t.match(limited.stdout, 'expires_at: "2999-01-01T00:00:00Z" }')
})

test('--json prints the key and its entry', async (t) => {
  const expires = '2999-01-01T00:00:00Z'
  const { exitCode, stdout } = await run('key', 'create', '--name', 'crm', '--expires', expires, '--json')
  const { key, caller } = JSON.parse(stdout)
  t.equal(exitCode, 0)
  t.strictSame(caller, {
    name: 'crm',
    key_hashes: [{ hash: `sha256:${hashKey(key)}`, expires_at: expires }]
  })
  const forever = JSON.parse((await run('key', 'create', '--name', 'crm', '--json')).stdout)
  t.strictSame(forever.caller.key_hashes, [`sha256:${hashKey(forever.key)}`])
})

test('key create refuses invalid arguments', async (t) => {
  const wrong: [args: string[], message: RegExp][] = [
    [[], /^Usage: vicidial-gateway key /],
    [['make', '--name', 'crm'], /unknown command 'make'/],
    [['create'], /required option '--name <name>'/],
    [['create', '--name', 'CRM'], /'--name <name>' argument 'CRM' is invalid/],
    [['create', '--name', 'crm', '--expires', 'soon'], /--expires .* a time in the future/],
    [['create', '--name', 'crm', '--expires', '2001-01-01T00:00:00Z'], /--expires .* a time in the future/],
    [['create', '--name', 'crm', '--expires', '2996-02-30T00:00:00Z'], /--expires .* a time in the future/],
    [['create', '--name', 'crm', '--expires', '2996-02-28T24:00:00Z'], /--expires .* a time in the future/],
    [['create', '--name', 'crm', '--nope'], /unknown option '--nope'/]
  ]
  for (const [args, message] of wrong) {
    const { exitCode, stdout, stderr } = await run('key', ...args)
    t.strictSame({ exitCode, stdout }, { exitCode: 2, stdout: '' }, args.join(' '))
    t.match(stderr, message)
  }
})
