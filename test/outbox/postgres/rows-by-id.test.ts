import fc from 'fast-check'
import { test } from 'tap'
import { Column, NONE } from '../../../src/outbox/postgres/pending/column.ts'
import { RowsById } from '../../../src/outbox/postgres/pending/rows-by-id.ts'

/** More than a new column has room for. */
const MANY = 3_000

test('every row is found by its id, whatever was added and removed before', async (t) => {
  const id = fc.oneof(fc.nat(20_000), fc.maxSafeNat())
  fc.assert(
    fc.property(fc.uniqueArray(id, { maxLength: 200 }), fc.array(fc.boolean()), (given, isRemoved) => {
      const ids = new Column(Float64Array)
      const rows = new RowsById(ids)
      const all = [...given, ...Array.from({ length: MANY }, (_, n) => 100_000 + n)]
      const distinct = [...new Set(all)]
      for (const [index, one] of distinct.entries()) {
        ids.set(index + 1, one)
        rows.add(index + 1)
      }
      const isGone = (index: number) => isRemoved[index % isRemoved.length] === true
      for (const index of distinct.keys()) if (isGone(index)) rows.remove(index + 1)
      const left = distinct.filter((_, index) => !isGone(index)).length
      return (
        rows.size === left &&
        distinct.every((one, index) => rows.find(one) === (isGone(index) ? NONE : index + 1))
      )
    }),
    { numRuns: 5 }
  )
  t.equal(new RowsById(new Column(Float64Array)).find(1), NONE)
})
