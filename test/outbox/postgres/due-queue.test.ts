import fc from 'fast-check'
import { test } from 'tap'
import { Column, NONE } from '../../../src/outbox/postgres/pending/column.ts'
import { DueQueue } from '../../../src/outbox/postgres/pending/due-queue.ts'

test('the row that has been due longest is first, whatever was added and removed before', async () => {
  const step = fc.oneof(
    fc.record({ dueAt: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ remove: fc.nat(50) })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const columns = {
        id: new Column(Float64Array),
        dueAt: new Column(Float64Array),
        place: new Column(Int32Array)
      }
      const queue = new DueQueue(columns)
      let rows: { row: number; dueAt: number }[] = []
      const remove = (row: number | undefined) => {
        if (row === undefined) return
        queue.remove(row)
        rows = rows.filter((one) => one.row !== row)
      }
      const isRight = () => {
        const [first] = rows.toSorted((a, b) => a.dueAt - b.dueAt || a.row - b.row)
        return queue.first === (first?.row ?? NONE) && rows.every(({ row }) => columns.place.at(row) > 0)
      }
      for (const [index, one] of steps.entries()) {
        if ('dueAt' in one) {
          const row = index + 1
          columns.id.set(row, row)
          columns.dueAt.set(row, one.dueAt)
          queue.add(row)
          rows.push({ row, dueAt: one.dueAt })
        } else remove(rows[one.remove % rows.length]?.row)
        if (!isRight()) return false
      }
      while (rows.length > 0) {
        remove(queue.first)
        if (!isRight()) return false
      }
      return true
    })
  )
})
