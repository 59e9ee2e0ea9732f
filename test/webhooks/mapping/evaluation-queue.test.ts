import { test } from 'tap'
import { Problem } from '../../../src/errors.ts'
import { type Timed, EvaluationQueue } from '../../../src/webhooks/mapping/evaluation-queue.ts'

const MIB = 1024 ** 2

/** A queue with a clock of its own, whose work ends when it is told. */
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

/** Ends the work at hand after so many milliseconds. */
async function end({ held, pass }: ReturnType<typeof heldQueue>, ms: number): Promise<void> {
  pass(ms)
  held.shift()?.(ms)
  // Its end is noted, and the next work begins.
  await new Promise((resolve) => setImmediate(resolve))
}

/** After how many seconds what was refused may come again; 'done' if it was not. */
async function retryAfter(added: Promise<string>): Promise<string> {
  try {
    return await added
  } catch (error) {
    if (error instanceof Problem && error.code === 'overloaded') return error.headers['retry-after'] ?? ''
    throw error
  }
}

test('what would wait longer than 5 seconds, going by those before, is refused, and told when to come again', async (t) => {
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

test('what has waited longer than 10 seconds is refused when its turn comes', async (t) => {
  const all = heldQueue()
  const answers = [all.add(), all.add(), all.add()].map(retryAfter)
  await end(all, 10_001)
  t.same(await Promise.all(answers), ['done', '5', '3'])
  t.same(all.held, [])
})

test('not more than 64 MiB of payloads wait, but one always may', async (t) => {
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

test('not more than 1,000 payloads wait, however short they take', async (t) => {
  const all = heldQueue()
  const taken = Array.from({ length: 1_001 }, () => all.add())
  t.equal(await retryAfter(all.add()), '1')
  for (let n = 0; n < 1_001; n++) await end(all, 0)
  t.equal((await Promise.all(taken)).length, 1_001)
  t.equal(all.queue.isIdle, true)
})
