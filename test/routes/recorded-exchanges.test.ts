import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { FIELDS, type Field } from '../../src/leads/fields.ts'
import type { Lead } from '../../src/tools/sandbox/database/fixture.ts'
import { batch, type Gateway, startGateway } from '../helper.ts'

interface Exchange {
  readonly id: string
  readonly use_non_latin: 0 | 1
  readonly steps: readonly {
    readonly params: Readonly<Record<string, string>>
    readonly changed: Readonly<Record<string, Readonly<Record<string, string>>>>
  }[]
}

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const exchanges: Exchange[] = readFileSync('test/fixtures/transcripts.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter((exchange) => exchange.id.startsWith('field/'))
const FIELD_BY_PARAMETER = new Map(FIELDS.map((field) => [field.parameter, field]))

/** The ways to write a recorded value in JSON: digits as a text or as a number. */
function writings(field: Field, text: string): unknown[] {
  if (field.type === 'number') return [Number.isNaN(Number(text)) || text === '' ? text : Number(text)]
  if (field.type === 'integer' && /^-?\d+$/.test(text)) return [text, Number(text)]
  return [text]
}

/** The meaning of an identifier's value; nothing else may be stored. */
function meant(field: Field, value: unknown): string {
  const text = String(value).trim()
  if (field.type === 'phone') return text.replace(/[+(). -]/g, '')
  if (field.type === 'integer') return String(BigInt(text))
  return field.type === 'number' ? Number(text).toFixed(2) : text
}

function columns(lead: Lead | undefined, names: readonly string[]): Record<string, string> {
  const row = lead as unknown as Record<string, unknown>
  return Object.fromEntries(names.map((name) => [name, String(row[name])]))
}

/** Makes one recorded change through the API: as a dry run, then for real. Returns the faults, and whether it was sent. */
async function tryChange(gateway: Gateway, exchange: Exchange, fields: Record<string, unknown>) {
  const [step] = exchange.steps
  const lead_ids = (step?.params['lead_ids'] ?? '').split(',').map(Number)
  const faults: string[] = []
  // The recordings move leads to lists that do not exist.
  const request = { lead_ids, fields, allow_undefined_list: true }
  const dry = await batch(gateway, { ...request, dry_run: true })
  if (gateway.sandbox.calls().length > 0) faults.push('a dry run sent a call')
  const real = await batch(gateway, request)

  if (dry.body.results[0].status === 'rejected') {
    if (real.status !== 422) faults.push(`rejected in the dry run, then ${real.status}`)
    if (gateway.sandbox.calls().length > 0) faults.push('a rejected value was sent')
    return { faults, sent: false }
  }
  if (real.status !== 200) faults.push(`planned in the dry run, then ${real.status}`)
  const leads = gateway.sandbox.leads()
  for (const { lead_id, stored } of dry.body.results) {
    const held = columns(leads[lead_id], Object.keys(stored))
    if (JSON.stringify(held) !== JSON.stringify(stored))
      faults.push(`said ${JSON.stringify(stored)}, stored ${JSON.stringify(held)}`)
  }
  const { stored } = dry.body.results[0]
  for (const field of FIELDS) {
    const value = fields[field.name]
    if (
      field.kind === 'identifier' &&
      typeof value === 'string' &&
      stored[field.name] !== meant(field, value)
    )
      faults.push(`altered ${field.name} to ${stored[field.name]}`)
    const sent = dry.body.calls[0].params[field.parameter]
    const before = fixture.leads.find((lead: Lead) => lead.lead_id === lead_ids[0])
    const recorded = step?.changed[String(lead_ids[0])]?.[field.name] ?? String(before[field.name])
    if (sent !== undefined && sent === step?.params[field.parameter] && stored[field.name] !== recorded)
      faults.push(`said ${field.name} ${stored[field.name]}, VICIdial stored ${recorded}`)
  }
  return { faults, sent: true }
}

for (const nonLatin of [0, 1] as const) {
  const recorded = exchanges.filter((exchange) => exchange.use_non_latin === nonLatin)

  test(`use_non_latin ${nonLatin}: of every recorded value VICIdial stores what the dry run said, or it is rejected`, async (t) => {
    const gateway = await startGateway(
      t,
      { VICIDIAL_NON_LATIN: String(nonLatin) },
      { fixture, useNonLatin: nonLatin }
    )
    const counts = { sent: 0, rejected: 0 }
    for (const exchange of recorded) {
      const [step] = exchange.steps
      const given = Object.entries(step?.params ?? {}).filter(([name]) => FIELD_BY_PARAMETER.has(name))
      t.ok(given.length > 0 && exchange.steps.length === 1, exchange.id)
      const written = given.map(([name, text]) => {
        const field = FIELD_BY_PARAMETER.get(name) as Field
        return { name: field.name, values: writings(field, text) }
      })
      const ways = Math.max(...written.map(({ values }) => values.length))
      for (let way = 0; way < ways; way++) {
        const fields = Object.fromEntries(
          written.map(({ name, values }) => [name, values[Math.min(way, values.length - 1)]])
        )
        gateway.sandbox.reset()
        const { faults, sent } = await tryChange(gateway, exchange, fields)
        t.same(faults, [], `${exchange.id} ${JSON.stringify(fields)}`)
        counts[sent ? 'sent' : 'rejected']++
      }
    }
    t.ok(counts.sent > 20 && counts.rejected > 20, JSON.stringify(counts))
  })
}

test('a recorded --BLANK-- is a null of the API, and empties the same columns', async (t) => {
  const gateway = await startGateway(t, {}, { fixture })
  const emptying = exchanges.filter(
    ({ use_non_latin, steps }) =>
      use_non_latin === 0 && Object.values(steps[0]?.params ?? {}).includes('--BLANK--')
  )
  t.ok(emptying.length > 0)
  for (const { id, steps } of emptying) {
    const given = Object.entries(steps[0]?.params ?? {}).filter(([name]) => FIELD_BY_PARAMETER.has(name))
    const fields = Object.fromEntries(
      given.map(([name, text]) => [FIELD_BY_PARAMETER.get(name)?.name, text === '--BLANK--' ? null : text])
    )
    gateway.sandbox.reset()
    const { status } = await batch(gateway, { lead_ids: [101], fields })
    const clearable = given.every(
      ([name, text]) => text !== '--BLANK--' || FIELD_BY_PARAMETER.get(name)?.clearable === true
    )
    t.equal(status, clearable ? 200 : 422, id)
    if (!clearable) continue
    const expected = steps[0]?.changed['101'] ?? {}
    t.same(columns(gateway.sandbox.leads()[101], Object.keys(expected)), expected, id)
  }
})
