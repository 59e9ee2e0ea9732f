import { readFileSync } from 'node:fs'
import { type Test, test } from 'tap'
import { createProgram } from '../../../src/tools/cli/program.ts'
import { startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { FAULT_NAMES } from '../../../src/tools/sandbox/server/faults.ts'
import { API_KEY, startGateway } from '../../helper.ts'
import { ended, store } from '../../routes/jobs-of.ts'
import { SHORT_RETRY, scriptedVicidial } from '../../routes/scripted-vicidial.ts'
import { until } from '../../until.ts'
import { readYaml } from '../../webhooks/endpoints.ts'
import { run, setEnv } from './run.ts'

/** The blocks of a document in this language, or in none. */
function blocks(document: string, language = ''): string[] {
  const fenced = readFileSync(document, 'utf8').matchAll(/^```(\w*)\n(.*?)\n```$/gms)
  return [...fenced].flatMap(([, name, block = '']) => (name === language ? [block] : []))
}

/** Values that differ each time: ids, times, keys, and the number of calls to VICIdial. */
const VARYING = [
  /\b(job|req)_[0-9A-Z]{26}\b/g,
  /\bdl_\d{12}\b/g,
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g,
  /\bvgw_[\w-]{48}/g,
  /\bsha256:[0-9a-f]{64}/g,
  /"upstream_calls":\d+/g
]

function masked(text: string): string {
  return VARYING.reduce((rest, shape) => rest.replace(shape, '…'), text)
}

/** A gateway with a job that is partly done, a job whose updates failed for good, and one in flight. */
async function withJobs(t: Test): Promise<{ finish: () => Promise<void> }> {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  setEnv(t, 'GATEWAY_URL', gateway.origin)
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  const updates = [
    { lead_id: 101, fields: { status: 'SALE', address1: '12 Elm St, Apt #4' } },
    { lead_id: 102, fields: { email: 'a'.repeat(99) } }
  ]
  await ended(gateway, await store(gateway, { updates }))
  vicidial.denies()
  await ended(gateway, await store(gateway, { lead_ids: [103, 104], fields: { status: 'CALLBK' } }))
  vicidial.holds()
  const changes = ['A', 'B', 'C'].map((status) => ({ lead_id: 105, fields: { status } }))
  const held = await store(gateway, { updates: changes })
  await until('the first is in flight', () => vicidial.held.length === 1)
  return {
    finish: async () => {
      vicidial.makes()
      await ended(gateway, held)
    }
  }
}

/** The documented ids of jobs and the real ones, in the order of a list. */
async function jobIds(): Promise<Map<string, string>> {
  const documented = /jobs list\n(.*?)\n```/s.exec(readFileSync('docs/command-line.md', 'utf8'))?.[1] ?? ''
  const there = JSON.parse((await run('jobs', 'list', '--json')).stdout).jobs
  const names = [...documented.matchAll(/job_\w{26}/g)].map(([name]) => name)
  return new Map(names.map((name, index) => [name, there[index].id]))
}

test('docs/command-line.md lists every command', (t) => {
  const rows = readFileSync('docs/command-line.md', 'utf8').matchAll(/^\| \[`([\w-]+)/gm)
  const commands = createProgram({}).commands.map((command) => command.name())
  t.strictSame(new Set([...rows].map(([, name]) => name)), new Set(commands))
  t.end()
})

test('docs/command-line.md names every fault of the sandbox', (t) => {
  const [, section = ''] = readFileSync('docs/command-line.md', 'utf8').split('The faults are:')
  const [, list = ''] = section.split('\n\n')
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  t.strictSame(named.toSorted(), FAULT_NAMES.toSorted())
  t.end()
})

test('docs/command-line.md shows the real output of every command', async (t) => {
  const { finish } = await withJobs(t)
  const ids = await jobIds()
  const [yaml = ''] = blocks('docs/recipes/curl.md', 'yaml')
  const { path } = readYaml(t, yaml, { curl_secret: 'canary-s3cret' })
  setEnv(t, 'GATEWAY_CONFIG', path)

  const sandbox = await startSandbox({
    fixture: JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
  })
  t.teardown(() => sandbox.close())
  setEnv(t, 'VICIDIAL_URL', sandbox.url)
  setEnv(t, 'VICIDIAL_USER', 'api')
  setEnv(t, 'VICIDIAL_PASS', 's3cret')
  setEnv(t, 'API_KEY', API_KEY)

  const ran = new Set<string>()
  for (const block of blocks('docs/command-line.md')) {
    const [, command = '', output = ''] = /^\$ .*?npx vicidial-gateway (.*?)\n(.*)$/s.exec(block) ?? []
    const words = command.split(' ')
    ran.add(words.slice(0, 2).join(' '))
    // These have their own tests.
    if (['serve', 'sandbox', 'migrate'].includes(words[0] ?? '')) continue
    if (words[1] === 'replay') await finish()
    const letters = JSON.parse((await run('dead-letters', 'list', '--json')).stdout).dead_letters
    const args = words.map((word) => {
      if (word.startsWith('dl_')) return letters[0].id
      if (word === 'gateway.yaml') return path
      return ids.get(word) ?? word.replace(/^curl\.json$/, 'test/fixtures/webhooks/curl.json')
    })
    const { stdout, stderr } = await run(...args)
    t.equal(
      masked(stdout + stderr)
        .replaceAll(path, 'gateway.yaml')
        .trimEnd(),
      masked(output),
      command
    )
  }
  t.strictSame(
    ran,
    new Set([
      'jobs cancel',
      'serve',
      'config check',
      'custom-fields --list',
      'jobs show',
      'jobs list',
      'dead-letters list',
      'dead-letters replay',
      'jobs replay',
      'key create',
      'webhook try',
      'sandbox --port',
      'migrate --from'
    ])
  )
})
