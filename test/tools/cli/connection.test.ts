import { test } from 'tap'
import { API_KEY, startGateway, startStandIn } from '../../helper.ts'
import { store, withCallers } from '../../routes/jobs-of.ts'
import { run, setEnv } from './run.ts'

test('the key is read from a file, and commands show what its caller may see', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  const ofCrm = await store(
    gateway,
    { lead_ids: [1], fields: { status: 'A' } },
    { authorization: 'Bearer crm-key' }
  )
  setEnv(t, 'GATEWAY_KEY', 'not this one')
  const folder = t.testdir({ crm: 'crm-key\n', web: 'web-key', ops: 'ops-key' })
  for (const [caller, jobs] of [
    ['crm', [{ id: ofCrm }]],
    ['web', []],
    ['ops', [{ id: ofCrm }]]
  ] as const) {
    const { stdout } = await run(
      ...['jobs', 'list', '--json', '--url', gateway.origin, '--key-file', `${folder}/${caller}`]
    )
    t.match(JSON.parse(stdout).jobs, jobs)
    t.equal(JSON.parse(stdout).jobs.length, jobs.length)
  }
})

test('a problem is shown with its code, detail and request id, without the key', async (t) => {
  const gateway = await startGateway(t)
  setEnv(t, 'GATEWAY_URL', gateway.origin)
  setEnv(t, 'GATEWAY_KEY', 'canary-wrong-key')
  const anonymous = await run('jobs', 'list')
  t.match(anonymous, { exitCode: 1, stdout: '', stderr: /^unauthenticated: .+\n\(request req_\w+\)\n$/ })
  t.notMatch(anonymous.stderr, 'canary')

  setEnv(t, 'GATEWAY_KEY', API_KEY)
  t.match(await run('jobs', 'show', 'job_x'), {
    exitCode: 1,
    stdout: '',
    stderr: /^not_found: There is no such job/
  })
  const invalid = await run('dead-letters', 'replay', ...Array.from({ length: 10_001 }, () => 'dl_1'))
  t.match(invalid, { exitCode: 1, stderr: /^invalid_request: .*\n  \/ids  \w+: / })
})

test('a server that is not a gateway, or does not respond, is reported', async (t) => {
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  let answer = { status: 200, type: 'text/html', body: '<h1>Hello</h1>' }
  const url = await startStandIn(t, (_params, response) => {
    response.writeHead(answer.status, { 'content-type': answer.type })
    response.end(answer.body)
  })
  const ask = (...command: string[]) =>
    run(...(command.length > 0 ? command : ['jobs', 'list']), '--url', new URL(url).origin)
  t.match(await ask(), {
    exitCode: 1,
    stdout: '',
    stderr: 'The response is not JSON, so not from a gateway. Is the URL right?\n'
  })
  answer = { status: 502, type: 'text/html', body: '<h1>Bad Gateway</h1>' }
  t.match(await ask(), { exitCode: 1, stderr: 'HTTP 502, but not from a gateway. Is the URL right?\n' })
  for (const body of ['7', 'null', '{}']) {
    answer = { status: 200, type: 'application/json', body }
    for (const command of [
      ['jobs', 'list'],
      ['jobs', 'show', 'job_x'],
      ['jobs', 'replay', 'job_x'],
      ['jobs', 'cancel', 'job_x'],
      ['dead-letters', 'list'],
      ['dead-letters', 'replay', '--all']
    ])
      t.strictSame(
        await ask(...command),
        { exitCode: 1, stdout: '', stderr: 'HTTP 200, but not from a gateway. Is the URL right?\n' },
        `${command.join(' ')}: ${body}`
      )
  }
  const problem = { code: 'conflict', detail: 'a\u001b[2J', instance: 'req_1\n' }
  answer = { status: 409, type: 'application/problem+json', body: JSON.stringify(problem) }
  t.match(await ask(), { exitCode: 1, stderr: 'conflict: a\u{fffd}[2J\n(request req_1\u{fffd})\n' })
  for (const [port, reason] of [
    ['9', 'bad port'],
    ['1023', 'ECONNREFUSED']
  ] as const) {
    const stderr = `Can't reach the gateway (${reason}). Is it running at this URL?\n`
    t.match(await run('jobs', 'list', '--url', `http://127.0.0.1:${port}`), { exitCode: 1, stderr })
  }
})

test('a missing or invalid key or URL ends with 2', async (t) => {
  setEnv(t, 'GATEWAY_KEY', undefined)
  const { exitCode, stdout, stderr } = await run('jobs', 'list')
  t.match({ exitCode, stdout }, { exitCode: 2, stdout: '' })
  t.match(stderr, /^error: no key: set GATEWAY_KEY or use --key-file\n/)
  t.match(await run('jobs', 'list', '--key-file', 'no/such'), {
    exitCode: 2,
    stderr: /^error: --key-file: can't read no\/such \(ENOENT\)\n/
  })
  const folder = t.testdir({ empty: '\n', long: 'canary one\ncanary two\n' })
  for (const name of ['empty', 'long']) {
    const refused = await run('jobs', 'list', '--key-file', `${folder}/${name}`)
    t.match(refused, {
      exitCode: 2,
      stderr: /^error: The key is empty or contains invalid characters\.\n/
    })
    t.notMatch(refused.stderr, 'canary')
  }
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  for (const wrong of [
    'gateway.example',
    'http://user:canary@127.0.0.1:3000',
    'http://127.0.0.1:3000/?a=b'
  ]) {
    const refused = await run('jobs', 'list', '--url', wrong)
    t.match(refused, {
      exitCode: 2,
      stderr: /^error: The url must be an http or https address without a user/
    })
    t.notMatch(refused.stderr, 'canary')
  }
  t.match(await run('jobs', 'list', '--limit', '0'), { exitCode: 2, stderr: /a whole number of at least 1/ })
})
