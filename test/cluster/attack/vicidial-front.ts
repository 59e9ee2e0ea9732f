import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { request as send } from 'undici'
import { startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import type { Tester } from '../../helper.ts'

/** Calls take up to this long, in milliseconds. */
const SLOWEST_MS = 200
/** Values that the writers set. */
const VALUE = /^w\d+-\d+$/

/** A VICIdial that runs a call to its end, even if the gateway is gone, and that notes what a gateway must not do. */
export async function startVicidial(t: Tester) {
  const sandbox = await startSandbox()
  const inFlight = new Map<string, string>()
  const overlaps: string[] = []
  /** When calls with updates began, in milliseconds of `performance.now`. */
  const began: number[] = []
  const server = createServer(async (request, response) => {
    const body = await readText(request)
    const form = new URLSearchParams(body)
    const value = [...form.values()].find((text) => VALUE.test(text))
    const leads = value === undefined ? [] : (form.get('lead_ids') ?? form.get('lead_id') ?? '').split(',')
    for (const lead of leads) {
      const other = inFlight.get(lead)
      if (other !== undefined) overlaps.push(`lead ${lead}: ${value} while ${other}`)
      inFlight.set(lead, value ?? '')
    }
    if (leads.length > 0) began.push(performance.now())
    await pause(Math.random() * SLOWEST_MS)
    const {
      statusCode,
      headers,
      body: reply
    } = await send(sandbox.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body
    })
    const text = await reply.text()
    for (const lead of leads) inFlight.delete(lead)
    response.writeHead(statusCode, { 'content-type': String(headers['content-type']) }).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await sandbox.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/vicidial/non_agent_api.php`,
    /** Two calls for one lead at once. */
    overlaps,
    leads: () => sandbox.leads(),
    /** The longest time without a call since `at`, in milliseconds. */
    longestPauseSince: (at: number) => {
      const times = [at, ...began.filter((time) => time > at), performance.now()]
      return Math.max(...times.map((time, n) => time - (times[n - 1] ?? time)))
    }
  }
}
