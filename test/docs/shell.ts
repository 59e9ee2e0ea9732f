import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text as readText } from 'node:stream/consumers'
import type { Surroundings } from './surroundings.ts'

/** A command of a page as it is typed, and what it prints. */
export interface Typed {
  readonly command: string
  readonly output: string
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Commands that only look: they may be run again until there is something to see. */
const CHANGES = /\s(-d|-X|-F|--data\S*|--request|--json|--form)\b|\b(node|npm|npx)\b/

/** Takes what was exported by the page's blocks before, and leaves it to those that follow. */
const PRELUDE = `
refuse() { echo "$* is not run here: give it a row in the table of surroundings.ts, or mark the block" >&2; exit 1; }
npm() { refuse npm "$@"; }
docker() { refuse docker "$@"; }
sudo() { refuse sudo "$@"; }
systemctl() { refuse systemctl "$@"; }
set -euo pipefail
[ ! -f .exported ] || . ./.exported
`
/** Where a page shows no answer, one of 400 and above is a fault of the page. */
const STRICT = 'curl() { command curl --fail-with-body "$@"; }'
const POSTLUDE = 'status=$?; export -p > .exported; exit $status'
/** Commands that take longer are ended, and all that they started. */
const LONGEST_MS = 300_000

/**
 * Runs commands of a page with bash, in its directory.
 * @param isStrict whether curl ends with a fault on an HTTP status of 400 and above
 */
export async function run(text: string, { directory, env }: Surroundings, isStrict: boolean): Promise<Ran> {
  const child = spawn('bash', ['-c', `${PRELUDE}\n${isStrict ? STRICT : ''}\n${text}\n${POSTLUDE}`], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true
  })
  const { pid } = child
  const late = setTimeout(() => pid !== undefined && process.kill(-pid, 'SIGKILL'), LONGEST_MS)
  const [stdout, stderr] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, 'close')
  ])
  clearTimeout(late)
  return { code: child.exitCode, stdout, stderr }
}

/** What is wrong with the syntax of commands, as bash says it; empty if nothing is. */
export async function syntaxFaults(text: string): Promise<string> {
  const child = spawn('bash', ['-n'], { stdio: ['pipe', 'ignore', 'pipe'] })
  child.stdin.end(text)
  const [stderr] = await Promise.all([readText(child.stderr), once(child, 'close')])
  return stderr
}

export function onlyLooks(text: string): boolean {
  return !CHANGES.test(text)
}

/**
 * The commands of a block whose lines begin with `$ `, each with its output. A command goes on after a backslash, and in
 * lines that are indented by four spaces.
 */
export function typed(text: string): Typed[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((piece) => {
      const lines = piece.split('\n')
      const goesOn = (index: number) => lines[index - 1]?.endsWith('\\') || lines[index]?.startsWith('    ')
      const end = lines.findIndex((_, index) => index > 0 && !goesOn(index))
      if (end === -1) return { command: lines.join('\n'), output: '' }
      return { command: lines.slice(0, end).join('\n'), output: lines.slice(end).join('\n') }
    })
}
