import { readFileSync } from 'node:fs'
import collections from 'postman-collection'
import runtime from 'postman-runtime'
import { test } from 'tap'
import { API_KEY, checkAnswer, openApi, startGateway } from '../helper.ts'
import { ended, store } from '../routes/jobs-of.ts'

const DEFINITION = JSON.parse(readFileSync('openapi/postman-collection.json', 'utf8'))

/** What Postman's runtime was answered, in order. */
interface Exchange {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Sends every request of the collection as Postman does, and checks each answer against the OpenAPI document. */
async function sendAll(variables: Readonly<Record<string, string>>): Promise<Exchange[]> {
  const collection = new collections.Collection(DEFINITION)
  for (const [key, value] of Object.entries(variables)) collection.variables.upsert({ key, value })
  const exchanges: Exchange[] = []
  const checks: Promise<void>[] = []
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  new runtime.Runner().run(collection, {}, (failed, run) => {
    if (failed) {
      reject(failed)
      return
    }
    run.start({
      response: (error, _cursor, answer, { method, url }, { name }) => {
        if (error) {
          reject(error)
          return
        }
        const path = url.toString().replace(/^https?:\/\/[^/]*/, '')
        const headers = new Headers(answer.headers.toObject())
        const text = answer.text()
        const body = headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
        exchanges.push({ name, method, path, status: answer.code })
        checks.push(checkAnswer(method, path, { status: answer.code, headers, body }))
      },
      done: (error) => (error ? reject(error) : resolve(undefined))
    })
  })
  await promise
  await Promise.all(checks)
  return exchanges
}

test('Postman imports the collection: every documented operation is a complete request in it', async (t) => {
  const requests: string[] = []
  new collections.Collection(DEFINITION).forEachItem(({ request }) =>
    requests.push(`${request.method} /${request.url.path.join('/').replace(/:(\w+)/g, '{$1}')}`)
  )
  const { paths } = await openApi()
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
  )
  t.strictSame([...new Set(requests)].toSorted(), documented.toSorted())

  const text = JSON.stringify(DEFINITION)
  const known = new Set(DEFINITION.variable.map(({ key }: { key: string }) => key))
  const used = new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name))
  t.strictSame([...used].toSorted(), [...known].toSorted())
  t.equal(DEFINITION.auth.type, 'bearer')
  t.notMatch(text, /"(_postman_)?id":/, 'nothing that differs from run to run')
})

test('each request, sent by Postman, gets a documented response', async (t) => {
  const gateway = await startGateway(t)
  const jobId = await store(gateway, { lead_ids: [101], fields: { status: 'A' } })
  await ended(gateway, jobId)
  const exchanges = await sendAll({ baseUrl: gateway.origin, apiKey: API_KEY, jobId, source: 'crm' })
  t.strictSame(
    exchanges.map(({ method, path, status }) => `${method} ${path} ${status}`),
    [
      ...Array<string>(6).fill('POST /v1/leads/batch-update 200'),
      'POST /v1/leads/batch-update 207',
      'POST /v1/leads/batch-update 202',
      'PATCH /v1/leads/101 200',
      'GET /v1/leads/101 200',
      'GET /v1/leads?vendor_lead_code=CRM-107 200',
      'POST /v1/leads 201',
      'POST /v1/leads/read 200',
      'GET /v1/fields 200',
      `GET /v1/jobs/${jobId} 200`,
      'GET /v1/jobs 200',
      `POST /v1/jobs/${jobId}/cancel 409`,
      `POST /v1/jobs/${jobId}/replay 409`,
      'GET /v1/dead-letters 200',
      'POST /v1/dead-letters/replay 409',
      'POST /v1/webhooks/crm 404',
      'POST /v1/webhooks/crm 404',
      'GET /v1/webhooks/crm 405',
      'POST /v1/dnc 200',
      'DELETE /v1/dnc/2125550901 200',
      'GET /v1/history 200',
      'GET /v1/leads/101/history 200',
      'GET /readyz 200',
      'GET /livez 200',
      'GET /metrics 200',
      'GET /v1/backup 200'
    ]
  )
})

test('the key is a variable: without it, requests that need a key are refused', async (t) => {
  const { origin } = await startGateway(t)
  const exchanges = await sendAll({ baseUrl: origin, apiKey: '', jobId: 'job_x', source: 'crm' })
  const open = exchanges.filter(({ status }) => status !== 401).map(({ path }) => path)
  t.strictSame([...new Set(open)], ['/v1/webhooks/crm', '/readyz', '/livez'])
})
