import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'tap'
import { dataDir } from '../../helper.ts'
import { BARE_ENV } from './run.ts'

test('serve becomes the server: same process, own memory flags, and it gets the signals', async (t) => {
  const child = spawn(process.execPath, ['bin/vicidial-gateway.js', 'serve'], {
    env: {
      ...BARE_ENV,
      VICIDIAL_URL: 'http://127.0.0.1:9/vicidial/non_agent_api.php',
      VICIDIAL_USER: 'api',
      VICIDIAL_PASS: 'canary-s3cret',
      API_KEY: 'canary-key-of-this-test',
      PORT: '0',
      DATA_DIR: dataDir(t)
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const messages: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg } = JSON.parse(line)
    messages.push(msg)
    if (msg.startsWith('listening on ')) {
      t.equal((await fetch(`${msg.slice('listening on '.length)}/livez`)).status, 200)
      t.match(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), '\0--max-semi-space-size=16\0')
      t.match(readFileSync(`/proc/${child.pid}/environ`, 'utf8'), '\0MALLOC_ARENA_MAX=2\0')
      child.kill('SIGHUP')
    }
    if (msg === 'configuration reloaded') child.kill('SIGTERM')
  }
  t.equal(messages.at(-1), 'closed')
  t.strictSame(await ended, [0, null])
})

test('invalid settings end it with 1', async (t) => {
  const child = spawn(process.execPath, ['src/tools/cli/main.ts', 'serve'], {
    env: { ...BARE_ENV, VICIDIAL_URL: 'ftp://dialer.example', DATA_DIR: dataDir(t) },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  t.strictSame(await once(child, 'close'), [1, null])
  t.match(stderr, 'VICIDIAL_URL must be a full http or https address')
})
