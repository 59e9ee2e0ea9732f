import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { parseDocument } from 'yaml'
import { readGatewayFile } from '../../src/config/gateway-file.ts'
import { documentedSchema } from '../helper.ts'
import { isLog } from './log-lines.ts'
import { type Block, type Page, PATHS, readPage } from './page.ts'
import { PageRun } from './page-run.ts'
import { syntaxFaults, typed } from './shell.ts'
import { parsed } from './shown.ts'
import { startSurroundings, type Surroundings } from './surroundings.ts'
import { scriptOf, typeFaults } from './script.ts'

/**
 * Every block of every page is run; CONTRIBUTING.md, Documentation, says how to write one. A block that
 * cannot be run here says so in a comment before it, `<!-- not run: REASON -->`, with one of these reasons, or
 * `<!-- run by test/….test.ts -->`: that test must name the page, and hold a TypeScript block as it is.
 */
const REASONS = new Set([
  'needs npm and its registry',
  'needs Docker',
  'needs Kubernetes',
  'needs systemd',
  'needs nginx',
  'needs a browser',
  'needs Prometheus',
  'needs PostgreSQL',
  'needs a terminal',
  'needs a VICIdial of yours',
  'runs until it is stopped',
  'takes minutes'
])

/** What a block without the name of a language, or of a general one, is. */
type Kind = 'sh' | 'console' | 'http' | 'answer' | 'yaml' | 'json' | 'ts' | 'log' | 'file' | 'unknown'

function kindOf({ language, text, file }: Block): Kind {
  if (file !== undefined) return 'file'
  if (
    language === 'sh' ||
    language === 'http' ||
    language === 'yaml' ||
    language === 'json' ||
    language === 'ts'
  )
    return language
  if (language !== '') return 'unknown'
  if (text.startsWith('$ ')) return 'console'
  if (text.startsWith('HTTP/1.1 ')) return 'answer'
  return isLog(text) ? 'log' : 'unknown'
}

/** The block after one that runs, if it shows what is printed. */
function outputOf(blocks: readonly Block[], index: number): Block | undefined {
  const next = blocks[index + 1]
  if (blocks[index]?.isHidden || next === undefined || next.notRun !== undefined) return undefined
  if (next.language === 'json') return next
  const kind = kindOf(next)
  return next.language === '' && (kind === 'answer' || kind === 'unknown') ? next : undefined
}

const PAGES_AT_ONCE = 4
const BATCH = '/paths/~1v1~1leads~1batch-update/post/responses/200/content/application~1json/schema'
const JOB = '/paths/~1v1~1jobs~1{id}/get/responses/200/content/application~1json/schema'

/** Where the OpenAPI document describes a JSON value that stands alone; undefined if nowhere. */
function schemaOf(value: any): string | undefined {
  const isLong = value?.updates !== undefined && value.id === undefined
  if (isLong || value?.lead_ids !== undefined) return '/components/schemas/BatchRequest'
  if (value?.type?.startsWith('/problems/')) return '/components/schemas/Problem'
  if (value?.dead_letters !== undefined) return '/components/schemas/DeadLetterList'
  if (value?.id?.startsWith('job_')) return JOB
  return value?.results === undefined ? undefined : BATCH
}

async function checkJson(t: Test, block: Block, run: PageRun): Promise<void> {
  if (await run.job(block)) return
  const { position, text } = block
  const value = parsed(text)
  const pointer = schemaOf(value)
  if (pointer === undefined)
    return void t.fail(`${position} is no output, and no request or answer that is known`)
  const validate = await documentedSchema(pointer)
  t.ok(validate(value), `${position} is as the OpenAPI document says`, { errors: validate.errors })
}

/** What can be told of a block that is not run. */
async function checkUnrun(t: Test, { position, language, text }: Block): Promise<void> {
  const commands = language === 'sh' ? [text] : typed(text).map(({ command }) => command)
  for (const command of commands) t.equal(await syntaxFaults(command), '', position)
  if (language === 'json') t.not(parsed(text), undefined, position)
  if (language === 'yaml') t.strictSame(parseDocument(text).errors, [], position)
  if (language === 'nginx') t.equal(text.split('{').length, text.split('}').length, position)
  if (language === 'ini')
    for (const line of text.split('\n')) t.match(line, /^($|[#;]|\[\w+\]$|\w+=)/, position)
}

function checkGatewayFile(t: Test, { position, text }: Block, { directory }: Surroundings): void {
  const path = join(directory, 'block.yaml')
  writeFileSync(path, text.replaceAll('/run/secrets/', `${directory}/`))
  const faults: string[] = []
  readGatewayFile(path, faults)
  t.strictSame(faults, [], position)
}

async function runPage(t: Test, page: Page): Promise<void> {
  const { blocks } = page
  const here = await startSurroundings(t, page)
  const run = new PageRun(t, here)
  const outputs = new Set<Block>()
  const runBlock = async (block: Block, index: number) => {
    if (outputs.has(block)) return
    if (block.notRun !== undefined) {
      await checkUnrun(t, block)
      return
    }
    const kind = kindOf(block)
    if (kind === 'sh' || kind === 'ts') {
      const output = outputOf(blocks, index)
      if (output !== undefined) outputs.add(output)
      if (kind === 'ts') t.equal(await typeFaults(block, here), '', block.position)
      await run.sh(kind === 'ts' ? { ...block, text: `node ${scriptOf(block)}` } : block, output)
    } else if (kind === 'console') await run.console(block)
    else if (kind === 'http') run.request(block)
    else if (kind === 'answer') await run.answer(block)
    else if (kind === 'yaml') checkGatewayFile(t, block, here)
    else if (kind === 'json') await checkJson(t, block, run)
    else if (kind === 'file') checkUsed(t, block, blocks)
    else t.not(kind, 'unknown', `${block.position} is run, or says why not`)
  }
  for (const [index, block] of blocks.entries()) {
    try {
      await runBlock(block, index)
    } catch (error) {
      t.fail(`${block.position} cannot be run: ${String(error)}`)
      return
    }
  }
  await run.end()
}

/** A file that is shown is there for a command. */
function checkUsed(t: Test, { position, file = '' }: Block, blocks: readonly Block[]): void {
  const commands = blocks.filter((one) => ['sh', 'console', 'ts'].includes(kindOf(one)))
  t.ok(
    commands.some(({ text }) => text.includes(file)),
    `${position}: a command reads ${file}`
  )
}

/** Those with programs to be compiled first, as they take longest. */
const pages = PATHS.map(readPage)
  .filter(({ blocks }) => blocks.length > 0)
  .toSorted((a, b) => programsOf(b) - programsOf(a))

function programsOf({ blocks }: Page): number {
  return blocks.filter(({ language }) => language === 'ts').length
}

test('every block of every page is run', { jobs: PAGES_AT_ONCE }, async (t) => {
  await Promise.all(pages.map((page) => t.test(page.path, { buffered: true }, (t) => runPage(t, page))))
})

test('every block that is not run gives a reason', (t) => {
  for (const { path, blocks } of pages) {
    for (const { position, language, text, notRun } of blocks) {
      if (notRun === undefined) continue
      const other = /^run by (.*)$/.exec(notRun)?.[1]
      if (other === undefined) {
        t.ok(REASONS.has(notRun), `${position} is not run here: ${notRun}`)
        continue
      }
      const run = readFileSync(other, 'utf8')
      t.ok(run.includes(path), `${position}: ${other} names the page`)
      if (language === 'ts') t.ok(run.includes(text), `${position}: ${other} is what the page shows`)
    }
  }
  t.end()
})
