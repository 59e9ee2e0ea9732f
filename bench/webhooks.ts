import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Pool } from 'undici'
import { alternate, closedLoop, median, medianRatio } from './measure.ts'
import { WEBHOOK } from './scenarios.ts'
import { KEY } from './servers.ts'

const SENDERS = 64
const ROUND_MS = 2_000
const ROUNDS = 3
const LEADS = 50_000

/** Webhooks of one update a second, accepted durably, against the same route that stores nothing. */
export async function webhooks() {
  const storing = await start([])
  const forgetting = await start(['--forget'])
  let event = 0
  const send = (pool: Pool) => async () => {
    const n = event++
    const response = await pool.request({
      path: `/v1/webhooks/${WEBHOOK}`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-key': KEY },
      body: JSON.stringify({ id: `e${n}`, lead: 1 + (n % LEADS), status: 'SALE' })
    })
    const text = await response.body.text()
    if (response.statusCode !== 202) throw new Error(`HTTP ${response.statusCode}: ${text}`)
  }
  // The first payload compiles the expressions.
  await Promise.all([send(storing.pool)(), send(forgetting.pool)()])
  storing.child.send('reset')
  const { a, b } = await alternate(
    ROUNDS,
    () => closedLoop(SENDERS, ROUND_MS, send(storing.pool)),
    () => closedLoop(SENDERS, ROUND_MS, send(forgetting.pool))
  )
  storing.child.send('delay')
  const [{ delayMs }] = (await once(storing.child, 'message')) as [{ delayMs: number }]
  await Promise.all([storing.stop(), forgetting.stop()])
  const stored = a.map(({ perSecond }) => perSecond)
  const forgotten = b.map(({ perSecond }) => perSecond)
  return {
    senders: SENDERS,
    storedPerSecond: median(stored),
    forgottenPerSecond: median(forgotten),
    ratio: medianRatio(stored, forgotten),
    eventLoopDelayP99Ms: delayMs
  }
}

async function start(args: readonly string[]) {
  const child: ChildProcess = fork(new URL('webhook-server.ts', import.meta.url), args)
  const [{ origin }] = (await once(child, 'message')) as [{ origin: string }]
  const pool = new Pool(origin, { connections: SENDERS })
  const stop = async () => {
    await pool.close()
    const ended = once(child, 'exit')
    child.send('stop')
    await ended
  }
  return { child, pool, stop }
}
