import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Tester } from '../helper.ts'

/** The part of the address that must appear nowhere. */
export const SECRET_PATH = '/services/T0/canary-alert-address'

/** A webhook for alerts, until the test ends. Answers `ok`, or as `answer` says. */
export async function startReceiver(t: Tester) {
  const messages: unknown[] = []
  const requests: IncomingMessage[] = []
  const receiver = {
    url: new URL('http://127.0.0.1/'),
    /** The JSON of the requests so far. */
    messages,
    requests,
    answer: (response: ServerResponse): void => {
      response.end('ok')
    },
    /** The texts of the requests so far. */
    texts: () => messages.map((message) => (message as { text: string }).text)
  }
  const server = createServer(async (request, response) => {
    requests.push(request)
    messages.push(JSON.parse(await text(request)))
    receiver.answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  receiver.url = new URL(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET_PATH}?token=canary-token`
  )
  return receiver
}
