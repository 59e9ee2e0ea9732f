import { test } from 'tap'
import { StorageError } from '../../src/errors.ts'
import { WriteNotes } from '../../src/updates/write-notes.ts'
import { stoppedClock } from '../stopped-clock.ts'

/** Notes for an outbox that is full as long as the test says so; `told` has what happened, in order. */
function notesFor(isFull: () => boolean) {
  const told: unknown[] = []
  const supersede = async (delivered: readonly { lead: string }[], sequence: number) => {
    if (isFull()) throw new StorageError('disk full')
    told.push(`${delivered.map(({ lead }) => lead).join()} at ${sequence}`)
  }
  const log = { error: (members: object, message: string) => void told.push([members, message]) }
  const notes = new WriteNotes({ queue: { supersede }, log })
  const add = (leads: readonly number[], sequence: number) => {
    const delivered = leads.map((lead) => ({ lead: `lead_id:${lead}`, fields: ['status'] }))
    return notes.add(
      { delivered, sequence, noted: () => void told.push(`noted ${sequence}`) },
      `req_${sequence}`
    )
  }
  return { notes, add, told }
}

test('a note is written at once; one that says nothing needs no disk', async (t) => {
  const { add, told } = notesFor(() => false)
  await add([5], 8)
  await add([], 9)
  t.same(told, ['lead_id:5 at 8', 'noted 8', 'noted 9'])
})

test('a note that cannot be written does not hold up its request, and is tried until it is on disk', async (t) => {
  const { pass } = stoppedClock(t)
  let isFull = true
  const { notes, add, told } = notesFor(() => isFull)
  await add([5], 8)
  await add([6], 9)
  const failed = (id: string) => [
    { err: { message: 'disk full' }, request_id: id },
    'delivered updates cannot be noted'
  ]
  t.match(told, [failed('req_8'), failed('req_9')])
  await pass(60_000, 1_000)
  t.equal(told.length, 2, 'it is logged once')
  isFull = false
  await pass(1_000)
  t.same(told.slice(2), ['lead_id:5 at 8', 'noted 8', 'lead_id:6 at 9', 'noted 9'])
  notes.requireRoom()
})

test('with too many waiting there is no room for more, until they are written', async (t) => {
  const { pass } = stoppedClock(t)
  let isFull = true
  const { notes, add } = notesFor(() => isFull)
  await add(
    Array.from({ length: 100_001 }, (_, lead) => lead + 1),
    8
  )
  t.throws(() => notes.requireRoom(), { code: 'overloaded', status: 503 })
  isFull = false
  await pass(1_000)
  notes.requireRoom()
})

test('those that wait are written together, once the first of them can be', async (t) => {
  const { pass } = stoppedClock(t)
  let isFull = true
  const tried: number[] = []
  const written: (() => void)[] = []
  const supersede = (_delivered: unknown, sequence: number) => {
    if (isFull) return Promise.reject(new StorageError('disk full'))
    tried.push(sequence)
    return new Promise<void>((resolve) => written.push(resolve))
  }
  const notes = new WriteNotes({ queue: { supersede }, log: { error: () => {} } })
  const noted: number[] = []
  for (const sequence of [7, 8, 9, 10]) {
    const delivered = [{ lead: 'lead_id:5', fields: ['status'] }]
    await notes.add({ delivered, sequence, noted: () => void noted.push(sequence) }, 'req')
  }
  isFull = false
  await pass(1_000)
  t.same(tried, [7], 'the others are not tried while it may fail')
  written[0]?.()
  await pass(1)
  t.same([tried, noted], [[7, 8, 9, 10], [7]])
  for (const end of written) end()
  await pass(1)
  t.same(noted, [7, 8, 9, 10])
})

test('at the end everything that waits is tried once more', async (t) => {
  stoppedClock(t)
  let isFull = true
  const { notes, add, told } = notesFor(() => isFull)
  await add([5], 8)
  await add([6], 9)
  isFull = false
  await notes.stop()
  t.same(told.slice(2).sort(), ['lead_id:5 at 8', 'lead_id:6 at 9', 'noted 8', 'noted 9'])
})

test('after the end nothing is written any more', async (t) => {
  stoppedClock(t)
  const { notes, add, told } = notesFor(() => false)
  await notes.stop()
  t.notOk(await add([5], 8))
  t.same(told, [])
})
