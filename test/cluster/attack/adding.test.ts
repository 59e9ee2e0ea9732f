import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import type { FaultName } from '../../../src/tools/sandbox/server/faults.ts'
import { KEY } from '../../checker/processes.ts'
import { until } from '../../until.ts'
import { type Cluster, type Node, startCluster } from './cluster.ts'
import { overlappingAdditions } from './vicidial-watch.ts'

const LEASE_MS = 2_000
const TIMEOUT_MS = 5_000
const ENV = {
  CLUSTER_LEASE_MS: String(LEASE_MS),
  CLUSTER_RENEW_MS: '400',
  DATABASE_TIMEOUT_MS: '1000',
  VICIDIAL_TIMEOUT_MS: String(TIMEOUT_MS)
}
/** Longer than the next owner waits before its first call, shorter than the timeout. */
const SLOW_MS = TIMEOUT_MS - 1_000
const SLOW = 'SLOW'
const KEYS = 30
/** Faults of calls that add a lead after which it is not known whether they did. */
const FAULTS: readonly FaultName[] = ['reset_before', 'reset_after', '500_after_success', 'truncate_clean']

interface Result {
  readonly vendor_lead_code: string
  readonly status: string
  readonly lead_id?: number
}

/** A request to add leads, all of which get its rank. */
function request(codes: readonly string[], rank: number): string {
  return JSON.stringify({
    updates: codes.map((code, n) => ({
      vendor_lead_code: code,
      fields: { rank },
      add: { phone_number: String(3_125_550_000 + n) }
    })),
    on_missing: 'add',
    add: { list_id: 101, phone_code: '1' }
  })
}

/** Sends a request until it is answered, whatever becomes of the gateway. */
async function send({ process }: Node, body: string, isStored: boolean): Promise<any> {
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    ...(isStored && { prefer: 'respond-async' })
  }
  return until('the request is answered', async () => {
    await process.ready
    try {
      const response = await fetch(`${process.origin}/v1/leads/batch-update`, {
        method: 'POST',
        headers,
        body
      })
      return await response.json()
    } catch {
      await pause(100)
      return undefined
    }
  })
}

/** Sends a request until every update is made. Returns the results of each time. */
async function insist(node: Node, body: string): Promise<Result[]> {
  const all: Result[] = []
  await until('every update is made', async () => {
    const { results = [] } = (await send(node, body, false)) as { results?: Result[] }
    all.push(...results)
    return results.length > 0 && results.every(({ status }) => status === 'added' || status === 'updated')
  })
  return all
}

function leadsOf({ sandbox }: Cluster) {
  return Map.groupBy(Object.values(sandbox.leads()), ({ vendor_lead_code: code }) => code)
}

test('gateways on one database never add two leads under one key, though the owner is killed while it adds', async (t) => {
  const cluster = await startCluster(t, {
    gateways: 2,
    leads: 5,
    env: ENV,
    delayMs: ({ vendor_lead_code: code, insert_if_not_found: adds }) =>
      adds === 'Y' ? (code === SLOW ? SLOW_MS : Math.random() * 20) : 0
  })
  const { watch, sandbox } = cluster
  const { owner, others, term } = await cluster.owned()
  const [other = owner] = others
  const codes = Array.from({ length: KEYS }, (_, n) => `K${n}`)
  for (const fault of FAULTS) sandbox.fail(fault, { calls: 3, parameter: 'insert_if_not_found' })

  const jobs = await Promise.all([send(owner, request(codes, 1), true), send(other, request(codes, 2), true)])
  const answers = [owner, other].map((node, n) => insist(node, request(codes.toReversed(), 3 + n)))
  answers.push(insist(other, request([SLOW], 5)))
  await until('a lead is being added slowly, and others have been', () => {
    const isSlow = watch.additions.some(({ params }) => params['vendor_lead_code'] === SLOW)
    return isSlow && watch.additions.length > KEYS / 3
  })
  await owner.process.restart('SIGKILL', () => {})
  const results = (await Promise.all(answers)).flat()
  for (const { id } of jobs) results.push(...(await jobResults(other, id)))

  t.ok((await cluster.owned(term)).term > term, 'a new owner has taken over')
  const leads = leadsOf(cluster)
  for (const code of [...codes, SLOW]) {
    const [lead, ...more] = leads.get(code) ?? []
    t.same(more, [], `${code} has one lead`)
    const ofCode = results.filter((result) => result.vendor_lead_code === code)
    const named = new Set(ofCode.flatMap(({ lead_id: id }) => (id === undefined ? [] : [id])))
    t.same([...named], [lead?.lead_id], `the results name the lead of ${code}`)
    t.ok(ofCode.filter(({ status }) => status === 'added').length <= 1, `${code} was added once`)
  }
  t.same(overlappingAdditions(watch.additions), [], 'never two such calls for one key')
})

async function jobResults({ process }: Node, id: string): Promise<Result[]> {
  const headers = { authorization: `Bearer ${KEY}` }
  return until('the job has ended', async () => {
    const response = await fetch(`${process.origin}/v1/jobs/${id}`, { headers })
    const job = (await response.json()) as { finished_at?: string; results: Result[] }
    if (job.finished_at !== undefined) return job.results
    await pause(100)
    return undefined
  })
}
