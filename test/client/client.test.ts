import { test } from 'tap'
import { createClient, type BatchAnswer, type Problem } from '../../src/client/client.ts'
import { API_KEY, startGateway } from '../helper.ts'
import { until } from '../until.ts'

test('a batch through the client has one result per lead, typed', async (t) => {
  const { origin, sandbox } = await startGateway(t)
  const client = createClient({ url: `${origin}/`, key: API_KEY })
  const { data, error, response } = await client.POST('/v1/leads/batch-update', {
    body: {
      updates: [
        { lead_id: 1, fields: { status: 'SALE' } },
        { lead_id: 99_999, fields: { comments: null } }
      ]
    }
  })
  t.equal(error, undefined)
  t.equal(response.status, 207)
  const answer = data as BatchAnswer
  t.strictSame(
    answer.results.map(({ status }) => status),
    ['updated', 'not_found']
  )
  t.match(sandbox.leads(), { 1: { status: 'SALE' } })
})

test('PATCH updates one lead; its id is part of the path', async (t) => {
  const { origin, sandbox } = await startGateway(t)
  const client = createClient({ url: origin, key: API_KEY })
  const { data } = await client.PATCH('/v1/leads/{lead_id}', {
    params: { path: { lead_id: '8' } },
    body: { first_name: 'José' }
  })
  t.equal(data?.status, 'updated')
  t.match(sandbox.leads(), { 8: { first_name: 'Jose' } })
})

test('an accepted request can be found among the jobs and followed to its end', async (t) => {
  const { origin } = await startGateway(t)
  const client = createClient({ url: origin, key: API_KEY })
  const accepted = await client.POST('/v1/leads/batch-update', {
    params: { header: { Prefer: 'respond-async', 'Idempotency-Key': 'once' } },
    body: { lead_ids: [1, 2], fields: { status: 'CALLBK' } }
  })
  t.equal(accepted.response.status, 202)
  const { id } = accepted.data as { id: string }
  await until('the job ends', async () => {
    const { data } = await client.GET('/v1/jobs/{id}', { params: { path: { id } } })
    return data?.status === 'completed' && data.results.length === 2
  })
  const { data } = await client.GET('/v1/jobs', { params: { query: { status: 'completed', limit: '1' } } })
  t.strictSame(
    data?.jobs.map((job) => job.id),
    [id]
  )
})

test('a refusal is a problem with its code', async (t) => {
  const { origin } = await startGateway(t)
  const anonymous = createClient({ url: origin, key: 'nobody' })
  const { data, error, response } = await anonymous.GET('/v1/jobs')
  const problem: Problem | undefined = error
  t.equal(data, undefined)
  t.equal(response.status, 401)
  t.equal(problem?.code, 'unauthenticated')

  const client = createClient({ url: origin, key: API_KEY })
  const rejected = await client.PATCH('/v1/leads/{lead_id}', {
    params: { path: { lead_id: '8' } },
    body: { email: 'a'.repeat(100) }
  })
  t.match(rejected.error, { code: 'all_updates_rejected', errors: [{ code: 'field_too_long' }] })
})

test('an impossible address or key is refused, and not shown', async (t) => {
  const url = 'https://gateway.example'
  for (const key of ['', 'two lines\n', 'ключ', 'canary key'])
    t.throws(
      () => createClient({ url, key }),
      new TypeError('The key is empty or contains invalid characters.')
    )
  for (const wrong of [
    '',
    'gateway.example',
    'ftp://gateway.example',
    'http://',
    'https://user:canary@gateway.example',
    'https://gateway.example/?tenant=1',
    'https://gateway.example/#'
  ])
    t.throws(
      () => createClient({ url: wrong, key: 'key' }),
      new TypeError(
        'The url must be an http or https address without a user, a query or a fragment, like https://gateway.example.'
      )
    )
})
