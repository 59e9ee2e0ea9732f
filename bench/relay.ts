import { Pool } from 'undici'
import { KEY } from '../test/checker/processes.ts'
import { type Cluster, startCluster } from '../test/cluster/attack/cluster.ts'
import { alternate, median, timed } from './measure.ts'
import { endingWith } from './servers.ts'

const LEADS = 100
const WARM_UP = 300
const ROUNDS = 2_000

/** How long a synchronous request of one update takes, by the gateway that it is sent to, in milliseconds (medians). */
export interface RelayFigures {
  readonly requests: number
  readonly ownerMs: number
  readonly otherMs: number
  /** The median of the differences. */
  readonly addedMs: number
}

/** Sends the same requests to the owner of a cluster and to another gateway in turn. */
export async function relayFigures(): Promise<RelayFigures> {
  await using ended = new AsyncDisposableStack()
  const cluster = await startCluster(endingWith(ended), { gateways: 2, leads: LEADS })
  const [toOwner, toOther] = await senders(cluster, ended)
  for (let n = 0; n < WARM_UP; n++) await Promise.all([toOwner(), toOther()])
  const { a, b } = await alternate(
    ROUNDS,
    () => timed(toOwner),
    () => timed(toOther)
  )
  const added = b.map((ms, round) => ms - (a[round] ?? Number.NaN))
  return { requests: ROUNDS, ownerMs: median(a), otherMs: median(b), addedMs: median(added) }
}

/** A sender to the owner, and one to another gateway. */
async function senders(
  cluster: Cluster,
  ended: AsyncDisposableStack
): Promise<[() => Promise<void>, () => Promise<void>]> {
  const { owner, others } = await cluster.owned()
  const [other = owner] = others
  let sent = 0
  const senderTo = (origin: string) => {
    const pool = ended.adopt(new Pool(origin, { connections: 1 }), (open) => open.close())
    return async () => {
      const { statusCode, body } = await pool.request({
        method: 'PATCH',
        path: `/v1/leads/${1 + (sent++ % LEADS)}`,
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ status: 'SALE' })
      })
      await body.dump()
      if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`)
    }
  }
  return [senderTo(owner.process.origin), senderTo(other.process.origin)]
}
