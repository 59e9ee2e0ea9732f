import { test } from 'tap'
import { Problem } from '../../../src/errors.ts'
import { type Timed, EvaluationQueue } from '../../../src/webhooks/mapping/evaluation-queue.ts'

const MIB = 1024 ** 2

/** A queue with its own clock, whose work ends when the test says so. */
function heldQueue() {
  let now = 0
  const queue = new EvaluationQueue(() => now)
  const held: ((ms: number) => void)[] = []
  return {
    queue,
    held,
    pass: (ms: number) => {
      now += ms
    },
    add: (bytes = 1) =>
      queue.add(bytes, async () => {
        const { promise, resolve } = Promise.withResolvers<Timed<string>>()
        held.push((ms) => {
          resolve({ value: 'done', ms })
        })
        return promise
      })
  }
}

/** Ends the current work after `ms` milliseconds. */
async function end({ held, pass }: ReturnType<typeof heldQueue>, ms: number): Promise<void> {
  pass(ms)
  held.shift()?.(ms)
  // Its end is noted, and the next work begins.
  await new Promise((resolve) => setImmediate(resolve))
}

/** The Retry-After of a refused payload, in seconds; 'done' if it was accepted. */
async function retryAfter(added: Promise<string>): Promise<string> {
  try {
    return await added
  } catch (error) {
    if (error instanceof Problem && error.code === 'overloaded') return error.headers['retry-after'] ?? ''
    throw error
  }
}

test('a payload that would probably wait longer than 5 seconds is refused with a Retry-After', async (t) => {
  const all = heldQueue()
  const first = all.add()
  await end(all, 5_000)
  t.equal(await first, 'done')

  const taken = Array.from({ length: 6 }, () => all.add())
  t.equal(await retryAfter(all.add()), '6')
  await end(all, 100)
  t.equal(await taken[0], 'done')
  taken.push(all.add())
  for (let n = 0; n < 6; n++) await end(all, 0)
  t.same(await Promise.all(taken), Array(7).fill('done'))
})

test('a payload that has waited longer than 10 seconds is refused when its turn comes', async (t) => {
  const all = heldQueue()
  const answers = [all.add(), all.add(), all.add()].map(retryAfter)
  await end(all, 10_001)
  t.same(await Promise.all(answers), ['done', '5', '3'])
  t.same(all.held, [])
})

test('at most 64 MiB of payloads wait, but one of any size may', async (t) => {
  const all = heldQueue()
  const taken = [all.add(100 * MIB), all.add(100 * MIB)]
  t.equal(await retryAfter(all.add(1)), '1')
  await end(all, 1)
  await end(all, 1)
  t.same(await Promise.all(taken), ['done', 'done'])
  const more = [all.add(1), all.add(32 * MIB), all.add(32 * MIB)]
  t.equal(await retryAfter(all.add(1)), '1')
  for (let n = 0; n < 3; n++) await end(all, 1)
  t.same(await Promise.all(more), ['done', 'done', 'done'])
})

test('at most 1,000 payloads wait, even if they are fast', async (t) => {
  const all = heldQueue()
  const taken = Array.from({ length: 1_001 }, () => all.add())
  t.equal(await retryAfter(all.add()), '1')
  for (let n = 0; n < 1_001; n++) await end(all, 0)
  t.equal((await Promise.all(taken)).length, 1_001)
  t.equal(all.queue.isIdle, true)
})
