import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Test, test } from 'tap'
import { API_KEY, dataDir, type Gateway, startGateway } from '../helper.ts'
import { type Block, readPage } from './page.ts'

const PAGE = 'docs/clients.md'
/** Where Debian has Guzzle. */
const GUZZLE = '/usr/share/php/GuzzleHttp/autoload.php'
/** Debian's Python first: another one on the path may lack its packages. */
const PYTHONS = ['/usr/bin/python3', 'python3']

/** A program of the page, with what it prints. */
interface Example {
  readonly program: string
  readonly output: string
}

function examples(language: string, mark: string): Example[] {
  const { blocks } = readPage(PAGE)
  const isOne = (block: Block) => block.language === language && block.text.includes(mark)
  return blocks.flatMap((block, index) =>
    isOne(block) ? [{ program: block.text, output: blocks[index + 1]?.text ?? '' }] : []
  )
}

/** Runs a program of the page, and compares what it prints. */
async function runExample(t: Test, command: string, file: string, example: Example): Promise<void> {
  const gateway = await startGateway(t, {}, { leads: 1_000 })
  const folder = dataDir(t)
  mkdirSync(join(folder, 'vendor'))
  writeFileSync(join(folder, 'vendor/autoload.php'), `<?php require '${GUZZLE}';`)
  writeFileSync(join(folder, file), example.program)
  t.equal(await outputOf(command, file, folder, gateway), `${example.output}\n`)
}

async function outputOf(
  command: string,
  file: string,
  cwd: string,
  { origin }: Pick<Gateway, 'origin'>
): Promise<string> {
  const child = spawn(command, [file], {
    cwd,
    env: { ...process.env, GATEWAY_URL: origin, GATEWAY_KEY: API_KEY },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  return output.replaceAll(/ +$/gm, '')
}

/** A server that gives these answers in turn, and counts the requests. */
async function scripted(t: Test, answers: readonly (readonly [number, object, Record<string, string>?])[]) {
  let requests = 0
  const server = createServer((_request, response) => {
    const [status, body, headers = {}] = answers[requests++] ?? [418, {}]
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, requests: () => requests }
}

/** Runs a program of the page with further lines, and returns what it prints. */
async function printed(t: Test, command: string, program: string, origin: string): Promise<string> {
  const folder = dataDir(t)
  writeFileSync(join(folder, 'program'), program)
  return outputOf(command, 'program', folder, { origin })
}

const RESULTS = { results: [{ index: 0, status: 'updated' }] }
const problem = (status: number, code: string) => ({ status, code, detail: 'Why.' })

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0
}

const HAS_CURL = succeeds('php', '-r', "exit(extension_loaded('curl') ? 0 : 1);")
const PYTHON = PYTHONS.find((command) => succeeds(command, '-c', 'import httpx'))

test('the PHP examples run', async (t) => {
  const [plain, ...others] = examples('php', 'curl_init')
  const [guzzle, ...more] = examples('php', 'GuzzleHttp')
  if (plain === undefined || guzzle === undefined) throw new Error(`${PAGE} lacks an example`)
  t.same([others, more], [[], []])
  if (HAS_CURL) await runExample(t, 'php', 'curl.php', plain)
  else t.comment('skipped: php with curl is not installed (Debian: php-cli, php-curl)')
  if (HAS_CURL && existsSync(GUZZLE)) await runExample(t, 'php', 'guzzle.php', guzzle)
  else t.comment('skipped: Guzzle is not installed (Debian: php-guzzlehttp-guzzle)')
})

test('the Python example runs', async (t) => {
  const [example, ...others] = examples('python', 'import httpx')
  if (example === undefined) throw new Error(`${PAGE} lacks an example`)
  t.same(others, [])
  if (PYTHON === undefined) t.comment('skipped: httpx is not installed (Debian: python3-httpx)')
  else await runExample(t, PYTHON, 'store.py', example)
})

test(
  'the PHP function repeats what may succeed then, waits as it is asked to, and throws status and code',
  {
    skip: HAS_CURL ? false : 'php with curl is not installed'
  },
  async (t) => {
    const server = await scripted(t, [
      [503, problem(503, 'overloaded'), { 'retry-after': '7' }],
      [504, problem(504, 'upstream_timeout')],
      [409, problem(409, 'conflict'), { 'retry-after': '1' }],
      [207, RESULTS],
      [502, problem(502, 'upstream_permission_denied')],
      [401, problem(401, 'unauthenticated')],
      [409, problem(409, 'conflict')],
      [429, problem(429, 'rate_limited'), { 'retry-after': '60' }]
    ])
    const [{ program } = { program: '' }] = examples('php', 'curl_init')
    // In a namespace the function finds this sleep first.
    const inNamespace = `<?php
namespace Example;
use RuntimeException;
function sleep(int $seconds): void { echo "waits $seconds\\n"; }
${program.replace('<?php', '')}
function fails(): void {
    try { update_leads([], 'key'); } catch (GatewayError $error) { echo $error->status, ' ', $error->getMessage(), "\\n"; }
}
for ($n = 0; $n < 4; $n++) fails();
putenv('GATEWAY_URL=http://127.0.0.1:9');
fails();
`
    const output = await printed(t, 'php', inNamespace, server.origin)
    t.strictSame(output.trimEnd().split('\n').slice(0, -1), [
      'waits 7',
      'waits 4',
      'waits 1',
      '0 updated',
      '502 502 upstream_permission_denied: Why.',
      '401 401 unauthenticated: Why.',
      '409 409 conflict: Why.',
      '429 429 rate_limited: Why.',
      'waits 2',
      'waits 4',
      'waits 8'
    ])
    t.match(output, /^0 0 : .*connect/m, 'nobody listens')
    t.equal(server.requests(), 8)
  }
)

test(
  'the Python functions raise status and code',
  {
    skip: PYTHON === undefined ? 'httpx is not installed' : false
  },
  async (t) => {
    const server = await scripted(t, [
      [503, problem(503, 'overloaded'), { 'retry-after': '7' }],
      [502, {}, { 'content-type': 'text/html' }]
    ])
    const [{ program } = { program: '' }] = examples('python', 'import httpx')
    const calls = `
for call in (lambda: store([], "key"), lambda: wait_for("/v1/jobs/job_1")):
    try:
        call()
    except GatewayError as error:
        print(error.status, error.code, error.retry_after)
`
    const functions = program.slice(0, program.indexOf('\njob = store('))
    t.equal(
      await printed(t, PYTHON ?? '', functions + calls, server.origin),
      '503 overloaded 7\n502 None None\n'
    )
  }
)
