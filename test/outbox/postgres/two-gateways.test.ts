import fc from 'fast-check'
import { test } from 'tap'
import { MIN_FOLDED } from '../../../src/outbox/queue.ts'
import { ClusterModel, type Step, VALUES } from './cluster-model.ts'
import { openPostgres } from './opened.ts'

const RUNS = Number(process.env['TWO_GATEWAYS_RUNS'] ?? 10)
/** With this many runs every kind of thing has happened. */
const MANY_RUNS = 40

const at = fc.nat(1)
const which = fc.nat(100)
const lead = fc.integer({ min: 1, max: 3 })
const fields = fc.subarray(Object.keys(VALUES), { minLength: 1 })
const account = fc.constantFrom('default', 'sales')
const leads = fc.oneof(
  { weight: 9, arbitrary: fc.array(lead, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: lead.map((one) => Array.from({ length: MIN_FOLDED + 1 }, () => one)) }
)
const is = <T extends string>(step: T) => fc.constant(step)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: is('accept'), at, account, leads, fields }) },
  { weight: 2, arbitrary: fc.record({ do: is('begin'), at, account, leads, fields }) },
  { weight: 3, arbitrary: fc.record({ do: is('commit'), which }) },
  { weight: 9, arbitrary: fc.record({ do: is('claim'), at, account, limit: fc.constantFrom(1, 2, 9) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: is('settle'),
      at,
      which,
      as: fc.constantFrom(
        'done' as const,
        'done' as const,
        'dead' as const,
        'missing' as const,
        'dead' as const,
        'waiting' as const
      )
    })
  },
  { weight: 4, arbitrary: fc.record({ do: is('write'), lead, fields }) },
  { weight: 3, arbitrary: fc.record({ do: is('replay'), at, which, isForced: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: is('cancel'), which }) },
  { weight: 2, arbitrary: fc.record({ do: is('take') }) },
  { weight: 1, arbitrary: fc.record({ do: is('look'), at }) },
  { weight: 1, arbitrary: fc.record({ do: is('learn') }) },
  { weight: 1, arbitrary: fc.record({ do: is('forget') }) }
)
/** The steps of a group are taken at the same time. */
const groups = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 10, maxLength: 40 })
/** A new owner claims the first updates before it has read the others. */
const pageSize = fc.constantFrom(2, 5_000)

test('two gateways: order per lead, one outcome each, nothing lost, in any interleaving', async (t) => {
  const seen: Record<string, number> = {}
  await fc.assert(
    fc.asyncProperty(groups, pageSize, async (steps, pageSize) => {
      // Claims and requests must look themselves, not wait for the timer.
      const opened = await openPostgres(t, { lookEveryMs: 1_000_000, pageSize })
      const other = await opened.openAnother()
      try {
        const model = new ClusterModel(opened, other)
        for (const group of steps) {
          await Promise.all(group.map((one) => model.take(one)))
          model.check()
        }
        await model.finish()
        for (const [what, times] of Object.entries(model.seen)) seen[what] = (seen[what] ?? 0) + times
      } finally {
        await Promise.all([opened.close(), other.close()])
      }
    }),
    { numRuns: RUNS, endOnFailure: true }
  )
  for (const [what, times] of Object.entries(seen)) t.ok(RUNS < MANY_RUNS || times > 0, `${what} ${times}`)
})
