import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { test } from 'tap'
import { startCompat } from './calls.ts'

const page = readFileSync('docs/tutorial-requests.md', 'utf8')
/** A command, which may go on in indented lines, and what it prints. */
const EXAMPLE = /^```\n\$ (.*(?:\n {4}.*)*)\n([^]*?)```$/gm

/** What is not the same each time. */
function constant(text: string): string {
  return text.replaceAll(/req_[0-9A-Z]{26}|req_…/g, 'req_…').trimEnd()
}

test('every command of docs/tutorial-requests.md prints the output shown there', async (t) => {
  const { origin } = await startCompat(t)
  const env = { ...process.env, GATEWAY: origin, KEY: 'crm-key' }
  const examples = [...page.matchAll(EXAMPLE)]
  t.equal(examples.length, 9)
  for (const [, command = '', printed = ''] of examples) {
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env })
    t.equal(constant(stdout), constant(printed), command)
  }
})

test('the address in docs/tutorial-requests.md works when a browser opens it', async (t) => {
  const { origin } = await startCompat(t)
  const [address = ''] = /^http:\S+$/m.exec(page) ?? []
  const response = await fetch(address.replace('http://127.0.0.1:3000', origin).replace('KEY', 'crm-key'))
  t.equal(await response.text(), 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - crm|2|2|102,101\n')
})
