import { alternate, closedLoop, median, medianRatio, quantile, timed } from './measure.ts'
import { changeSet, Direct, type Target, Through } from './target.ts'

const ROUNDS = 3
const ROUND_MS = 2_000
const CHANGE_SETS = 4
const BATCH_ROUNDS = 5
const BATCH_SETS = 20
const LONE_WARM_UP = 100
const LONE_REQUESTS = 400
const CONCURRENCIES = [1, 2, 4, 8]

/** One lead a request, many callers at once, against one `update_lead` a lead at its best concurrency. */
export async function singleLeads(target: Target, origin: string, callers: number) {
  const through = new Through(origin, callers)
  const concurrency = await bestConcurrency(target)
  const direct = new Direct(target, concurrency)
  const lead = (n: number) => target.firstLead + (n % target.leads)
  const { a, b } = await alternate(
    ROUNDS,
    () => closedLoop(callers, ROUND_MS, (n) => through.batch(single(lead(n), n % CHANGE_SETS))),
    () => closedLoop(concurrency, ROUND_MS, (n) => direct.call(byHand(lead(n), n % CHANGE_SETS)))
  )
  await Promise.all([through.close(), direct.close()])
  const gateway = a.map(({ perSecond }) => perSecond)
  const oneByOne = b.map(({ perSecond }) => perSecond)
  return {
    callers,
    gatewayPerSecond: median(gateway),
    directPerSecond: median(oneByOne),
    directConcurrency: concurrency,
    ratio: medianRatio(gateway, oneByOne)
  }
}

async function bestConcurrency(target: Target): Promise<number> {
  const rates: [number, number][] = []
  for (const concurrency of CONCURRENCIES) {
    const direct = new Direct(target, concurrency)
    const { perSecond } = await closedLoop(concurrency, ROUND_MS / 4, (n) =>
      direct.call(byHand(target.firstLead + (n % target.leads), n % CHANGE_SETS))
    )
    await direct.close()
    rates.push([perSecond, concurrency])
  }
  return rates.toSorted(([a], [b]) => b - a)[0]?.[1] ?? 1
}

/** A lone request on an idle gateway, against a direct call: p50 and p99 in milliseconds. */
export async function loneRequest(target: Target, origin: string) {
  const through = new Through(origin, 1)
  const direct = new Direct(target, 1)
  const a: number[] = []
  const b: number[] = []
  for (let n = -LONE_WARM_UP; n < LONE_REQUESTS; n++) {
    const set = (n + LONE_WARM_UP) % CHANGE_SETS
    const gatewayMs = await timed(() => through.batch(single(target.firstLead, set)))
    const directMs = await timed(() => direct.call(byHand(target.firstLead, (set + 1) % CHANGE_SETS)))
    if (n < 0) continue
    a.push(gatewayMs)
    b.push(directMs)
  }
  await Promise.all([through.close(), direct.close()])
  const at = (q: number) => ({
    gatewayMs: quantile(a, q),
    directMs: quantile(b, q),
    differenceMs: quantile(a, q) - quantile(b, q)
  })
  return { p50: at(0.5), p99: at(0.99) }
}

/** One batch with 20 change sets, against the ideal: the same 20 calls, written by hand. */
export async function largeBatch(target: Target, origin: string, concurrency: number) {
  const through = new Through(origin, 1)
  const direct = new Direct(target, concurrency)
  const leads = Array.from({ length: target.leads }, (_, n) => target.firstLead + n)
  let round = 0
  const { a, b } = await alternate(
    BATCH_ROUNDS,
    () => {
      const offset = round++
      const updates = leads.map((lead_id, n) => ({ lead_id, fields: changeSet((n + offset) % BATCH_SETS) }))
      const body = JSON.stringify({ updates })
      return timed(() => through.batch(body))
    },
    () => {
      const offset = round++
      const sets = Array.from({ length: BATCH_SETS }, (_, set) =>
        leads.filter((_lead, n) => (n + offset) % BATCH_SETS === set)
      )
      const calls = sets.map((lead_ids, set) => ({
        function: 'batch_update_lead',
        lead_ids: lead_ids.join(','),
        ...changeSet(set)
      }))
      return timed(() => Promise.all(calls.map((call) => direct.call(call))))
    }
  )
  await Promise.all([through.close(), direct.close()])
  return {
    leads: leads.length,
    changeSets: BATCH_SETS,
    gatewayMs: median(a),
    idealMs: median(b),
    ratio: medianRatio(a, b)
  }
}

function single(lead_id: number, set: number): string {
  return JSON.stringify({ updates: [{ lead_id, fields: changeSet(set) }] })
}

function byHand(lead: number, set: number): Record<string, string> {
  return { function: 'update_lead', lead_id: String(lead), ...changeSet(set) }
}
