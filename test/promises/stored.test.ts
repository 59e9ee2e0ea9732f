import fc from 'fast-check'
import { test } from 'tap'
import { FIELDS } from '../../src/leads/fields.ts'
import { batch, type Gateway, startGateway } from '../helper.ts'
import { alteration, anyValue } from '../lead-values.ts'

const LEADS = 20
const TEXTS = FIELDS.filter(({ type }) => type === 'text')
const fields = fc
  .tuple(fc.constantFrom(...TEXTS, ...FIELDS), anyValue, fc.constantFrom(...FIELDS), anyValue)
  .map(([one, first, other, second]) => ({ [other.name]: second, [one.name]: first }))
const batches = fc.array(fields, { minLength: LEADS, maxLength: LEADS })

async function checkBatch(
  gateway: Gateway,
  changes: Record<string, unknown>[]
): Promise<{ planned: number }> {
  gateway.sandbox.reset()
  const updates = changes.map((fields, index) => ({ lead_id: index + 1, fields, allow_undefined_list: true }))
  const before = gateway.sandbox.leads()
  const dry = await batch(gateway, { updates, dry_run: true })
  const real = await batch(gateway, { updates })
  const after = gateway.sandbox.leads()
  for (const [index, result] of dry.body.results.entries()) {
    const told = JSON.stringify(updates[index])
    const row = after[index + 1] as unknown as Record<string, unknown>
    const sent = real.body.results[index]
    if (result.status === 'rejected') {
      if (sent.status !== 'rejected') throw new Error(`${told}: dry run rejected, then ${sent.status}`)
      if (row !== (before[index + 1] as unknown)) throw new Error(`${told}: rejected, but stored`)
      continue
    }
    if (sent.status !== 'updated') throw new Error(`${told}: planned, then ${sent.status}`)
    if (JSON.stringify(sent.warnings) !== JSON.stringify(result.warnings))
      throw new Error(`${told}: other warnings`)
    const held = Object.fromEntries(
      Object.keys(before[index + 1] ?? {}).map((column) => [column, String(row[column])])
    )
    const expected = { ...before[index + 1], ...result.stored }
    for (const [column, value] of Object.entries(expected)) {
      if (held[column] !== String(value))
        throw new Error(`${told}: ${column} is ${held[column]}, not ${value}`)
    }
    for (const field of FIELDS) {
      if (!Object.hasOwn(result.stored, field.name)) continue
      const fault = alteration(
        field,
        changes[index]?.[field.name],
        result.stored[field.name],
        result.warnings ?? []
      )
      if (fault) throw new Error(`${told}: ${field.name} ${fault}: ${result.stored[field.name]}`)
    }
  }
  return { planned: dry.body.summary.planned ?? 0 }
}

for (const nonLatin of [0, 1] as const) {
  test(`use_non_latin ${nonLatin}: what the gateway says is stored is what VICIdial stores`, async (t) => {
    const gateway = await startGateway(
      t,
      { VICIDIAL_NON_LATIN: String(nonLatin) },
      { leads: LEADS, useNonLatin: nonLatin }
    )
    let planned = 0
    await fc.assert(
      fc.asyncProperty(batches, async (changes) => {
        planned += (await checkBatch(gateway, changes)).planned
      }),
      { numRuns: 50 }
    )
    t.ok(planned > 100, `${planned} of ${50 * LEADS} updates were sound`)
  })
}
