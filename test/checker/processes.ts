import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../src/tools/demo/cluster/free-port.ts'
import { until } from '../until.ts'

export const KEY = 'checker-key-0123456789abcdef-0123456789'

/** The sandbox VICIdial as a process, until `stop`. */
export async function startSandboxProcess(leads: number) {
  const child = spawn(
    process.execPath,
    ['src/tools/cli/main.ts', 'sandbox', '--port', '0', '--leads', String(leads)],
    { stdio: ['ignore', 'pipe', 'inherit'] }
  )
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const origin = line.slice('listening on '.length)
  return { origin, stop: () => ended(child, 'SIGKILL') }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** The gateway as a process, with a clock and a disk of its own. */
export class GatewayProcess {
  readonly #env: Record<string, string>
  #child: ChildProcess | undefined
  #shiftMs = 0
  #stderr = ''
  /** Resolves when requests can be sent: at once, or after the restart. */
  ready: Promise<void> = Promise.resolve()
  readonly origin: string
  /** The checkout whose gateway is started; another one takes effect with the next start. */
  directory = '.'
  /** Lines of the log, warnings at least, by their message, counted. */
  readonly logged = new Map<string, number>()

  private constructor(port: number, env: Record<string, string>) {
    this.origin = `http://127.0.0.1:${port}`
    this.#env = { ...env, PORT: String(port) }
  }

  static async start(env: Record<string, string>): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(await freePort(), env)
    await gateway.#start()
    return gateway
  }

  get stderr(): string {
    return this.#stderr
  }

  /**
   * Ends it as a power cut would (`SIGKILL`), or properly (`SIGTERM`), and starts it again.
   * @param between done while it is down
   */
  restart(signal: 'SIGKILL' | 'SIGTERM', between: () => unknown): Promise<void> {
    this.ready = this.stop(signal)
      .then(between)
      .then(() => this.#start())
    return this.ready
  }

  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.#child) await ended(this.#child, signal)
  }

  /** Lets it do nothing at all until `resume`. */
  suspend(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Sets its clock. */
  shiftClock(ms: number): void {
    this.#shiftMs += ms
    if (this.#child?.connected) this.#child.send(this.#shiftMs)
  }

  async #start(): Promise<void> {
    const clock = join(import.meta.dirname, 'shifted-clock.ts')
    const child = spawn(process.execPath, ['--import', clock, 'src/server.ts'], {
      cwd: this.directory,
      env: { ...process.env, ...this.#env, CLOCK_SHIFT_MS: String(this.#shiftMs) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    })
    this.#child = child
    if (child.stdout === null) throw new Error('no stdout')
    child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk
    })
    createInterface({ input: child.stdout }).on('line', (text) => {
      const { msg } = JSON.parse(text) as { msg: string }
      this.logged.set(msg, (this.logged.get(msg) ?? 0) + 1)
    })
    await until('the gateway answers', async () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended: ${this.#stderr}`)
      const response = await fetch(`${this.origin}/livez`).catch(() => undefined)
      return response?.status === 200
    })
  }
}

/** A disk in memory, which can be made full. Only root can have one. */
export class Disk {
  readonly path: string
  #hasRoomSince = 0

  constructor(path: string, megabytes: number) {
    this.path = path
    mkdirSync(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path])
  }

  /** When it was full last, in milliseconds; 0: never. */
  get hasRoomSince(): number {
    return this.#hasRoomSince
  }

  fill(): void {
    this.#hasRoomSince = Infinity
    try {
      for (;;) appendFileSync(this.#ballast, Buffer.alloc(65_536))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  empty(): void {
    rmSync(this.#ballast, { force: true })
    this.#hasRoomSince = performance.now()
  }

  get #ballast(): string {
    return join(this.path, 'ballast')
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path])
  }
}
