import { createHash } from 'node:crypto'
import { call, type Gateway, type Tester } from '../helper.ts'
import { until } from '../until.ts'

function hash(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

const CALLERS = `
callers:
  - name: crm
    key_hashes: ["${hash('crm-key')}"]
    permissions: { routes: [batch, jobs, dead_letters], fields: "*", statuses: "*", lists: "*", look_ups: "*" }
    source: crm2
  - name: web
    key_hashes: ["${hash('web-key')}"]
    permissions: { routes: [batch, jobs, dead_letters], fields: "*", statuses: "*", lists: "*", look_ups: "*" }
  - name: ops
    key_hashes: ["${hash('ops-key')}"]
    permissions: "*"
`

/** Settings with the callers crm and web, and the operator ops; their keys are `crm-key` and so on. */
export function withCallers(t: Tester & { testdir(files: Record<string, string>): string }) {
  return { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': CALLERS })}/gateway.yaml` }
}

export function as(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` }
}

/** Sends updates to be stored as a job. Returns its id. */
export async function store(
  gateway: Pick<Gateway, 'origin'>,
  body: unknown,
  headers: Record<string, string> = {}
): Promise<string> {
  const answer = await call(gateway, 'POST', '/v1/leads/batch-update', body, {
    prefer: 'respond-async',
    ...headers
  })
  if (answer.status !== 202) throw new Error(`not stored: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body.id
}

/** A job's document once it has ended. */
export function ended(gateway: Pick<Gateway, 'origin'>, id: string): Promise<any> {
  return until(`the end of ${id}`, async () => {
    const { body } = await call(gateway, 'GET', `/v1/jobs/${id}`)
    return body.finished_at !== undefined && body
  })
}
