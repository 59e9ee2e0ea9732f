import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { dataDir, type Tester } from '../helper.ts'

export interface Line {
  readonly level: number
  readonly msg: string
  readonly [member: string]: unknown
}

/** The gateway as a process of its own. */
export interface Process {
  readonly child: ChildProcess
  /** The lines logged so far. */
  readonly lines: Line[]
  readonly stderr: () => string
  /** Resolves with the first line, past or to come, with this beginning; rejects if the process ends without it. */
  readonly line: (beginning: string) => Promise<Line>
  readonly exit: Promise<number | null>
}

/** Every setting that the server reads, unset, so that the surroundings of the test do not matter. */
const UNSET = Object.fromEntries(
  ['URL', 'USER', 'PASS', 'SOURCE', 'NON_LATIN', 'DIALECT', 'TIMEOUT_MS'].map((name) => [
    `VICIDIAL_${name}`,
    ''
  ])
)

/** Runs the gateway as a process of its own until it ends, or the test does. */
export function run(t: Tester, env: Record<string, string>): Process {
  const child = spawn(process.execPath, ['src/server.ts'], {
    env: {
      ...process.env,
      ...UNSET,
      VICIDIAL_BUILD: '250720-1841',
      VICIDIAL_DB_CHARSET: 'utf8',
      API_KEY: '',
      GATEWAY_CONFIG: '',
      LOG_LEVEL: '',
      HOST: '',
      PORT: '0',
      DATA_DIR: dataDir(t),
      ...env
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const lines: Line[] = []
  const waiting: { beginning: string; resolve: (line: Line) => void; reject: (error: Error) => void }[] = []
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  if (child.stdout === null) throw new Error('no stdout')
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line: Line = JSON.parse(text)
    lines.push(line)
    for (const { beginning, resolve } of waiting) if (line.msg.startsWith(beginning)) resolve(line)
  })
  const exit = once(child, 'close').then(([code]) => {
    for (const { reject } of waiting) reject(new Error(`the server ended: ${stderr}`))
    return code as number | null
  })
  endWithTest(child)
  t.teardown(async () => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await exit
  })
  const line = (beginning: string) => {
    const past = lines.find(({ msg }) => msg.startsWith(beginning))
    if (past) return Promise.resolve(past)
    return new Promise<Line>((resolve, reject) => waiting.push({ beginning, resolve, reject }))
  }
  return { child, lines, stderr: () => stderr, line, exit }
}

/** Lets a process end with this one, even if this is killed. */
function endWithTest(child: ChildProcess): void {
  const watch = spawn('sh', ['-c', 'read -r _ || kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore']
  })
  child.once('exit', () => {
    watch.stdin.end('\n')
  })
}

/** Where it listens, once it does. */
export async function originOf(server: Process): Promise<string> {
  return (await server.line('listening on ')).msg.slice('listening on '.length)
}
