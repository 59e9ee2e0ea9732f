import fc from 'fast-check'
import { test } from 'tap'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'
import { readBatch } from '../../src/updates/batch.ts'
import { withFailures } from '../../src/webhooks/receive.ts'
import { anyValue } from '../lead-values.ts'
import { endpointWith } from './endpoints.ts'

const RULES = { ...serverRules(0), customFields: new Map(), rights: ALL_RIGHTS, maxUpdates: 1_000 }
const odd = fc.oneof(anyValue, fc.constantFrom(null, '', [], ['a', 'b'], {}, true, 1e21, 'N/A'))
const event = fc.oneof(
  fc.record(
    {
      id: fc.oneof(fc.integer({ min: 1, max: 9 }), odd),
      event: fc.oneof(fc.string(), odd),
      stage: fc.oneof(fc.constantFrom('won', 'lost', 'open'), odd),
      email: fc.oneof(fc.constantFrom('ann@example.com', 'ann+promo@example.com'), odd),
      tags: fc.oneof(fc.array(fc.string()), odd),
      phone: odd
    },
    { requiredKeys: [] }
  ),
  odd
)

test('what becomes of an event is the same alone and among any others', async (t) => {
  for (const onInvalid of ['reject_update', 'drop_field'] as const) {
    const endpoint = endpointWith(t, {
      on_invalid: onInvalid,
      event_id: { expression: 'event' },
      mapping: {
        when: 'skip = true ? false : $not(stage = "open")',
        lead: { lead_id: 'id' },
        fields: { status: 'stage', email: 'email', comments: '$join(tags, ", ")', alt_phone: 'phone' },
        values: { status: { table: { won: 'SALE', lost: 'NI' }, otherwise: 'reject' } },
        null_words: true
      }
    })
    /** By the number of the event: its id, and its update or its refusals without their positions. */
    const outcomes = async (events: unknown[]) => {
      const mapped = await endpoint.map(events)
      const { updates, events: numbers, eventIds } = mapped
      const defaults = { ...DEFAULT_OPTIONS, onInvalid }
      const batch = updates.length > 0 ? readBatch({ updates }, { ...RULES, defaults }) : { entries: [] }
      if (!('entries' in batch)) throw new Error(JSON.stringify(batch))
      const entries = withFailures(batch.entries, mapped).map(({ index, ...entry }) => {
        const text = JSON.stringify({ id: eventIds[index], ...entry })
        return text.replaceAll(`/updates/${index}`, '/updates/i').replaceAll(`event ${numbers[index]} `, '')
      })
      return new Map(entries.map((entry, index) => [numbers[index], entry]))
    }
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 4 }), async (events) => {
        const together = await outcomes(events)
        for (const [number, one] of events.entries()) {
          const alone = (await outcomes([one])).get(0)
          if (together.get(number) !== alone)
            throw new Error(`event ${number}: ${together.get(number)} instead of ${alone}`)
        }
      }),
      { numRuns: 60 }
    )
    t.pass(onInvalid)
  }
})
