import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Tester } from '../../helper.ts'

export interface StandInUpdate {
  readonly lead_id: string
  readonly fields: Readonly<Record<string, string>>
}

/** How a request fails. */
export type Fault =
  | 'none'
  /** Rejected without doing anything. */
  | 413
  | 429
  | 503
  /** The connection ends before or after the updates are made. */
  | 'cut_before'
  | 'cut_after'
  /** Made, but without an answer as long as the connection is open. A repeat gets the answer. */
  | 'held'
  /** Answered late, so that other requests overlap. */
  | 'slow'
  /** Every second update fails for now. */
  | 'half'
  /** Updates of lead 1 fail for now. */
  | 'away'
  /** The sending process is killed before or after the updates are made. */
  | 'kill_before'
  | 'kill_after'

export interface StandIn {
  readonly url: string
  /** The statuses each lead was set to, in order. */
  readonly made: Map<string, string[]>
  /** How often each update was made, by its status. A repeated response doesn't count. */
  readonly times: Map<string, number>
  readonly requests: () => number
  /** The maximum of concurrent requests. */
  readonly atOnce: () => number
}

const SLOW_MS = 20
const CODES = { 413: 'payload_too_large', 429: 'rate_limited', 503: 'overloaded' }
const KNOWN_FIELDS = { fields: [{ name: 'status', type: 'text' }], custom_fields: [] }
const UNLIMITED = { max_calls_per_second: 0, max_concurrency: 2 }

/**
 * Starts a fake gateway that fails on demand, until the test ends. Like the real one, it repeats its response to a
 * request with a known idempotency key. It plans a call for each update of a dry run, which is no request that it counts.
 */
export async function startStandIn(
  t: Tester,
  faultOf: (request: number, updates: readonly StandInUpdate[]) => Fault,
  kill: () => void = () => undefined,
  limits: Readonly<Record<string, number>> = UNLIMITED
): Promise<StandIn> {
  const made = new Map<string, string[]>()
  const times = new Map<string, number>()
  const answers = new Map<string, object>()
  let requests = 0
  let inFlight = 0
  let atOnce = 0

  const make = ({ lead_id, fields: { status = '' } }: StandInUpdate) => {
    made.set(lead_id, [...(made.get(lead_id) ?? []), status])
    times.set(status, (times.get(status) ?? 0) + 1)
  }

  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      answer(response, 200, { ...KNOWN_FIELDS, limits })
      return
    }
    atOnce = Math.max(atOnce, ++inFlight)
    response.once('close', () => {
      inFlight--
    })
    const { updates, dry_run } = (await json(request)) as { updates: StandInUpdate[]; dry_run?: true }
    if (dry_run) {
      const results = updates.map((_, index) => ({ index, status: 'planned' }))
      answer(response, 200, { results, calls: updates.map(() => ({})) })
      return
    }
    const fault = faultOf(requests++, updates)
    const key = String(request.headers['idempotency-key'])
    if (fault === 413 || fault === 429 || fault === 503) {
      answer(response, fault, { code: CODES[fault], detail: 'Later.' })
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
    if (fault === 'held') return
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
