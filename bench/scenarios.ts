import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { closedLoop } from './measure.ts'
import { KEY, type Server } from './servers.ts'
import { changeSet, type Target } from './target.ts'

const CALLERS = 64
const ROUND_MS = 1_000
const CHANGE_SETS = 4
const POLL_MS = 50
export const WEBHOOK = 'crm'
const CALCULATING_WEBHOOK = 'calculating-crm'
/** The gateway file that the scenarios need. */
export const GATEWAY_FILE = `compat: true
webhooks:
  - name: ${WEBHOOK}
    auth: { header: { header: X-Key, secrets: [${KEY}] } }
    event_id: { expression: id }
    mapping:
      lead: { lead_id: lead }
      fields: { status: status }
  - name: ${CALCULATING_WEBHOOK}
    auth: { header: { header: X-Key, secrets: [${KEY}] } }
    event_id: { expression: id }
    mapping:
      when: $exists(lead)
      lead: { lead_id: lead }
      fields: { status: $uppercase(status) }
`

/** Requests of one kind. */
export interface Scenario {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Path of the n-th request. */
  readonly path: (n: number) => string
  readonly headers?: Readonly<Record<string, string>>
  /** Body of the n-th request. */
  readonly body?: (n: number) => string
  /** Status of every response. */
  readonly status: number
  /** Whether VICIdial is away, so that what is stored is not delivered. */
  readonly isStoredOnly?: true
  /** Whether a round lasts until all that was stored is delivered. */
  readonly isDelivered?: true
}

const JSON_TYPE = { 'content-type': 'application/json' }
const WITH_KEY = { authorization: `Bearer ${KEY}` }
const BATCH = {
  method: 'POST',
  path: () => '/v1/leads/batch-update',
  headers: { ...JSON_TYPE, ...WITH_KEY },
  status: 200
} as const
const ASYNC = { ...BATCH, headers: { ...BATCH.headers, prefer: 'respond-async' }, status: 202 } as const

/** The kinds of requests whose cost is measured, for a gateway with `GATEWAY_FILE`. */
export function scenarios({ firstLead, leads }: Target): readonly Scenario[] {
  const lead = (n: number) => firstLead + (n % leads)
  const updates = (count: number) => (n: number) => {
    const list = Array.from({ length: count }, (_, i) => {
      const at = n * count + i
      return { lead_id: lead(at), fields: changeSet(at % CHANGE_SETS) }
    })
    return { updates: list }
  }
  const batchOf = (count: number, more = {}) => {
    const of = updates(count)
    return (n: number) => JSON.stringify({ ...more, ...of(n) })
  }
  const compat = (n: number) => {
    const call = { function: 'update_lead', source: 'bench', lead_id: String(lead(n)) }
    const query = new URLSearchParams({ ...call, ...changeSet(n % CHANGE_SETS) })
    return `/vicidial/non_agent_api.php?${query.toString()}`
  }
  const run = randomUUID()
  const storedWebhook = {
    method: 'POST',
    headers: { ...JSON_TYPE, 'x-key': KEY },
    body: (n: number) => JSON.stringify({ id: `${run}-${n}`, lead: lead(n), status: 'SALE' }),
    status: 202,
    isStoredOnly: true
  } as const
  return [
    { name: 'livez', method: 'GET', path: () => '/livez', status: 200 },
    { ...BATCH, name: '401', headers: JSON_TYPE, body: batchOf(1), status: 401 },
    { ...BATCH, name: 'dry run of one update', body: batchOf(1, { dry_run: true }) },
    { ...BATCH, name: 'update of one lead', body: batchOf(1) },
    { ...BATCH, name: 'update of 10 leads', body: batchOf(10) },
    { ...BATCH, name: 'update of 100 leads', body: batchOf(100) },
    {
      name: 'PATCH of one lead',
      method: 'PATCH',
      path: (n) => `/v1/leads/${lead(n)}`,
      headers: BATCH.headers,
      body: (n) => JSON.stringify(changeSet(n % CHANGE_SETS)),
      status: 200
    },
    { name: "GET at VICIdial's address", method: 'GET', path: compat, headers: WITH_KEY, status: 200 },
    { ...ASYNC, name: 'respond-async, stored and delivered', body: batchOf(1), isDelivered: true },
    { ...ASYNC, name: 'respond-async, stored', body: batchOf(1), isStoredOnly: true },
    { ...storedWebhook, name: 'webhook, stored', path: () => `/v1/webhooks/${WEBHOOK}` },
    {
      ...storedWebhook,
      name: 'webhook that needs JSONata, stored',
      path: () => `/v1/webhooks/${CALCULATING_WEBHOOK}`
    }
  ]
}

/** Sends the requests of a scenario to one server. */
export class Side {
  readonly #scenario: Scenario
  readonly #server: Server
  readonly #path: (n: number) => string
  readonly #pool: Pool
  #sent = 0

  constructor(scenario: Scenario, server: Server, path: (n: number) => string) {
    this.#scenario = scenario
    this.#server = server
    this.#path = path
    this.#pool = new Pool(server.origin, { connections: CALLERS })
  }

  /** @throws if the response has another status than the scenario's */
  async request() {
    const { method, headers = {}, body } = this.#scenario
    const n = this.#sent++
    const response = await this.#pool.request({
      path: this.#path(n),
      method,
      headers,
      ...(body && { body: body(n) })
    })
    const { statusCode: status } = response
    if (status !== this.#scenario.status) throw new Error(`HTTP ${status}: ${await response.body.text()}`)
    return { status, type: String(response.headers['content-type']), body: await response.body.text() }
  }

  /** Sends requests for a second. Returns the CPU time of each in the server's process, in microseconds. */
  async round(): Promise<number> {
    const before = this.#server.cpuMs()
    const { sent } = await closedLoop(CALLERS, ROUND_MS, () => this.request())
    if (this.#scenario.isDelivered) while (await this.#isWaiting()) await pause(POLL_MS)
    return ((this.#server.cpuMs() - before) * 1_000) / sent
  }

  async #isWaiting(): Promise<boolean> {
    const response = await this.#pool.request({ path: '/readyz', method: 'GET' })
    const { outbox } = (await response.body.json()) as { outbox?: { waiting: number } }
    return outbox !== undefined && outbox.waiting > 0
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
