import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import { createCleaner, type ServerTraits } from '../../src/leads/cleaning/clean.ts'
import type { Cleaned } from '../../src/leads/cleaning/column.ts'
import type { NonLatin } from '../../src/leads/cleaning/column-text.ts'
import { FIELDS, type Field } from '../../src/leads/fields.ts'
import type { Fixture, Lead } from '../../src/tools/sandbox/database/fixture.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { anyCharacter } from '../any-character.ts'

interface Exchange {
  readonly id: string
  readonly use_non_latin: NonLatin
  readonly steps: readonly {
    readonly params?: Readonly<Record<string, string>>
    readonly changed: Readonly<Record<string, Readonly<Record<string, string>>>>
  }[]
}

const MODES = [0, 1] as const
const BLANK = '--BLANK--'
const RUNS = 200
const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const before = fixture.leads.find((lead) => lead.lead_id === 101) as Lead
const recorded: Exchange[] = readFileSync('test/fixtures/transcripts.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Exchange => JSON.parse(line))
  .filter((exchange) => exchange.id.startsWith('field/'))

/** Sends values for lead 101 in one call, as VICIdial's parameters; gives the lead that the sandbox then holds. */
async function store(sandbox: Sandbox, values: Readonly<Record<string, string>>): Promise<Lead> {
  const login = { source: 'crm', user: 'api', pass: 's3cret' }
  const single = values['phone_number'] !== undefined
  const lead = single ? { lead_id: '101', update_phone_number: 'Y' } : { lead_ids: '101' }
  const response = await fetch(sandbox.url, {
    method: 'POST',
    body: new URLSearchParams({
      ...login,
      function: single ? 'update_lead' : 'batch_update_lead',
      ...lead,
      ...values,
      records: '1'
    })
  })
  const reply = await response.text()
  if (response.status !== 200 || !reply.startsWith('SUCCESS')) throw new Error(`${response.status} ${reply}`)
  return sandbox.leads()['101'] as Lead
}

function column(lead: Lead, field: Field): string {
  return String(lead[field.name as keyof Lead])
}

/** The recorded value of a field as a caller would give it: a number where only a number is taken. */
function given(field: Field, value: string): unknown {
  if (value === BLANK && field.clearable) return null
  return field.type === 'number' && value.trim() !== '' && !Number.isNaN(Number(value))
    ? Number(value)
    : value
}

/** Whether the gateway sent VICIdial something that differs from the text by more than what VICIdial itself drops. */
function preparedOtherwise(field: Field, value: string, cleaned: Cleaned): boolean {
  return (
    cleaned.warnings.some((warning) => warning.code === 'transliterated') ||
    value.trim() !== value ||
    value.includes('\r') ||
    (field.type === 'phone' && cleaned.send !== value)
  )
}

test('every recorded value is refused, or stored by VICIdial as the gateway says', async (t) => {
  const sandbox = await startSandbox({ fixture })
  t.teardown(() => sandbox.close())
  let sent = 0
  let compared = 0

  for (const { id, use_non_latin, steps } of recorded) {
    sandbox.reset()
    sandbox.setUseNonLatin(use_non_latin)
    const clean = createCleaner(use_non_latin)
    const { params = {}, changed } = steps[0] ?? { changed: {} }
    const said: Record<string, string> = {}
    const asRecorded: Record<string, string> = {}
    const values: Record<string, string> = {}
    for (const field of FIELDS) {
      const value = params[field.parameter]
      if (value === undefined) continue
      const cleaned = clean(field, given(field, value))
      if ('code' in cleaned) continue
      values[field.parameter] = cleaned.send
      said[field.name] = cleaned.stored
      if (preparedOtherwise(field, value, cleaned)) continue
      asRecorded[field.name] = changed['101']?.[field.name] ?? column(before, field)
    }
    if (Object.keys(values).length === 0) continue
    const lead = await store(sandbox, values)
    const held = FIELDS.filter((field) => field.name in said).map((field) => [
      field.name,
      column(lead, field)
    ])
    t.strictSame(Object.fromEntries(held), said, id)
    for (const [name, value] of Object.entries(asRecorded))
      t.strictSame(said[name], value, `${id} as recorded`)
    sent++
    compared += Object.keys(asRecorded).length
  }
  t.ok(sent > 120, `${sent} of ${recorded.length} recorded values are not refused`)
  t.ok(compared > 110, `${compared} are compared with the recording`)
})

/** Characters that some field keeps, loses or changes, and such as VICIdial never may get. */
const CHARACTERS = [
  ...'abcXYZ019',
  ...' -_.\'":/@%;#+,&?!|()<>=*~`$^[]{}',
  ...'éÉñüßøŁçÅ',
  ...'李王ひらあЖдλأب',
  ...'º№½²€—…',
  ...'\u00a0\u200b\u0301\u0303\u2028\ufeff',
  '😀',
  '𠮷',
  '𝐀',
  '\n',
  '\r\n',
  '\t',
  '\\',
  '\u0000',
  '\ud800'
]
const KEPT = [...'abcdefXYZ0123456789', ...'aaeeé -_.']

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom(...KEPT), minLength: 1, maxLength: 12 }) },
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 8 }) },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom(...KEPT, ...CHARACTERS), maxLength: 120 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('USA', 'GB', 'X') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(9), fc.constantFrom(...CHARACTERS))
      .map(([at, character]) => BLANK.slice(0, at) + character + BLANK.slice(at))
  }
)
const phone = fc.string({
  unit: fc.constantFrom(...'0123456789', ...'+( ).-', 'x'),
  minLength: 1,
  maxLength: 16
})
const date = fc
  .tuple(
    fc.integer({ min: 900, max: 9999 }),
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 })
  )
  .map((parts) => parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-'))
const ofType: Record<Field['type'], fc.Arbitrary<unknown>> = {
  text,
  phone,
  date,
  choice: fc.constantFrom('M', 'F', 'U', 'X', ' M'),
  integer: fc.oneof(fc.integer({ min: -2, max: 70_000 }), fc.nat(40_000).map(String)),
  number: fc.oneof(
    fc.integer({ min: -1_300, max: 1_500 }).map((hundredths) => hundredths / 100),
    fc.double()
  )
}
const values = fc.record(
  Object.fromEntries(
    FIELDS.map((field) => [
      field.name,
      fc.oneof(
        { weight: 12, arbitrary: ofType[field.type] },
        { weight: 1, arbitrary: text },
        { weight: 1, arbitrary: fc.constant(null) }
      )
    ])
  )
)

/** What decides what a server stores, with what the operator sets for it. */
const SERVERS: readonly (readonly [mode: NonLatin, server: SandboxOptions, traits: ServerTraits])[] = [
  [0, {}, {}],
  [1, {}, {}],
  [0, { build: '220126-2116' }, { capitalsInCountryCode: true }],
  [1, { build: '220126-2116' }, {}],
  [0, { dbCharset: 'latin1' }, { dbCharset: 'latin1' }],
  [1, { dbCharset: 'latin1-tables' }, { dbCharset: 'latin1' }]
]

for (const [mode, server, traits] of SERVERS) {
  const on = Object.values(server).join(' ') || 'the measured build'
  test(`any values are stored as the gateway says, with use_non_latin=${mode} on ${on}`, async (t) => {
    const sandbox = await startSandbox({ fixture, useNonLatin: mode, ...server })
    t.teardown(() => sandbox.close())
    const clean = createCleaner(mode, traits)
    const taken = new Map<string, number>()

    const said = fc.asyncProperty(values, fc.boolean(), async (wanted, alsoPhoneNumber) => {
      const cleaned = FIELDS.flatMap((field) => {
        if (field.singleLead && !alsoPhoneNumber) return []
        const result = clean(field, wanted[field.name])
        return 'code' in result ? [] : [{ field, ...result }]
      })
      if (cleaned.length === 0) return
      const sent = Object.fromEntries(cleaned.map(({ field, send }) => [field.parameter, send]))
      const lead = await store(sandbox, sent)
      for (const { field, stored } of cleaned) {
        taken.set(field.name, (taken.get(field.name) ?? 0) + 1)
        if (column(lead, field) !== stored) {
          throw new Error(
            `${field.name}: ${JSON.stringify(wanted[field.name])} is ${JSON.stringify(column(lead, field))}, not ${JSON.stringify(stored)}`
          )
        }
      }
    })
    await fc.assert(said, { numRuns: RUNS })
    const rare = FIELDS.map(({ name }) => [name, taken.get(name) ?? 0] as const).filter(
      ([, times]) => times < 5
    )
    t.strictSame(rare, [], 'every field was stored often enough for this to mean something')
  })
}

test('an accepted identifier is stored unaltered, except for trimming, composing and what a phone has beside digits', async (t) => {
  for (const mode of MODES) {
    const clean = createCleaner(mode)
    for (const field of FIELDS.filter((field) => field.kind === 'identifier')) {
      const unaltered = fc.property(fc.oneof(text, ofType[field.type]), (value) => {
        const result = clean(field, value)
        if ('code' in result || typeof value !== 'string') return true
        const composed = value.normalize('NFC').trim()
        if (field.type === 'phone')
          return result.stored === composed.replace(/[^0-9]/g, '') || result.warnings.length > 0
        const expected = field.type === 'integer' ? String(Number(value)) : composed
        return result.send === expected && result.stored === expected && result.warnings.length === 0
      })
      t.doesNotThrow(() => fc.assert(unaltered, { numRuns: 300 }), `${field.name}, use_non_latin=${mode}`)
    }
  }
})

test('prose has a warning exactly when it is stored differently', async (t) => {
  for (const mode of MODES) {
    const clean = createCleaner(mode)
    for (const field of FIELDS.filter((field) => field.kind === 'prose')) {
      const warned = fc.property(text, (value) => {
        const result = clean(field, value)
        if ('code' in result) return true
        const asGiven = value.replace(/\r\n?/g, '\n').normalize('NFC').trim()
        return result.warnings.length > 0 === (result.send !== asGiven)
      })
      t.doesNotThrow(() => fc.assert(warned, { numRuns: 300 }), `${field.name}, use_non_latin=${mode}`)
    }
  }
})
