import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import packageJson from '../package.json' with { type: 'json' }

/** A server in a process of its own, so that measuring it takes nothing from it. */
export interface Server {
  readonly origin: string
  readonly process: ChildProcess
  /** From the start of the process until it listened, in milliseconds. */
  readonly startMs: number
  /** Memory of the process, in MiB: now, and the most it ever was. */
  memory(): { readonly now: number; readonly peak: number }
  /** CPU time of the process so far, user and system, in milliseconds. */
  cpuMs(): number
  stop(): Promise<void>
}

export const KEY = 'bench-key'
/** Where no VICIdial listens. */
export const AWAY = 'http://127.0.0.1:9/vicidial/non_agent_api.php'
/** Linux counts CPU time in hundredths of a second. */
const MS_PER_TICK = 10
const LISTENING = /listening on (http:\/\/[\d.:]+)/

/** What a call costs in the sandbox: what was measured on a real VICIdial. */
export const COST = { callMs: 3.5, leadUs: 50 }

export function startSandboxProcess(leads: number): Promise<Server> {
  const cost = ['--call-ms', String(COST.callMs), '--lead-us', String(COST.leadUs)]
  const args = ['src/tools/cli/main.ts', 'sandbox', '--port', '0', '--leads', String(leads), ...cost]
  return startProcess(`exec node ${args.join(' ')}`, {})
}

/**
 * Starts the gateway as an operator would, on the VICIdial at `url`; only the caps of calls a second and of requests
 * without a key are off.
 * @param options `file`: the gateway file's text; `nodeFlags`: more options of Node
 */
export async function startGatewayProcess(
  url: string,
  login: { user: string; pass: string },
  { file = '', nodeFlags = '' }: { file?: string; nodeFlags?: string } = {}
): Promise<Server> {
  const data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  if (file !== '') writeFileSync(join(data.path, 'gateway.yaml'), file)
  const server = await startProcess(
    packageJson.scripts.start.replace('exec node', `exec node ${nodeFlags}`),
    {
      VICIDIAL_URL: url,
      VICIDIAL_USER: login.user,
      VICIDIAL_PASS: login.pass,
      VICIDIAL_MAX_CALLS_PER_SECOND: '0',
      ANONYMOUS_POINTS_PER_MINUTE: '0',
      API_KEY: KEY,
      PORT: '0',
      DATA_DIR: data.path,
      ...(file !== '' && { GATEWAY_CONFIG: join(data.path, 'gateway.yaml') })
    }
  )
  const stop = async () => {
    await server.stop()
    data.remove()
  }
  return { ...server, stop }
}

/** Starts `bare-server.ts` with the options of `npm start`. */
export function startBareProcess(): Promise<Server> {
  return startProcess(packageJson.scripts.start.replace('src/server.ts', 'bench/bare-server.ts'), {})
}

/** Starts a command of the shell's that replaces the shell. */
async function startProcess(command: string, env: Record<string, string>): Promise<Server> {
  const started = performance.now()
  const child = spawn(command, {
    shell: true,
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const origin = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)))
    createInterface(child.stdout).on('line', (line) => {
      const match = LISTENING.exec(line)
      if (match?.[1]) resolve(match[1])
    })
  })
  return {
    origin,
    process: child,
    startMs: performance.now() - started,
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      const mebibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
      return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') }
    },
    cpuMs: () => {
      // After the name in brackets, which may hold spaces: fields 14 and 15 of proc(5), in ticks.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    }
  }
}

/** Ends with `stack` what a test would end with itself. */
export function endingWith(stack: AsyncDisposableStack): { teardown(end: () => unknown): void } {
  return {
    teardown: (end) => {
      stack.defer(async () => {
        await end()
      })
    }
  }
}
