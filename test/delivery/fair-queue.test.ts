import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { test } from 'tap'
import { FairQueue, Flow, type Item } from '../../src/delivery/fair-queue.ts'

interface Numbered extends Item<Numbered> {
  readonly n: number
  isWanted: boolean
}

/** Makes items for one queue; `request` names a request of the caller. */
function numbering() {
  const requests = new Map<string, object>()
  const flows = new Map<string, Flow<Numbered>>()
  let n = 0
  return (caller: string, request: string | number, batchKey: string): Numbered => {
    const name = `${caller} ${request}`
    const known = requests.get(name) ?? { name }
    requests.set(name, known)
    const flow = flows.get(`${name} ${batchKey}`) ?? new Flow<Numbered>(caller, known, batchKey)
    flows.set(`${name} ${batchKey}`, flow)
    return { n: n++, flow, isWanted: true }
  }
}

function numbers(items: readonly Numbered[]): number[] {
  return items.map(({ n }) => n)
}

test('items with one batch key are taken together, first in, first out, up to the size asked for', async (t) => {
  const item = numbering()
  const queue = new FairQueue<Numbered>()
  for (let n = 0; n < 5; n++) queue.add(item('crm', 1, 'g'))
  t.strictSame(numbers(queue.take(() => 3)), [0, 1, 2])
  t.strictSame(numbers(queue.take(() => 3)), [3, 4])
  t.strictSame(
    queue.take(() => 3),
    []
  )
})

test('the first item of a batch determines its size', async (t) => {
  const item = numbering()
  const queue = new FairQueue<Numbered>()
  for (let n = 0; n < 5; n++) queue.add(item('crm', 1, 'g'))
  t.strictSame(numbers(queue.take(({ n }) => (n === 0 ? 2 : 9))), [0, 1])
  t.strictSame(numbers(queue.take(({ n }) => (n === 2 ? 1 : 9))), [2])
})

test('the request whose turn it is goes first, even if others with its batch key came earlier', async (t) => {
  const item = numbering()
  const queue = new FairQueue<Numbered>()
  for (const [caller, request] of [
    ['a', 1],
    ['a', 1],
    ['a', 1],
    ['b', 1],
    ['a', 2]
  ] as const)
    queue.add(item(caller, request, 'g'))
  const taken = [1, 2, 1, 2].map((size) => numbers(queue.take(() => size)))
  t.strictSame(taken, [[0], [3, 1], [4], [2]])
})

test('items that have gone through a queue leave nothing behind in it', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const queue = new FairQueue<Numbered>()
  const through = (count: number, from: number) => {
    const item = numbering()
    for (let n = from; n < from + count; n++) queue.add(item(`caller ${n}`, n, `key ${n}`))
    while (queue.take(() => 1).length > 0);
  }
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  through(1_000, 0)
  const before = heap()
  through(50_000, 1_000)
  const kept = (heap() - before) / 50_000
  t.ok(kept < 50, `${kept} bytes per batch key`)
})

test('callers take turns, and so do the requests of each', async (t) => {
  const item = numbering()
  const queue = new FairQueue<Numbered>()
  const order: string[] = []
  for (const [caller, request, count] of [
    ['a', 1, 4],
    ['a', 2, 2],
    ['b', 1, 3]
  ] as const) {
    for (let n = 0; n < count; n++) queue.add(item(caller, request, `${caller}${request} ${n}`))
  }
  for (;;) {
    const [taken] = queue.take(() => 1)
    if (taken === undefined) break
    order.push(taken.flow.batchKey)
  }
  t.strictSame(order, ['a1 0', 'b1 0', 'a2 0', 'b1 1', 'a1 1', 'b1 2', 'a2 1', 'a1 2', 'a1 3'])
})

test('a flow returns its items in order, even after it was empty', async (t) => {
  const flow = new Flow<number>('crm', {}, 'g')
  for (const round of [0, 1, 2]) {
    t.equal(flow.isEmpty, true)
    t.equal(flow.shift(), undefined, 'it is empty')
    flow.push(round)
    flow.push(round + 10)
    t.equal(flow.shift(), round)
    t.equal(flow.isEmpty, false)
    flow.push(round + 20)
    t.strictSame([flow.shift(), flow.shift()], [round + 10, round + 20])
  }
})

test('a flow that was emptied and is filled again gets its turns again, and shares batches again', async (t) => {
  const item = numbering()
  const queue = new FairQueue<Numbered>()
  const add = (caller: string, request: number, batchKey: string): Numbered => {
    const one = item(caller, request, batchKey)
    queue.add(one)
    return one
  }
  const all = () => numbers(queue.take(() => 9))
  for (const isWanted of [true, false]) {
    const only = add('a', 1, 'g')
    only.isWanted = isWanted
    t.strictSame(all(), isWanted ? [only.n] : [])

    const own = [add('a', 1, 'g'), add('a', 1, 'g')]
    const others = [add('a', 2, 'h'), add('b', 1, 'g')]
    t.ok(own.every(({ flow }) => flow === only.flow))
    t.strictSame(
      [all(), all(), all()],
      [numbers([...own, ...others.slice(1)]), numbers(others.slice(0, 1)), []]
    )

    const along = [add('b', 1, 'g'), add('a', 1, 'g')]
    t.strictSame([all(), all()], [numbers(along), []], 'it shares the batch of another')
  }
})

