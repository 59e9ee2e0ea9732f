import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { Fixture, Lead } from '../../../../src/tools/sandbox/database/fixture.ts'
import { startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

interface Step {
  readonly method: 'GET' | 'POST'
  readonly params?: Readonly<Record<string, string>>
  readonly body?: string
  readonly content_type?: string
  readonly http_status: number
  readonly reply: string
  readonly changed: Readonly<Record<string, Readonly<Record<string, string>>>>
}

interface Exchange {
  readonly id: string
  readonly use_non_latin: 0 | 1
  readonly steps: readonly Step[]
}

type Leads = Readonly<Record<string, Lead>>

const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const exchanges: Exchange[] = readFileSync('test/fixtures/transcripts.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

function send(url: string, step: Step): Promise<Response> {
  const encoded = new URLSearchParams(step.params)
  if (step.method === 'GET') return fetch(`${url}?${encoded}`)
  if (step.body === undefined) return fetch(url, { method: 'POST', body: encoded })
  return fetch(url, {
    method: 'POST',
    body: step.body,
    headers: { 'content-type': step.content_type ?? 'application/x-www-form-urlencoded' }
  })
}

function changed(before: Leads, after: Leads): Record<string, Record<string, string>> {
  const changes = Object.entries(after).map(([id, lead]) => {
    const columns = Object.entries(lead).filter(
      ([column, value]) => before[id]?.[column as keyof Lead] !== value
    )
    return [id, Object.fromEntries(columns.map(([column, value]) => [column, String(value)]))] as const
  })
  return Object.fromEntries(changes.filter(([, columns]) => Object.keys(columns).length > 0))
}

/** The recording and the sandbox have different clocks. */
function masked(reply: string): string {
  return reply.replace(/DATE: [-0-9: ]{19}\|EPOCH: \d+/, 'DATE: -|EPOCH: -')
}

test("every recorded exchange gets VICIdial's answer", async (t) => {
  const sandbox = await startSandbox({ fixture })
  t.teardown(() => sandbox.close())
  const leads = async (): Promise<Leads> =>
    (await fetch(`${sandbox.origin}/sandbox/leads`)).json() as Promise<Leads>
  const control = (path: string, body?: object) =>
    fetch(`${sandbox.origin}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body ?? {}) })

  t.equal(exchanges.length, 347)
  for (const { id, use_non_latin, steps } of exchanges) {
    await control('reset')
    await control('settings', { use_non_latin })
    const expected = []
    const seen = []
    for (const step of steps) {
      const before = await leads()
      const response = await send(sandbox.url, step)
      const reply = await response.text()
      expected.push({ http_status: step.http_status, reply: masked(step.reply), changed: step.changed })
      seen.push({
        http_status: response.status,
        reply: masked(reply),
        changed: changed(before, await leads())
      })
    }
    t.strictSame(seen, expected, id)
  }
})
