import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A call that sets something of leads. */
export interface WatchedCall {
  readonly leads: readonly number[]
  readonly params: Readonly<Record<string, string>>
  /** When it came, and when VICIdial had done it, in milliseconds of `performance.now`. */
  readonly from: number
  to: number
}

export interface VicidialWatch {
  /** The address for `VICIDIAL_URL`. */
  readonly url: string
  /** The calls that set something, in the order in which VICIdial did them. */
  readonly done: readonly WatchedCall[]
  /** The calls that add a lead if no lead has their key, in the order in which they came. */
  readonly additions: readonly WatchedCall[]
  /** Those that have not ended. */
  readonly underWay: ReadonlySet<WatchedCall>
  /** Times at which any call came, oldest first: probes and look-ups too. */
  readonly times: readonly number[]
  close(): Promise<void>
}

/**
 * Starts a way to VICIdial that knows every call with its begin and its end. As with PHP behind a web server, a call is
 * done to the end even if its sender is gone.
 * @param delayMs how long a call takes beyond VICIdial's own time
 */
export async function watchVicidial(
  url: string,
  delayMs: (params: WatchedCall['params']) => number
): Promise<VicidialWatch> {
  const done: WatchedCall[] = []
  const additions: WatchedCall[] = []
  const underWay = new Set<WatchedCall>()
  const times: number[] = []

  const server = createServer(async (asked, answered) => {
    const body = await read(asked).catch(() => undefined)
    if (body === undefined) return
    const from = performance.now()
    times.push(from)
    const params = Object.fromEntries(new URLSearchParams(body))
    const call: WatchedCall = { leads: leadsOf(params), params, from, to: Number.POSITIVE_INFINITY }
    underWay.add(call)
    if (params['insert_if_not_found'] === 'Y') additions.push(call)
    try {
      await pause(delayMs(params))
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': asked.headers['content-type'] ?? '' },
        body
      })
      const text = await response.text()
      answered.writeHead(response.status, { 'content-type': 'text/html' }).end(text)
    } catch {
      answered.destroy()
    } finally {
      call.to = performance.now()
      underWay.delete(call)
      if (call.leads.length > 0) done.push(call)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    done,
    additions,
    underWay,
    times,
    close: async () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

async function read(asked: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of asked) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** The leads that a call changes; none if it sets nothing, as a check by the gateway. */
function leadsOf({ function: name, lead_ids: many = '', lead_id: single = '' }: Record<string, string>) {
  if (name !== 'batch_update_lead' && name !== 'update_lead') return []
  return [...many.split(','), single].filter((id) => id !== '' && id !== '0').map(Number)
}

/** Pairs of calls for one lead of which the second came before the first had ended. */
export function overlaps(calls: readonly WatchedCall[]): [WatchedCall, WatchedCall][] {
  return overlapping(calls, ({ leads }) => leads)
}

/** Pairs of calls that may add a lead of one code, of which the second came before the first had ended. */
export function overlappingAdditions(calls: readonly WatchedCall[]): [WatchedCall, WatchedCall][] {
  return overlapping(calls, ({ params }) => [params['vendor_lead_code']])
}

function overlapping<Name>(
  calls: readonly WatchedCall[],
  namesOf: (call: WatchedCall) => Iterable<Name>
): [WatchedCall, WatchedCall][] {
  const latest = new Map<Name, WatchedCall>()
  const found: [WatchedCall, WatchedCall][] = []
  for (const call of calls.toSorted((a, b) => a.from - b.from)) {
    for (const name of new Set(namesOf(call))) {
      const before = latest.get(name)
      if (before && before.to > call.from) found.push([before, call])
      if (!before || before.to < call.to) latest.set(name, call)
    }
  }
  return found
}

/** The longest time without a call that begins after `from` and ends before `to`, in milliseconds. */
export function longestPause(times: readonly number[], from: number, to: number): number {
  let longest = 0
  let last = from
  for (const time of times) {
    if (time <= from) continue
    longest = Math.max(longest, Math.min(time, to) - last)
    last = time
    if (time >= to) break
  }
  return longest
}
