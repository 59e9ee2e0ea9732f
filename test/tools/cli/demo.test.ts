import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { run } from './run.ts'

test('demo --once shows a batch, a webhook and a job that survives an outage, and exits', async (t) => {
  const child = spawn(process.execPath, ['src/tools/cli/main.ts', 'demo', '--once', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  t.equal(code, 0)
  const answers = [...printed.matchAll(/^HTTP (\d+)/gm)].map(([, status]) => status)
  t.strictSame(answers, ['207', '202', '202', '200', '200'])
  t.match(printed, '"status": "partial"')
  t.match(printed, /The calls to VICIdial:\n(  .*\n)*  batch_update_lead  /)
  t.match(
    printed,
    /^echo file_get_contents\('http:.*\/vicidial\/non_agent_api\.php\?' \. http_build_query\(\[$/m
  )
  t.match(printed, /^SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api_key\|2\|2\|15,14$/m)
})

test('a port in use ends it with 1 and a message', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const { exitCode, stderr } = await run('demo', '--port', String(port))
  t.strictSame([exitCode, stderr], [1, `Port ${port} is in use: choose another --port, or omit it.\n`])
})
