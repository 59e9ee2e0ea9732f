import assert from 'node:assert/strict'
import { GatewayClient, type Sendable } from '../../checker/gateway-client.ts'
import { KEY } from '../../checker/processes.ts'
import { until } from '../../until.ts'
import type { Cluster } from './cluster.ts'

/** A request with a key, stored or synchronous. */
function requestOf(key: string, comments: string, isStored: boolean): Sendable {
  return {
    method: 'POST',
    path: '/v1/leads/batch-update',
    headers: {
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(isStored ? { prefer: 'respond-async' } : {})
    },
    body: JSON.stringify({ updates: [{ lead_id: 1, fields: { comments } }] })
  }
}

/**
 * Sends a request with the same `Idempotency-Key` to two gateways at once, kills one of them meanwhile, and repeats it at all
 * until it is answered everywhere.
 * @throws unless there is one answer and one effect
 */
export async function repeatAcrossAKill(cluster: Cluster, name: string, isStored: boolean): Promise<void> {
  const { owner, others } = await cluster.owned()
  const clients = cluster.nodes.map(({ process }) => new GatewayClient(process.origin))
  const at = (node: (typeof cluster.nodes)[number]) => {
    const client = clients[cluster.nodes.indexOf(node)]
    assert(client)
    return client
  }
  const [killed, other] = others
  assert(killed && other)
  const request = requestOf(name.replaceAll(' ', '-'), name, isStored)
  try {
    const first = at(killed).exchange(request)
    const second = at(other).exchange(request)
    const restarted = killed.process.restart('SIGKILL', () => {})
    const early = (await Promise.all([first, second])).filter(
      (answer) => answer?.status === (isStored ? 202 : 200)
    )
    await restarted
    const final = []
    for (const node of [owner, other, killed])
      final.push(
        await until(`${node.name} answers`, async () => {
          const answer = await at(node).exchange(request)
          // 409: the first request is in progress, as far as is known.
          return answer !== undefined && answer.status < 400 && answer
        })
      )
    const ids = new Set([...early, ...final].map((answer) => answer?.body.id))
    assert.equal(ids.size, 1, `${name}: one answer, not ${[...ids].join(', ')}`)
    if (isStored) {
      const [job = ''] = ids
      const rows = await cluster.ask(
        `SELECT j.id FROM jobs AS j JOIN updates AS u ON u.job = j.n WHERE u.changes LIKE '%${name}%'`
      )
      assert.deepEqual(rows, [{ id: job }], `${name}: one job`)
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}
