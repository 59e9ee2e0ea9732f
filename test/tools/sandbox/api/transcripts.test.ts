import { readFileSync } from 'node:fs'
import { type Test, test } from 'tap'
import type { Fixture, Lead } from '../../../../src/tools/sandbox/database/fixture.ts'
import { type Sandbox, startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'

type Texts = Readonly<Record<string, string>>
type Tables = Readonly<Record<string, readonly Texts[]>>

interface Step {
  readonly method: 'GET' | 'POST'
  readonly params?: Texts
  readonly body?: string
  readonly content_type?: string
  readonly http_status: number
  readonly reply: string
  /** The columns that changed, by lead; null for a deleted lead. */
  readonly changed: Readonly<Record<string, Texts | null>>
  /** The rows of the tables that changed. */
  readonly tables?: Tables
}

interface Exchange {
  readonly id: string
  readonly use_non_latin: 0 | 1
  /** Values that were set before: of leads, and of the custom fields of leads. */
  readonly setup?: {
    readonly leads?: Readonly<Record<string, Partial<Lead>>>
    readonly custom_fields?: Readonly<Record<string, Texts>>
  }
  readonly steps: readonly Step[]
}

type Leads = Readonly<Record<string, Lead>>

/** When the campaign CAMPB may not call. */
const NOW = Date.UTC(2026, 10, 25, 8, 30)

function readExchanges(file: string): Exchange[] {
  const lines = readFileSync(`test/fixtures/${file}`, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line))
}

function readFixture(file: string): Fixture {
  return JSON.parse(readFileSync(`test/fixtures/${file}`, 'utf8'))
}

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

async function read<Body>(sandbox: Sandbox, path: string): Promise<Body> {
  return (await fetch(`${sandbox.origin}/sandbox/${path}`)).json() as Promise<Body>
}

function changed(before: Leads, after: Leads): Step['changed'] {
  const changes = Object.entries(after).map(([id, { lead_id: _, ...lead }]) => {
    const columns = Object.entries(lead).filter(
      ([column, value]) => before[id]?.[column as keyof Lead] !== value
    )
    return [id, Object.fromEntries(columns.map(([column, value]) => [column, String(value)]))] as const
  })
  const deleted = Object.keys(before).filter((id) => !(id in after))
  return {
    ...Object.fromEntries(changes.filter(([, columns]) => Object.keys(columns).length > 0)),
    ...Object.fromEntries(deleted.map((id) => [id, null]))
  }
}

function changedTables(before: Tables, after: Tables): Tables {
  const changes = Object.entries(after).filter(
    ([name, rows]) => JSON.stringify(rows) !== JSON.stringify(before[name])
  )
  return Object.fromEntries(changes)
}

/** The recording and the sandbox have different clocks. */
function masked(reply: string): string {
  return reply
    .replace(/DATE: [-0-9: ]{19}\|EPOCH: \d+/, 'DATE: -|EPOCH: -')
    .replaceAll('2026-11-25 08:30:00', '<NOW>')
}

/** The recording shows a newline in a column as `<NL>`. */
function withNewlines(changes: Step['changed']): Step['changed'] {
  return JSON.parse(JSON.stringify(changes).replaceAll('<NL>', '\\n'))
}

function isExchange(t: Test, { id, steps }: Exchange, seen: readonly object[]): void {
  const expected = steps.map(({ http_status, reply, changed: changes, tables = {} }) => ({
    http_status,
    reply: masked(reply),
    changed: withNewlines(changes),
    tables
  }))
  t.strictSame(seen, expected, id)
}

async function replay(sandbox: Sandbox, { steps, use_non_latin }: Exchange): Promise<object[]> {
  const control = (path: string, body?: object) =>
    fetch(`${sandbox.origin}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body ?? {}) })
  await control('reset')
  await control('settings', { use_non_latin })
  const seen = []
  for (const step of steps) {
    const [leads, tables] = [await read<Leads>(sandbox, 'leads'), await read<Tables>(sandbox, 'tables')]
    const response = await send(sandbox.url, step)
    seen.push({
      http_status: response.status,
      reply: masked(await response.text()),
      changed: changed(leads, await read<Leads>(sandbox, 'leads')),
      tables: changedTables(tables, await read<Tables>(sandbox, 'tables'))
    })
  }
  return seen
}

async function start(t: Test, fixture: Fixture): Promise<Sandbox> {
  const sandbox = await startSandbox({ fixture, now: () => NOW })
  t.teardown(() => sandbox.close())
  return sandbox
}

/** The fixture with the values that an exchange sets before. */
function withSetup(
  fixture: Fixture,
  { leads = {}, custom_fields = {} }: NonNullable<Exchange['setup']>
): Fixture {
  const rows = { ...fixture.custom_values?.['103'] }
  for (const [id, values] of Object.entries(custom_fields)) rows[id] = { ...rows[id], ...values }
  return {
    ...fixture,
    leads: fixture.leads.map((lead) => ({ ...lead, ...leads[lead.lead_id] })),
    custom_values: { ...fixture.custom_values, 103: rows }
  }
}

test("every recorded exchange about updates gets VICIdial's answer", async (t) => {
  const exchanges = readExchanges('transcripts.jsonl')
  t.equal(exchanges.length, 347)
  const sandbox = await start(t, readFixture('fixture.json'))
  for (const exchange of exchanges) {
    // The recordings of these exchanges have no other tables.
    const seen = (await replay(sandbox, exchange)).map((step) => ({ ...step, tables: {} }))
    isExchange(t, exchange, seen)
  }
})

test("every recorded exchange about reading, adding and queueing gets VICIdial's answer", async (t) => {
  const exchanges = readExchanges('sync-transcripts.jsonl')
  t.equal(exchanges.length, 188)
  const fixture = readFixture('sync-fixture.json')
  const sandbox = await start(t, fixture)
  for (const exchange of exchanges) {
    const own = exchange.setup && (await start(t, withSetup(fixture, exchange.setup)))
    isExchange(t, exchange, await replay(own ?? sandbox, exchange))
  }
})
