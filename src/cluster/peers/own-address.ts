import { randomUUID } from 'node:crypto'
import { errorCode } from '../../error-code.ts'
import type { ClusterSettings } from '../settings.ts'
import { PeerClient } from './peer-client.ts'
import { PeerServer, type Self } from './peer-server.ts'
import { HELLO, hello, whyNotReached } from './reach.ts'
import { Signer } from './signature.ts'

/** Listens for the others, and tries to reach itself at its own address. Returns what is wrong. */
export async function listenAtAddress(
  server: Pick<PeerServer, 'listen'>,
  client: Pick<PeerClient, 'send'>,
  { listen, address }: Pick<ClusterSettings, 'listen' | 'address'>,
  { run }: Self
): Promise<string[]> {
  if (listen === undefined || address === undefined) return []
  try {
    await server.listen(listen.host, listen.port)
  } catch (error) {
    return [
      `The gateway cannot listen for the others on ${listen.host}:${listen.port} (${errorCode(error)}): see CLUSTER_URL, CLUSTER_HOST and CLUSTER_PORT.`
    ]
  }
  const fault = await whyNotReached(client, { address, run })
  return fault === undefined ? [] : [`CLUSTER_URL does not lead to this gateway: ${fault}`]
}

/**
 * What is wrong with the address of a gateway that cannot use its database, and so cannot ask others. Without
 * CLUSTER_SECRET, which is in the database then, nothing is found.
 */
export async function ownAddressFaults(settings: ClusterSettings): Promise<string[]> {
  if (settings.secret === undefined) return []
  const signer = new Signer(settings.secret)
  const self = { gateway: settings.name, run: randomUUID() }
  const log = { warn: () => {}, error: () => {} }
  const server = new PeerServer({ self, signer, handlers: { [HELLO]: hello }, log })
  const client = new PeerClient(signer)
  try {
    return await listenAtAddress(server, client, settings, self)
  } finally {
    await client.close()
    await server.close()
  }
}
