import type { SeenMember } from '../members/member-table.ts'
import { type Peer, type PeerClient, PeerError } from './peer-client.ts'
import { PeerRefusal } from './peer-refusal.ts'
import type { PeerHandler, Self } from './peer-server.ts'

/** The path of a request that shows who answers at an address. */
export const HELLO = '/v1/hello'
/** The path of a request to reach the gateway that asks. */
export const REACH = '/v1/reach'

/** Long, as a machine may be busy while gateways start. */
const TIMEOUT_MS = 10_000

/** Answers that this is the process that was asked for. */
export const hello: PeerHandler = async () => null

/**
 * Tries to reach the gateway that asks at its address, and answers what is wrong; null if nothing is.
 * @param members lists the gateways again
 */
export function reachHandler(client: PeerClient, members: () => Promise<readonly SeenMember[]>): PeerHandler {
  return async (body) => {
    const { run } = body as { run: string }
    const asking = (await members()).find((member) => member.run === run)
    if (asking?.address === undefined) throw new PeerRefusal(409, 'There is no such gateway.')
    return (await whyNotReached(client, { address: asking.address, run })) ?? null
  }
}

/** Why a gateway does not answer at its address; undefined if it does. */
export async function whyNotReached(client: Pick<PeerClient, 'send'>, to: Peer): Promise<string | undefined> {
  try {
    await client.send({ to, path: HELLO, body: null, timeoutMs: TIMEOUT_MS })
    return undefined
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    const { message, status } = error
    return status === undefined || status === 401 ? message : `${to.address} answers: ${message}`
  }
}

/** Statuses of a refusal that will not pass: the request is not understood, clocks differ, secrets differ. */
const LASTING: ReadonlySet<number | undefined> = new Set([400, 401])

/**
 * Asks the other members to reach this gateway at its address.
 * @returns what is wrong, by each member that says so; and the members that cannot be reached
 */
export async function askToReach(
  client: Pick<PeerClient, 'send'>,
  others: readonly SeenMember[],
  { run }: Self
): Promise<{ faults: string[]; away: string[] }> {
  const faults: string[] = []
  const away: string[] = []
  await Promise.all(
    others.map(async ({ gateway, address, run: other }) => {
      if (address === undefined) return
      try {
        const to = { address, run: other }
        const fault = await client.send({ to, path: REACH, body: { run }, timeoutMs: 2 * TIMEOUT_MS })
        if (typeof fault === 'string') faults.push(`The gateway ${gateway} says: ${fault}`)
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
        if (LASTING.has(error.status))
          faults.push(`The gateway ${gateway} refuses this one: ${error.message}`)
        else away.push(`${gateway}: ${error.message}`)
      }
    })
  )
  return { faults, away }
}
