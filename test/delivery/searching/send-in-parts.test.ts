import fc from 'fast-check'
import { test } from 'tap'
import type { FailedExchange } from '../../../src/delivery/outcome.ts'
import { type PartEnd, type Parts, sendInParts } from '../../../src/delivery/searching/send-in-parts.ts'

const FAILED: FailedExchange = { reply: { kind: 'not_made', detail: 'HTTP 500' }, maybeMade: false }
const REFUSED: FailedExchange = {
  reply: { kind: 'refused', code: 'upstream_login_failed', detail: 'no' },
  maybeMade: false
}

/** Sends numbers to a VICIdial that fails on each call with one of `bad`, or always. */
async function sending(items: readonly number[], bad: ReadonlySet<number>, failure: FailedExchange = FAILED) {
  const calls: (readonly number[])[] = []
  const blamed: boolean[] = []
  const settled: number[] = []
  const failed: number[] = []
  const pauses: number[] = []
  const parts: Parts<number> = {
    send: async (part, _isPart, isBlamed) => {
      calls.push(part)
      blamed.push(isBlamed)
      if (part.some((item) => bad.has(item))) return failure
      settled.push(...part)
      return 'settled'
    },
    mayBeAtFault: ({ reply }) => reply.kind === 'not_made',
    fail: (part) => void failed.push(...part),
    pause: async (round) => {
      pauses.push(round)
      return true
    }
  }
  await sendInParts(items, parts)
  return { calls, blamed, settled, failed, pauses }
}

function upTo(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}

test('an item at fault fails alone, with few calls', async (t) => {
  const { calls, settled, failed, pauses, blamed } = await sending(upTo(500), new Set([321]))
  t.strictSame(failed, [321])
  t.equal(settled.length, 499)
  t.ok(calls.length <= 19, `${calls.length} calls`)
  t.strictSame(pauses, [1], 'only the first failure could be of VICIdial')
  t.strictSame(blamed.slice(0, 5), [false, false, false, true, true])
})

test('whatever items are at fault, each is settled or fails once, in fewer than two calls an item', async (t) => {
  const cases = fc.integer({ min: 1, max: 60 }).chain((length) =>
    fc.record({
      length: fc.constant(length),
      // Some eighth of the items is free of faults; otherwise VICIdial itself seems to fail.
      bad: fc.uniqueArray(fc.integer({ min: Math.ceil(length / 4), max: length }), { maxLength: length })
    })
  )
  await fc.assert(
    fc.asyncProperty(cases, async ({ length, bad }) => {
      const { calls, settled, failed } = await sending(upTo(length), new Set(bad))
      const expected = upTo(length).filter((item) => bad.includes(item))
      t.strictSame(
        failed.toSorted((a, b) => a - b),
        expected
      )
      t.equal(settled.length + failed.length, length)
      return calls.length < 2 * length + 1
    }),
    { numRuns: 200 }
  )
})

test('a VICIdial that fails always gets at most 15 calls, with pauses', async (t) => {
  const { calls, failed, pauses } = await sending(upTo(500), new Set(upTo(500)))
  t.equal(calls.length, 15)
  t.equal(failed.length, 500)
  t.strictSame(pauses, [1, 2, 3])
})

test('a failure that no item can cause fails them all at once', async (t) => {
  const { calls, failed, pauses } = await sending(upTo(8), new Set([3]), REFUSED)
  t.equal(calls.length, 1)
  t.equal(failed.length, 8)
  t.strictSame(pauses, [])
})

test('items of a failed call whose parts may not be sent fail as that call did', async (t) => {
  const failed: [readonly number[], FailedExchange][] = []
  await sendInParts([1, 2], {
    send: async (_part, isPart) => (isPart ? { ...REFUSED, isUnsent: true } : FAILED),
    mayBeAtFault: ({ reply }) => reply.kind === 'not_made',
    fail: (part, exchanged) => void failed.push([part, exchanged]),
    pause: async () => true
  })
  t.strictSame(failed, [
    [[1], FAILED],
    [[2], FAILED]
  ])
})

test('nor do halves of a part that was too large lose how the call before failed', async (t) => {
  const failed: [readonly number[], FailedExchange][] = []
  const ends: Record<string, PartEnd> = { '1,2,3,4': FAILED, '1,2': 'too_large', '3,4': 'settled' }
  await sendInParts([1, 2, 3, 4], {
    send: async (part) => ends[part.join(',')] ?? { ...REFUSED, isUnsent: true },
    mayBeAtFault: ({ reply }) => reply.kind === 'not_made',
    fail: (part, exchanged) => void failed.push([part, exchanged]),
    pause: async () => true
  })
  t.strictSame(failed, [
    [[1], FAILED],
    [[2], FAILED]
  ])
})

test('a single item is sent once, as its own call repeats it', async (t) => {
  const { calls, failed, pauses } = await sending([1], new Set([1]))
  t.strictSame([calls.length, failed, pauses], [1, [1], []])
})
