import type { Page } from 'playwright-core'
import { call, type FileTester, type Gateway } from '../helper.ts'
import { gatewayFile } from '../gateway-file.ts'

const SECRET = 'canary-webhook-secret'
const header = { header: { header: 'X-Secret', secrets: [SECRET] } }
const MAPPING = {
  each: 'rows',
  when: '$boolean(phone)',
  lead: { phone_number: 'phone' },
  fields: { status: 'stage', comments: 'notes' }
}
const FILE = gatewayFile(
  [
    {
      name: 'sender',
      permissions: { routes: ['batch'] },
      rate_limit: { requests_per_minute: 600, updates_per_minute: 50_000 }
    }
  ],
  {
    webhooks: [
      { name: 'crm', auth: header, store_payloads: true, mapping: MAPPING },
      { name: 'quiet', auth: header, mapping: MAPPING }
    ]
  }
)

/** Events of the source `crm`: used, ignored, refused in part, and refused. */
const EVENTS = [
  [{ phone: '212-555-0104', stage: 'CALLBK', notes: 'after six', api_key: 'canary-of-a-sender' }],
  [{ Phone: '212-555-0105', stage: 'CALLBK', notes: '' }],
  [
    { phone: '212-555-0106', stage: 'NI', notes: 'José' },
    { phone: 'unknown', stage: 'NI', notes: '' }
  ],
  [{ phone: '212-555-0107', stage: 'NOT INTERESTED', notes: '' }]
]

/** Settings with webhook sources and a caller. */
export function withWebhooks(t: FileTester): Record<string, string> {
  return { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml` }
}

/** Sends events, as their sender and as a stranger, and a request of the caller. */
export async function sendEvents(gateway: Pick<Gateway, 'origin'>): Promise<void> {
  const path = '/v1/webhooks/crm'
  for (const rows of EVENTS)
    await call(gateway, 'POST', path, { rows }, { authorization: '', 'x-secret': SECRET })
  await call(gateway, 'POST', path, { rows: [] }, { authorization: '', 'x-secret': 'wrong' })
  await call(gateway, 'GET', '/v1/jobs', undefined, { authorization: 'Bearer sender-key' })
}

/** Tries the events of several payloads in the playground. */
export async function tryEvents(page: Page): Promise<void> {
  await page.goto('/ops/try?source=crm')
  await page.getByLabel('Payload', { exact: true }).fill(JSON.stringify({ rows: EVENTS.flat() }, null, 2))
  await page.getByRole('button', { name: 'Try it with crm' }).click()
  await page.getByRole('heading', { name: 'What it becomes' }).waitFor()
}
