import { test } from 'tap'
import { type Answer, call, openApi, startGateway } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { until } from '../../until.ts'

/** Statuses that need a process that fails, or a sender that is too slow: other tests have them. */
const ELSEWHERE = new Set(['408', '431', '500', '504'])
const SALE = { lead_ids: [1], fields: { status: 'SALE' } }
const BATCH = '/v1/leads/batch-update'
/** Each caller has a limit, as only then the headers about it are there. */
const CALLERS = [
  { name: 'crm', permissions: '*', rate_limit: { requests_per_minute: 1_000, updates_per_minute: 1_000 } },
  { name: 'clock', permissions: { routes: ['jobs'] }, rate_limit: { requests_per_minute: 1 } }
]
const WEBHOOK = {
  name: 'shop',
  auth: { callers: true },
  mapping: { lead: { lead_id: 'lead' }, fields: { status: 'stage' } }
}

/** The headers of responses, each as status and name. */
async function documented(): Promise<string[]> {
  const { paths, components } = await openApi()
  const responses = Object.values(paths).flatMap((operations) =>
    Object.values(operations).flatMap((operation) => Object.entries(operation.responses))
  )
  const pairs = responses.flatMap(([status, response]) => {
    const whole = '$ref' in response ? components.responses[response.$ref.split('/').at(-1) ?? ''] : response
    return Object.keys(whole?.headers ?? {}).map((name) => `${status} ${name.toLowerCase()}`)
  })
  return [...new Set(pairs)].filter((pair) => !ELSEWHERE.has(pair.slice(0, 3))).sort()
}

// The other direction is checked with every answer of every test: see `checkAnswer`.
test('every documented header of a response is sent', async (t) => {
  const file = t.testdir({ 'gateway.yaml': gatewayFile(CALLERS, { webhooks: [WEBHOOK] }) })
  const gateway = await startGateway(t, {
    GATEWAY_CONFIG: `${file}/gateway.yaml`,
    MAX_UPDATES_PER_REQUEST: '3'
  })
  const seen = new Set<string>()
  const note = ({ status, headers }: Answer) => {
    for (const name of headers.keys()) seen.add(`${status} ${name}`)
  }
  let keys = 0
  const key = (name = 'crm') => ({ authorization: `Bearer ${name}-key` })
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await call(gateway, method, path, body, { ...key(), ...headers })
    note(answer)
    return answer
  }
  /** Sends a request and its repeat. */
  const twice = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const repeatable = { ...headers, 'idempotency-key': `key-${++keys}` }
    await send(method, path, body, repeatable)
    return send(method, path, body, repeatable)
  }
  const lead = { list_id: 101, phone_code: '1', phone_number: '3125550199' }
  const { headers } = await send('GET', '/v1/leads/1')
  const etag = headers.get('etag') ?? ''
  await send('GET', '/v1/leads/1', undefined, { 'if-none-match': etag })
  await twice('POST', BATCH, SALE)
  await twice('POST', BATCH, { ...SALE, lead_ids: [1, 99_999] })
  await twice('POST', BATCH, SALE, { prefer: 'respond-async' })
  await twice('POST', BATCH, { lead_ids: [1, 2, 3, 4], fields: { status: 'SALE' } })
  await twice('POST', BATCH, { lead_ids: [1], fields: { status: 'TOO LONG' } })
  await twice('POST', BATCH, { nothing: true })
  await twice('POST', '/v1/leads', lead)
  await send('POST', '/v1/leads', lead)
  await twice('PATCH', '/v1/leads/99999', { status: 'SALE' })
  await twice('PATCH', '/v1/leads/1', { status: 'NEW' }, { 'if-match': '"1-other"' })
  await send('POST', BATCH, 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })
  await send('GET', '/v1/webhooks/shop')
  await send('POST', '/v1/webhooks/shop', { lead: 1, stage: 'SALE' })
  await send('GET', '/v1/fields', undefined, key('nobody'))
  await send('GET', '/v1/fields', undefined, key('clock'))
  await send('GET', '/v1/jobs', undefined, key('clock'))
  await until('a conflict', async () => {
    const repeatable = { 'idempotency-key': `key-${++keys}` }
    const answers = await Promise.all([1, 2, 3].map(() => send('POST', BATCH, SALE, repeatable)))
    return answers.some(({ status, headers }) => status === 409 && headers.has('retry-after'))
  })
  for (const fault of ['500', 'locked_out'] as const) {
    gateway.sandbox.fail(fault, { calls: 100 })
    await send('POST', BATCH, SALE)
  }
  const missing = (await documented()).filter((pair) => !seen.has(pair))
  t.same(missing, [])
})

test('a parameter of a header is documented once, and each operation takes those that it reads', async (t) => {
  const { paths, components } = await openApi()
  t.same(Object.keys(components.parameters), [
    'RespondAsync',
    'Wait',
    'IfMatch',
    'IfNoneMatch',
    'IdempotencyKey',
    'RequestId'
  ])
  const taken = Object.values(paths).flatMap((operations) =>
    Object.values(operations).flatMap((operation) => {
      const { operationId, parameters } = operation as unknown as Record<string, any>
      const names = parameters.flatMap(({ $ref = '' }) => $ref.split('/').slice(-1))
      return [[operationId, names.filter((name: string) => name !== '').join(' ')]]
    })
  )
  const every = taken.filter(([, names]) => !names?.endsWith('RequestId'))
  t.same(every, [])
  t.match(Object.fromEntries(taken), {
    batchUpdateLeads: 'RespondAsync IdempotencyKey RequestId',
    patchLead: 'IfMatch IdempotencyKey RequestId',
    getLead: 'IfNoneMatch RequestId',
    receiveWebhook: 'Wait IdempotencyKey RequestId',
    listJobs: 'RequestId'
  })
})
