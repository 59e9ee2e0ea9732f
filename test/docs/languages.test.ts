import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
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

async function outputOf(command: string, file: string, cwd: string, { origin }: Gateway): Promise<string> {
  const child = spawn(command, [file], {
    cwd,
    env: { ...process.env, GATEWAY_URL: origin, GATEWAY_KEY: API_KEY },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  return output.replaceAll(/ +$/gm, '')
}

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
