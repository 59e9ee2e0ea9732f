import fc from 'fast-check'
import { test } from 'tap'
import { DueQueue } from '../../../src/outbox/postgres/pending/due-queue.ts'

test('the entry that has been due longest is first, whatever was added and removed before', async () => {
  const step = fc.oneof(
    fc.record({ dueAt: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ remove: fc.nat(50) })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new DueQueue<{ id: number; dueAt: number; place: number }>()
      let entries: { id: number; dueAt: number; place: number }[] = []
      const remove = (entry: (typeof entries)[number] | undefined) => {
        if (entry === undefined) return
        queue.remove(entry)
        entries = entries.filter((one) => one !== entry)
      }
      const isRight = () => queue.first === entries.toSorted((a, b) => a.dueAt - b.dueAt || a.id - b.id)[0]
      for (const [id, one] of steps.entries()) {
        if ('dueAt' in one) {
          const entry = { id, dueAt: one.dueAt, place: -1 }
          queue.add(entry)
          entries.push(entry)
        } else remove(entries[one.remove % entries.length])
        if (!isRight()) return false
      }
      while (entries.length > 0) {
        remove(queue.first)
        if (!isRight()) return false
      }
      return true
    })
  )
})
