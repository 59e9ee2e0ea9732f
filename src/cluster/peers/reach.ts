import type { SeenMember } from '../members/member-table.ts'
import { type PeerClient, PeerError } from './peer-client.ts'
import { type PeerHandler, PeerRefusal } from './peer-server.ts'

/** The paths of a request that shows who answers at an address, and of one to reach the gateway that asks. */
export const HELLO = '/v1/hello'
export const REACH = '/v1/reach'

/** Long, as a machine may be busy while gateways start. */
const TIMEOUT_MS = 10_000

/** A gateway, as it answers at its address. */
export interface Self {
  readonly gateway: string
  /** Id of its process. */
  readonly run: string
}

/** Answers who this is. */
export function helloHandler(self: Self): PeerHandler {
  return async () => self
}

/**
 * Tries to reach the gateway that asks at its address, and answers what is wrong; null if nothing is.
 * @param members lists the gateways anew
 */
export function reachHandler(client: PeerClient, members: () => Promise<readonly SeenMember[]>): PeerHandler {
  return async (body) => {
    const { run } = body as { run: string }
    const asking = (await members()).find((member) => member.run === run)
    if (asking?.address === undefined) throw new PeerRefusal(409, 'There is no such gateway.')
    return (await whyNotReached(client, asking.address, asking)) ?? null
  }
}

/** What is wrong with an address at which a gateway should answer; undefined if nothing is. */
export async function whyNotReached(
  client: Pick<PeerClient, 'send'>,
  address: string,
  expected: Self
): Promise<string | undefined> {
  try {
    const { gateway, run } = (await client.send({
      address,
      path: HELLO,
      body: null,
      timeoutMs: TIMEOUT_MS
    })) as Self
    return run === expected.run ? undefined : `${address} is the address of the gateway ${gateway}.`
  } catch (error) {
    if (error instanceof PeerError) return error.message
    throw error
  }
}

/**
 * Asks the other members to reach this gateway at its address.
 * @returns what is wrong with the address, by each member that says so; and the members that cannot be reached
 */
export async function askToReach(
  client: Pick<PeerClient, 'send'>,
  others: readonly SeenMember[],
  { run }: Self
): Promise<{ faults: string[]; away: string[] }> {
  const faults: string[] = []
  const away: string[] = []
  await Promise.all(
    others.map(async ({ gateway, address }) => {
      if (address === undefined) return
      try {
        const fault = await client.send({ address, path: REACH, body: { run }, timeoutMs: 2 * TIMEOUT_MS })
        if (typeof fault === 'string') faults.push(`The gateway ${gateway} says: ${fault}`)
      } catch (error) {
        if (!(error instanceof PeerError)) throw error
        away.push(`${gateway}: ${error.message}`)
      }
    })
  )
  return { faults, away }
}
