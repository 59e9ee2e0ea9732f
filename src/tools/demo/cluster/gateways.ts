import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

/** A gateway of the demo, as a process. */
export interface DemoGateway {
  readonly name: string
  readonly origin: string
  readonly pid: number
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const LISTENING = 'listening on '

/**
 * Starts a gateway of the cluster. Resolves when it listens.
 * @param env settings beside its name and its addresses
 * @throws if it ends before; its log says why
 */
export async function startGateway(
  name: string,
  env: Readonly<Record<string, string>>,
  onLine: (gateway: string, message: string) => void
): Promise<DemoGateway> {
  const child = spawn(process.execPath, ['src/server.ts'], {
    env: {
      ...process.env,
      ...env,
      PORT: '0',
      CLUSTER_NAME: name,
      CLUSTER_URL: `http://127.0.0.1:${await freePort()}`
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const listening = Promise.withResolvers<string>()
  child.once('exit', () => {
    listening.reject(new Error(`${name} ended before it listened`))
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { msg, gateway } = JSON.parse(line) as { msg: string; gateway?: string }
    if (msg.startsWith(LISTENING)) listening.resolve(msg.slice(LISTENING.length))
    else onLine(name, gateway === undefined ? msg : `${msg}: ${gateway}`)
  })
  const origin = await listening.promise
  return {
    name,
    origin,
    pid: child.pid ?? 0,
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM')
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
