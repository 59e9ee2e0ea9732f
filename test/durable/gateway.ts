import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { originOf, type Process, run } from '../gateway/gateway-process.ts'
import { API_KEY, type Tester } from '../helper.ts'
import { until } from '../until.ts'

export const HEADERS = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' }
/** Of the refusal by `loadShedding`. */
const CANNOT_KEEP_UP = 'cannot keep up'
/** Pause between two looks at the gateway, in milliseconds: each look costs both processes a request. */
const LOOK_EVERY_MS = 50

export const DURABLE = { ...HEADERS, prefer: 'respond-async' }

/** The settings of a gateway on the VICIdial at `url` that keeps what it accepted in `data`. */
export function settings(url: string, data: string): Record<string, string> {
  return {
    VICIDIAL_URL: url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    API_KEY,
    DATA_DIR: data
  }
}

/** Starts a gateway; resolves when it listens. */
export async function start(
  t: Tester,
  env: Record<string, string>
): Promise<Process & { readonly origin: string }> {
  const server = run(t, env)
  return { ...server, origin: await originOf(server) }
}

/** Ends a process as a power cut would; resolves when it is gone. */
export async function kill(server: Process): Promise<void> {
  server.child.kill('SIGKILL')
  await server.exit
}

export interface Posted {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/**
 * Posts a batch; again while the gateway refuses work because the machine is slow, before it has done anything.
 * @throws if the connection breaks before the answer is complete
 */
export async function post(
  origin: string,
  batch: unknown,
  headers: Record<string, string> = DURABLE
): Promise<Posted> {
  for (;;) {
    const {
      statusCode,
      headers: answered,
      body
    } = await request(`${origin}/v1/leads/batch-update`, {
      method: 'POST',
      headers,
      body: JSON.stringify(batch)
    })
    const text = await body.text()
    if (statusCode !== 503 || !text.includes(CANNOT_KEEP_UP))
      return { status: statusCode, headers: answered, text }
    await pause(LOOK_EVERY_MS)
  }
}

/** Gets a document, whatever its status. */
export async function get(origin: string, path: string): Promise<any> {
  const { body } = await request(`${origin}${path}`, { headers: { authorization: HEADERS.authorization } })
  return body.json()
}

/** Resolves when nothing waits in the outbox any more, with the number of dead letters. */
export async function emptied(origin: string): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY
  for (;;) {
    const done = await until(`${fewest} updates wait`, async () => {
      const { outbox } = await get(origin, '/readyz')
      return (outbox.waiting === 0 || outbox.waiting < fewest) && outbox
    })
    if (done.waiting === 0) return Number(done.dead_letters)
    fewest = Number(done.waiting)
    await pause(LOOK_EVERY_MS)
  }
}

/** Resolves when a process has exited, with its exit code and the time it took, in milliseconds. */
export async function terminated({ child, exit }: Process): Promise<{ code: number | null; ms: number }> {
  const began = performance.now()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  const ms = performance.now() - began
  return { code: await exit, ms }
}