test('items that are not wanted any more are left out, and take no room', async (t) => {
  const item = numbering()
  const queue = new FairQueue<Numbered>()
  const items = ['g', 'g', 'h', 'g'].map((batchKey) => item('crm', 1, batchKey))
  for (const one of items) queue.add(one)
  for (const index of [0, 2]) {
    const one = items[index]
    if (one) one.isWanted = false
  }
  t.strictSame(numbers(queue.take(() => 2)), [1, 3])
  t.strictSame(
    queue.take(() => 2),
    []
  )
})

test('taking from a long queue costs no more per item than from a short one', async (t) => {
  const checks = (count: number): number => {
    const item = numbering()
    const queue = new FairQueue<Numbered>()
    let reads = 0
    for (let n = 0; n < count; n++) {
      const made = item('crm', n % 7, `g${n % 5}`)
      Object.defineProperty(made, 'isWanted', {
        get: () => {
          reads++
          return true
        }
      })
      queue.add(made)
    }
    while (queue.take(() => 100).length > 0);
    return reads / count
  }
  t.equal(checks(50_000), checks(500))
})

const CALLERS = ['a', 'b', 'c']
const BATCH_KEYS = ['g', 'h', 'i', 'j']
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      add: fc.record({
        caller: fc.constantFrom(...CALLERS),
        request: fc.nat(3),
        batchKey: fc.constantFrom(...BATCH_KEYS)
      })
    })
  },
  { weight: 1, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kill: fc.nat(40) }) }
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Runs steps and then takes everything; calls `taken` after each take. */
function run(steps: readonly Step[], onTake: (items: Numbered[], before: readonly Numbered[]) => void): void {
  const item = numbering()
  const queue = new FairQueue<Numbered>()
  const all: Numbered[] = []
  const taken = new Set<Numbered>()
  const take = (size: number): boolean => {
    const waiting = all.filter((one) => one.isWanted && !taken.has(one))
    const items = queue.take(() => size)
    if (items.length > size) throw new Error('more than asked for')
    for (const one of items) {
      if (taken.has(one)) throw new Error('taken twice')
      if (!one.isWanted) throw new Error('taken though it is not wanted')
      taken.add(one)
    }
    onTake(items, waiting)
    return items.length > 0
  }
  for (const step of steps) {
    if ('add' in step) {
      const made = item(step.add.caller, step.add.request, step.add.batchKey)
      all.push(made)
      queue.add(made)
    } else if ('take' in step) take(step.take)
    else {
      const one = all[step.kill % Math.max(1, all.length)]
      if (one) one.isWanted = false
    }
  }
  while (take(2));
  const left = all.filter((one) => one.isWanted && !taken.has(one))
  if (left.length > 0) throw new Error(`${left.length} items were never taken`)
}

test('for any sequence of steps, each wanted item is taken once, in batches of one batch key', async (t) => {
  const sound = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    run(steps, (items, waiting) => {
      const [first] = items
      if (first === undefined) {
        if (waiting.length > 0) throw new Error('nothing was taken though something waits')
        return
      }
      const { batchKey, request } = first.flow
      if (items.some(({ flow }) => flow.batchKey !== batchKey)) throw new Error('two batch keys in a batch')
      const ofRequest = items.filter(({ flow }) => flow.request === request)
      for (const [index, one] of ofRequest.entries()) {
        if (one.n < (ofRequest[index - 1]?.n ?? 0)) throw new Error('out of order')
      }
      const expected = waiting.find(({ flow }) => flow.batchKey === batchKey && flow.request === request)
      if (expected !== first) throw new Error('not the first of its request and batch key')
    })
  })
  t.doesNotThrow(() => fc.assert(sound, { numRuns: 1_000 }))
})

test('a batch is filled up while items with its batch key wait', async (t) => {
  const full = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const sizes = steps.map((one) => ('take' in one ? { take: 3 } : one))
    run(sizes, (items, waiting) => {
      const [first] = items
      const ofBatchKey = waiting.filter(({ flow }) => flow.batchKey === first?.flow.batchKey)
      if (items.length < Math.min(2, ofBatchKey.length)) throw new Error('room was left')
    })
  })
  t.doesNotThrow(() => fc.assert(full, { numRuns: 1_000 }))
})

test('no caller waits for more than one batch of each other caller, however much those have waiting', async (t) => {
  const fair = fc.property(
    fc.array(
      fc.record({ caller: fc.constantFrom('b', 'c', 'd'), request: fc.nat(5), batchKey: fc.nat(50) }),
      {
        maxLength: 200
      }
    ),
    fc.nat(10),
    (others, before) => {
      const item = numbering()
      const queue = new FairQueue<Numbered>()
      for (const { caller, request, batchKey } of others) queue.add(item(caller, request, `g${batchKey}`))
      for (let n = 0; n < before; n++) queue.take(() => 1)
      const lone = item('a', 1, 'own')
      queue.add(lone)
      const calls = [queue.take(() => 1), queue.take(() => 1), queue.take(() => 1), queue.take(() => 1)]
      return calls.some((items) => items.includes(lone))
    }
  )
  t.doesNotThrow(() => fc.assert(fair, { numRuns: 500 }))
})

test('no request waits for more than one batch of each other request of its caller', async (t) => {
  const fair = fc.property(
    fc.array(fc.record({ request: fc.nat(3), batchKey: fc.nat(50) }), { maxLength: 200 }),
    (others) => {
      const item = numbering()
      const queue = new FairQueue<Numbered>()
      for (const { request, batchKey } of others) queue.add(item('a', request, `g${batchKey}`))
      const lone = item('a', 'lone', 'own')
      queue.add(lone)
      for (let calls = 0; calls < 5; calls++) if (queue.take(() => 1).includes(lone)) return true
      return false
    }
  )
  t.doesNotThrow(() => fc.assert(fair, { numRuns: 500 }))
})
