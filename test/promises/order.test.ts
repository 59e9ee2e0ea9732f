import { test } from 'tap'
import { batch, call, startGateway, startStandIn } from '../helper.ts'
import { until } from '../until.ts'

test("the later of two requests for one lead wins, even if the earlier one's call must be repeated", async (t) => {
  const made: string[] = []
  const refused = Promise.withResolvers<void>()
  const url = await startStandIn(t, ({ status = '' }, response) => {
    if (made.length === 0 && status === 'FIRST') {
      made.push('failed FIRST')
      response.writeHead(500).end()
      refused.resolve()
      return
    }
    made.push(status)
    response.end('SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|1\n')
  })
  const gateway = await startGateway(t, { VICIDIAL_URL: url })
  const first = batch(gateway, { lead_ids: [1], fields: { status: 'FIRST' } })
  await refused.promise
  const second = batch(gateway, { lead_ids: [1], fields: { status: 'SECOND' } })

  t.same([(await first).status, (await second).status], [200, 200])
  t.equal(made.at(-1), 'SECOND', made.join(', '))
})

test("a retried stored update doesn't overwrite a newer one that is in flight", async (t) => {
  const made: string[] = []
  const url = await startStandIn(t, ({ status = '' }, response) => {
    made.push(status)
    const isDenied = !made.includes('NEW')
    const answer = isDenied
      ? 'ERROR: USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - 6666|api\n'
      : 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|1\n'
    // Far longer than the stored one waits for its next try.
    setTimeout(() => response.end(answer), status === 'NEW' ? 300 : 0)
  })
  const gateway = await startGateway(t, {
    VICIDIAL_URL: url,
    RETRY_FIRST_PAUSE_MS: '20',
    RETRY_LONGEST_PAUSE_MS: '20'
  })
  const old = { lead_ids: [1], fields: { status: 'OLD' } }
  const { body: accepted } = await batch(gateway, old, { prefer: 'respond-async' })
  const job = () => call(gateway, 'GET', accepted.links.self)
  await until('it failed once', async () => (await job()).body.results[0].error !== undefined)
  const { status } = await batch(gateway, { lead_ids: [1], fields: { status: 'NEW' } })
  t.equal(status, 200)
  const { body } = await until('it has ended', async () => {
    const answer = await job()
    return answer.body.finished_at !== undefined && answer
  })
  t.same(body.results, [{ index: 0, lead_id: 1, status: 'superseded', superseded: ['status'] }])
  t.equal(made.at(-1), 'NEW', made.join(', '))
})

test("a lead has at most one call in flight, while other leads' calls run beside it", async (t) => {
  const inFlight = new Map<string, number>()
  let most = 0
  let mostOfOneLead = 0
  const made: string[] = []
  const url = await startStandIn(t, ({ lead_ids = '', status = '' }, response) => {
    made.push(`${lead_ids} ${status}`)
    inFlight.set(lead_ids, (inFlight.get(lead_ids) ?? 0) + 1)
    most = Math.max(
      most,
      inFlight.values().reduce((sum, count) => sum + count, 0)
    )
    mostOfOneLead = Math.max(mostOfOneLead, ...inFlight.values())
    // As long as a call usually takes.
    setTimeout(() => {
      inFlight.set(lead_ids, (inFlight.get(lead_ids) ?? 0) - 1)
      response.end(`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|${lead_ids}\n`)
    }, 10)
  })
  const gateway = await startGateway(t, { VICIDIAL_URL: url, VICIDIAL_MAX_CONCURRENCY: '4' })
  // Until a login was accepted calls go one by one.
  await batch(gateway, { lead_ids: [9], fields: { status: 'A' } })
  const updates = ['A', 'B', 'C'].flatMap((status) =>
    [1, 2].map((lead_id) => ({ lead_id, fields: { status: status + lead_id } }))
  )
  const { status } = await batch(gateway, { updates })

  t.equal(status, 200)
  t.same([most, mostOfOneLead], [2, 1])
  t.same(
    made.filter((call) => call.startsWith('1 ')),
    ['1 A1', '1 B1', '1 C1']
  )
  t.same(
    made.filter((call) => call.startsWith('2 ')),
    ['2 A2', '2 B2', '2 C2']
  )
})
