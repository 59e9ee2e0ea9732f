import type { ServerResponse } from 'node:http'
import { test } from 'tap'
import { batch, call, startGateway, startStandIn, type Tester } from '../../helper.ts'

const KEYS = Array.from({ length: 40 }, (_, index) => `CRM-${index + 1}`)

/** A VICIdial whose look-ups fail with one of these keys in them. Lead 1 has the code CRM-1, and so on. */
async function failingFor(t: Tester, httpStatus: number, harmful: readonly string[]) {
  const searches: string[][] = []
  const url = await startStandIn(t, (params, response: ServerResponse) => {
    const { function: called, lead_ids: ids = '', vendor_lead_code: codes = '' } = params
    if (called !== 'lead_search') {
      const count = ids.split(',').length
      response.end(`SUCCESS: ${called} LEADS HAVE BEEN UPDATED - api|${count}|${count}|${ids}\n`)
      return
    }
    const keys = codes.split(',')
    searches.push(keys)
    if (keys.some((key) => harmful.includes(key))) response.writeHead(httpStatus).end()
    else response.end(keys.map((key) => `${key}|1|${key.slice(4)}\n`).join(''))
  })
  return { url, searches }
}

for (const httpStatus of [500, 403]) {
  test(`a key that makes its look-up fail with HTTP ${httpStatus} fails no other, and opens no circuit`, async (t) => {
    const { url, searches } = await failingFor(t, httpStatus, ['CRM-7', 'CRM-30'])
    const gateway = await startGateway(t, { VICIDIAL_URL: url })
    const { body } = await batch(gateway, {
      updates: KEYS.map((key) => ({ vendor_lead_code: key, fields: { status: 'SALE' } }))
    })
    const failed = body.results.filter(({ status }: { status: string }) => status !== 'updated')
    t.match(failed, [
      { vendor_lead_code: 'CRM-7', status: 'failed', error: { code: 'upstream_error' } },
      { vendor_lead_code: 'CRM-30', status: 'failed', error: { code: 'upstream_error' } }
    ])
    t.equal(failed.length, 2)
    t.ok(searches.length < 2 * KEYS.length)
    const { body: ready } = await call(gateway, 'GET', '/readyz')
    t.equal(ready.vicidial.state, 'reachable')
  })
}
