import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { hashKey } from '../../src/callers/key.ts'
import { HOSTILE_BODY, nearly, type TypedBody } from './hostile.ts'

const OPEN_KEY = 'key-of-open'
const SECRET = 'fuzz-secret'

/** The sources of webhooks of the gateway file: one with a key of its own, one for callers, one that signs. */
export const WEBHOOKS = [
  {
    name: 'open',
    auth: { api_key: { key_hashes: [`sha256:${hashKey(OPEN_KEY)}`] } },
    verification: { get: true },
    mapping: { lead: { lead_id: 'lead' }, fields: { status: 'stage', comments: 'note' } }
  },
  {
    name: 'callers',
    auth: { callers: true },
    event_id: { expression: 'id' },
    mapping: { each: 'items', lead: { phone_number: 'phone' }, fields: { status: 'stage' } }
  },
  {
    name: 'signed',
    auth: { hmac: { header: 'X-Signature', secrets: [SECRET] } },
    mapping: { lead: { lead_id: 'lead' }, fields: { status: 'stage' } }
  }
]

const lead = fc.integer({ min: 1, max: 60 })
const stage = fc.constantFrom('SALE', 'NEW', 'DNC', 'TOO-LONG', 'A#B', '')
const PAYLOADS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  open: fc.record({ lead, stage, note: fc.string({ maxLength: 20 }) }, { requiredKeys: ['lead', 'stage'] }),
  callers: fc.record({
    id: fc.nat(500),
    items: fc.array(fc.record({ phone: lead.map((n) => String(2125550000 + n)), stage }), {
      minLength: 1,
      maxLength: 3
    })
  }),
  signed: fc.record({ lead, stage })
}
const QUERIES = ['', '', '?wait=5', '?wait=0', '?wait=x']

/** Events that the mappings of the sources are for, nearly so or hostile, of senders that have proved themselves. */
export const WEBHOOK_REQUESTS = fc.constantFrom(...Object.keys(PAYLOADS)).chain((source) => {
  const payload = PAYLOADS[source] ?? fc.constant({})
  const asBody = (value: unknown): TypedBody => ['application/json', Buffer.from(JSON.stringify(value) ?? '')]
  const bodies = fc.oneof(
    { weight: 5, arbitrary: payload.map(asBody) },
    { weight: 2, arbitrary: nearly(payload).map(asBody) },
    { weight: 1, arbitrary: HOSTILE_BODY }
  )
  return fc.tuple(bodies, fc.constantFrom(...QUERIES)).map(([[type = '', body], query]) => ({
    method: 'POST',
    path: `/v1/webhooks/${source}${query}`,
    headers: { 'content-type': type, ...proofOf(source, body) },
    body
  }))
})

function proofOf(source: string, body: Buffer = Buffer.alloc(0)): Record<string, string> {
  if (source === 'open') return { authorization: `Bearer ${OPEN_KEY}` }
  if (source === 'signed') return { 'x-signature': createHmac('sha256', SECRET).update(body).digest('hex') }
  return {}
}
