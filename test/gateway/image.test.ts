import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { t as root, test } from 'tap'
import { dataDir, type Tester } from '../helper.ts'

const DOCKERFILE = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', '')
const LET_IN: readonly string[] = readFileSync('.dockerignore', 'utf8').match(/(?<=^!).+/gm) ?? []

/** A directory with the image's `/app`, linked to the checkout's libraries. */
function imageOf(t: Tester): string {
  const app = join(dataDir(t), 'app')
  mkdirSync(app)
  symlinkSync(resolve('node_modules'), join(app, 'node_modules'))
  const copied = [...DOCKERFILE.matchAll(/^COPY (?!--from)(.+) \.\/\S*$/gm)].flatMap(([, names = '']) =>
    names.split(' ')
  )
  for (const name of copied) if (LET_IN.includes(name)) cpSync(name, join(app, name), { recursive: true })
  return app
}

let made: string | undefined

/** The image of both tests: what the first has compiled, the second need not compile again. */
function image(): string {
  made ??= imageOf(root)
  return made
}

/** Starts a command in the image, with the settings of a gateway. */
function start(app: string, command: readonly string[]) {
  const [program = '', ...args] = command
  return spawn(program, args, {
    cwd: app,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: join(app, '.cache'),
      VICIDIAL_URL: 'http://127.0.0.1:9/',
      VICIDIAL_USER: 'api',
      VICIDIAL_PASS: 'none',
      API_KEY: 'none',
      PORT: '0',
      DATA_DIR: join(app, 'data')
    }
  })
}

/** Starts what runs until SIGTERM, and ends it once it listens. */
async function startAndEnd(app: string, command: readonly string[]): Promise<void> {
  const child = start(app, command)
  for await (const line of createInterface(child.stdout))
    if (line.includes('listening on')) child.kill('SIGTERM')
  if (child.exitCode === null) await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${child.exitCode}`)
}

function compiledIn(app: string): number {
  return readdirSync(join(app, '.cache'), { recursive: true }).length
}

test('the image contains every module that the server loads, compiled', async (t) => {
  const app = image()
  // As the user that it runs as: what Node compiles is kept apart for each.
  const [, warmUp = ''] = /^USER node\n(?:#.*\n)*RUN (VICIDIAL_URL=.*)$/m.exec(DOCKERFILE) ?? []
  const here = warmUp.replaceAll('/app/', `${app}/`).replaceAll('/tmp/data', `${app}/data`)
  const [code] = await once(start(app, ['bash', '-c', here]), 'close')
  t.equal(code, 0, here)
  const compiled = compiledIn(app)
  t.ok(compiled > 1_000)

  const [, command = ''] = /^CMD (\[.*\])$/m.exec(DOCKERFILE) ?? []
  await startAndEnd(app, JSON.parse(command))
  t.equal(compiledIn(app), compiled, 'nothing is compiled as it starts')
})

test('the image contains the command line and every module it loads', async (t) => {
  const app = image()
  await startAndEnd(app, [join(app, 'bin/vicidial-gateway.js'), 'sandbox'])
  const demo = `await import('${app}/src/tools/demo/demo.ts')`
  const [code] = await once(start(app, ['node', '--input-type=module', '-e', demo]), 'close')
  t.equal(code, 0)
})
