import { test } from 'tap'
import type { CallReply } from '../../../src/vicidial/call-reply.ts'
import { mayRepeat, repeatPauseMs } from '../../../src/vicidial/exchange/repeat.ts'

test('only calls that may not have been made are repeated, three times', async (t) => {
  const repeats = (kind: string) =>
    [1, 2, 3, 4, 5].filter((attempt) => mayRepeat({ kind } as CallReply, attempt))
  const table = {
    updated: [],
    found: [],
    limit_reached: [],
    not_found: [],
    refused: [],
    not_made: [1, 2, 3],
    unclear: [1, 2, 3],
    unanswered: [1, 2, 3]
  }
  t.strictSame(Object.fromEntries(Object.keys(table).map((kind) => [kind, repeats(kind)])), table)
})

test('a refused login is never tried again', async (t) => {
  for (const code of ['upstream_login_failed', 'upstream_locked_out', 'upstream_permission_denied'] as const)
    t.equal(mayRepeat({ kind: 'refused', code, detail: '' }, 1), false)
})

test('the pauses grow, and half of each is random', async (t) => {
  const pauses = (random: () => number) => [1, 2, 3].map((attempt) => repeatPauseMs(attempt, random))
  t.strictSame(
    pauses(() => 0),
    [50, 150, 450]
  )
  t.strictSame(
    pauses(() => 0.5),
    [75, 225, 675]
  )
  t.strictSame(
    pauses(() => 1),
    [100, 300, 900]
  )
})

test('without a given random number the pauses differ', async (t) => {
  const pauses = Array.from({ length: 200 }, () => repeatPauseMs(1))
  t.ok(pauses.every((pauseMs) => pauseMs >= 50 && pauseMs <= 100))
  t.ok(new Set(pauses).size > 100)
})
