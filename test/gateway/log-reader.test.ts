import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'tap'
import { originOf, run } from './gateway-process.ts'
import { API_KEY, call } from '../helper.ts'
import { until } from '../until.ts'

/** Far more lines than a pipe holds, and with `TIMES` of them more than the gateway keeps. */
const REQUESTS = 1_000
const TIMES = 20

/** Sends many requests over one connection; resolves when all are answered. */
async function flood(origin: string): Promise<void> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const get = `GET /livez HTTP/1.1\r\nhost: gateway\r\nx-request-id: ${'x'.repeat(128)}\r\n`
  socket.write(`${get}\r\n`.repeat(REQUESTS - 1) + `${get}connection: close\r\n\r\n`)
  socket.resume()
  await once(socket, 'close')
}

test('a log that nobody reads holds up nothing, is counted, goes on when it is read, and SIGTERM ends it', async (t) => {
  const server = run(t, {
    VICIDIAL_URL: 'http://127.0.0.1:9/non_agent_api.php',
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY
  })
  const origin = await originOf(server)
  const { stdout } = server.child
  if (stdout === null) throw new Error('no stdout')
  const dropped = async () => {
    const { body } = await call({ origin }, 'GET', '/metrics')
    return Number(/^vicidial_gateway_log_lines_dropped_total (\d+)$/m.exec(body)?.[1])
  }
  t.equal(await dropped(), 0)
  stdout.pause()
  for (let n = 0; n < TIMES && (await dropped()) === 0; n++) await flood(origin)
  const lost = await dropped()
  t.ok(lost > 0, `${lost} lines were dropped`)

  stdout.resume()
  const line = await server.line('log lines were dropped')
  t.ok(Number(line['dropped']) >= lost)
  await call({ origin }, 'GET', '/livez')
  await until('requests are logged again', () => server.lines.at(-1)?.msg === 'request')

  stdout.pause()
  await flood(origin)
  const ended = once(server.child, 'exit')
  server.child.kill('SIGTERM')
  t.same(await ended, [0, null])
  // Half a line may be left in the pipe.
  stdout.destroy()
})
