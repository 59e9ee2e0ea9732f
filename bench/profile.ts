import { mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { GATEWAY_FILE, scenarios, Side } from './scenarios.ts'
import { AWAY, startGatewayProcess, startSandboxProcess } from './servers.ts'
import type { Target } from './target.ts'

/**
 * `npm run bench:profile` shows where the gateway's CPU time goes: it profiles a gateway under the requests of one
 * scenario, and prints the self time of each file and function, and the time with what they call. `-- NAME` chooses the
 * scenario, by a part of its name; `-- --rounds N` how many seconds it lasts.
 */
const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '8' } },
  allowPositionals: true
})
const LEADS = 10_000
const FILES_SHOWN = 40
const FUNCTIONS_SHOWN = 60

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly children?: readonly number[]
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const sandbox = await startSandboxProcess(LEADS)
const target: Target = {
  url: `${sandbox.origin}/vicidial/non_agent_api.php`,
  user: 'api',
  pass: 's3cret',
  firstLead: 1,
  leads: LEADS
}
const scenario = scenarios(target).find(({ name }) => name.includes(positionals[0] ?? 'update of one lead'))
if (scenario === undefined) throw new Error('there is no such scenario')
using folder = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
const nodeFlags = `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${folder.path}`
const started = performance.now()
const url = scenario.isStoredOnly ? AWAY : target.url
const gateway = await startGatewayProcess(url, target, { file: GATEWAY_FILE, nodeFlags })
const startUs = (performance.now() - started) * 1_000
const side = new Side(scenario, gateway, scenario.path)
let us = 0
for (let round = 0; round < Number(values.rounds); round++) us += await side.round()
await side.close()
await gateway.stop()
await sandbox.stop()

process.stdout.write(
  `${scenario.name}: ${(us / Number(values.rounds)).toFixed(0)} µs of CPU a request, profiled\n`
)
for (const name of readdirSync(folder.path)) {
  print(JSON.parse(readFileSync(join(folder.path, name), 'utf8')) as Profile)
}

/** Prints the self time of each file and function, then the time of each function with what it calls; without the start. */
function print({ nodes, samples, timeDeltas }: Profile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const byFile = new Map<string, number>()
  const byFunction = new Map<string, number>()
  const withLibraries = new Map<string, number>()
  const withCalled = new Map<string, number>()
  let busy = 0
  let at = 0
  for (const [index, id] of samples.entries()) {
    const node = byId.get(id)
    const time = timeDeltas[index] ?? 0
    at += time
    if (at < startUs) continue
    if (node === undefined || node.callFrame.functionName === '(idle)') continue
    busy += time
    add(byFile, fileOf(node.callFrame), time)
    add(byFunction, nameOf(node.callFrame), time)
    const callers = new Set<string>()
    let own: string | undefined
    for (let caller: number | undefined = id; caller !== undefined; caller = parents.get(caller)) {
      const frame = byId.get(caller)?.callFrame
      if (frame === undefined) continue
      callers.add(nameOf(frame))
      if (isOwn(fileOf(frame))) own ??= fileOf(frame)
    }
    add(withLibraries, own ?? '(Node and Fastify alone)', time)
    for (const name of callers) add(withCalled, name, time)
  }
  const show = (times: ReadonlyMap<string, number>, most: number) => {
    for (const [name, time] of [...times].toSorted(([, a], [, b]) => b - a).slice(0, most)) {
      process.stdout.write(`${((100 * time) / busy).toFixed(1).padStart(6)} %  ${name}\n`)
    }
  }
  process.stdout.write(`\n${(busy / 1e6).toFixed(1)} s of a thread, self time by file\n`)
  show(byFile, FILES_SHOWN)
  process.stdout.write("\ntime by the gateway's file, with what it calls of libraries and Node\n")
  show(withLibraries, FILES_SHOWN)
  process.stdout.write('\nself time by function\n')
  show(byFunction, FUNCTIONS_SHOWN)
  process.stdout.write('\ntime by function, with what it calls\n')
  show(withCalled, 3 * FUNCTIONS_SHOWN)
}

function nameOf(frame: { functionName: string; url: string; lineNumber: number }): string {
  return `${frame.functionName || '(anonymous)'} ${fileOf(frame)}:${frame.lineNumber + 1}`
}

/** A file of the gateway, the name of a package, or Node's own module. */
function fileOf({ functionName, url }: { functionName: string; url: string }): string {
  if (url === '') return functionName
  const [, file = url] = url.split(new URL('..', import.meta.url).href)
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file
}

function isOwn(file: string): boolean {
  return file.startsWith('src/') || file.startsWith('routes/')
}

function add(times: Map<string, number>, name: string, time: number): void {
  times.set(name, (times.get(name) ?? 0) + time)
}
