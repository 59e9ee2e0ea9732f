import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Tester } from '../../helper.ts'

export interface StandInUpdate {
  readonly lead_id: string
  readonly fields: Readonly<Record<string, string>>
}

/** What becomes of one request. */
export type Fault =
  | 'none'
  /** Refused, nothing is done. */
  | 429
  | 503
  /** The connection ends before or after it is done. */
  | 'cut_before'
  | 'cut_after'
  /** Done by and by: others come in between. */
  | 'slow'
  /** Every second update is not made, but may be later. */
  | 'half'
  /** Updates of the lead 1 are not made, but may be later. */
  | 'away'
  /** The process that sends is to be killed before or after it is done. */
  | 'kill_before'
  | 'kill_after'

export interface StandIn {
  readonly url: string
  /** What each lead was set to, in order. */
  readonly made: Map<string, string[]>
  /** How often each update, by its status, was made; an answer that is repeated makes nothing. */
  readonly times: Map<string, number>
  readonly requests: () => number
  /** The most requests that it had at once. */
  readonly atOnce: () => number
}

const SLOW_MS = 20
const CATALOGUE = { fields: [{ name: 'status', type: 'text' }], custom_fields: [] }

/**
 * A gateway that fails as it is told, request by request; it keeps the answers of repeatable requests as the real one
 * does. Until the test ends.
 */
export async function startStandIn(
  t: Tester,
  faultOf: (request: number, updates: readonly StandInUpdate[]) => Fault,
  kill: () => void = () => undefined
): Promise<StandIn> {
  const made = new Map<string, string[]>()
  const times = new Map<string, number>()
  const answers = new Map<string, object>()
  let requests = 0
  let inHand = 0
  let atOnce = 0

  const make = ({ lead_id, fields: { status = '' } }: StandInUpdate) => {
    made.set(lead_id, [...(made.get(lead_id) ?? []), status])
    times.set(status, (times.get(status) ?? 0) + 1)
  }

  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      answer(response, 200, CATALOGUE)
      return
    }
    atOnce = Math.max(atOnce, ++inHand)
    response.once('close', () => {
      inHand--
    })
    const { updates } = (await json(request)) as { updates: StandInUpdate[] }
    const fault = faultOf(requests++, updates)
    const key = String(request.headers['idempotency-key'])
    if (fault === 429 || fault === 503) {
      answer(response, fault, { code: fault === 429 ? 'rate_limited' : 'overloaded', detail: 'Later.' })
      return
    }
    if (fault === 'kill_before') kill()
    if (fault === 'cut_before' || fault === 'kill_before') {
      request.socket.destroy()
      return
    }
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
    const known = answers.get(key)
    const results = updates.map((update, index) => {
      const isLater = (fault === 'half' && index % 2 === 0) || (fault === 'away' && update.lead_id === '1')
      if (known === undefined && !isLater) make(update)
      return isLater ? { index, ...FAILED } : { index, lead_id: Number(update.lead_id), status: 'updated' }
    })
    const body = known ?? { results, summary: { upstream_calls: 1 } }
    const isFinal = !results.some(({ status }) => status === 'failed')
    if (isFinal) answers.set(key, body)
    if (fault === 'kill_after') kill()
    if (fault === 'cut_after' || fault === 'kill_after') request.socket.destroy()
    else answer(response, isFinal ? 200 : 207, body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, made, times, requests: () => requests, atOnce: () => atOnce }
}

const FAILED = {
  status: 'failed',
  error: { code: 'upstream_error', detail: 'Not now.', retryable: true }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' })
  response.end(JSON.stringify(body))
}
