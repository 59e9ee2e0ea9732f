import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { test } from 'tap'
import { FairQueue, Flow, type Item } from '../../src/delivery/fair-queue.ts'

interface Numbered extends Item<Numbered> {
  readonly n: number
  live: boolean
}

/** Makes units of one queue; `request` names a request of its caller. */
function numbering() {
  const requests = new Map<string, object>()
  const flows = new Map<string, Flow<Numbered>>()
  let n = 0
  return (caller: string, request: string | number, group: string): Numbered => {
    const name = `${caller} ${request}`
    const known = requests.get(name) ?? { name }
    requests.set(name, known)
    const flow = flows.get(`${name} ${group}`) ?? new Flow<Numbered>(caller, known, group)
    flows.set(`${name} ${group}`, flow)
    return { n: n++, flow, live: true }
  }
}

function numbers(units: readonly Numbered[]): number[] {
  return units.map(({ n }) => n)
}

test('units of one group travel together, first in, first out, as many as are taken at once', async (t) => {
  const unit = numbering()
  const queue = new FairQueue<Numbered>()
  for (let n = 0; n < 5; n++) queue.add(unit('crm', 1, 'g'))
  t.strictSame(numbers(queue.take(() => 3)), [0, 1, 2])
  t.strictSame(numbers(queue.take(() => 3)), [3, 4])
  t.strictSame(
    queue.take(() => 3),
    []
  )
})

test('the first of a call says how many it takes', async (t) => {
  const unit = numbering()
  const queue = new FairQueue<Numbered>()
  for (let n = 0; n < 5; n++) queue.add(unit('crm', 1, 'g'))
  t.strictSame(numbers(queue.take(({ n }) => (n === 0 ? 2 : 9))), [0, 1])
  t.strictSame(numbers(queue.take(({ n }) => (n === 2 ? 1 : 9))), [2])
})

test('whose turn it is goes first, even if others of the group came before', async (t) => {
  const unit = numbering()
  const queue = new FairQueue<Numbered>()
  for (const [caller, request] of [
    ['a', 1],
    ['a', 1],
    ['a', 1],
    ['b', 1],
    ['a', 2]
  ] as const)
    queue.add(unit(caller, request, 'g'))
  const taken = [1, 2, 1, 2].map((size) => numbers(queue.take(() => size)))
  t.strictSame(taken, [[0], [3, 1], [4], [2]])
})

test('what has gone through a queue leaves nothing behind in it', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const queue = new FairQueue<Numbered>()
  const through = (count: number, from: number) => {
    const unit = numbering()
    for (let n = from; n < from + count; n++) queue.add(unit(`caller ${n}`, n, `group ${n}`))
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
  t.ok(kept < 50, `${kept} bytes of each group`)
})

test('callers take turns, and so do the requests of each', async (t) => {
  const unit = numbering()
  const queue = new FairQueue<Numbered>()
  const order: string[] = []
  for (const [caller, request, count] of [
    ['a', 1, 4],
    ['a', 2, 2],
    ['b', 1, 3]
  ] as const) {
    for (let n = 0; n < count; n++) queue.add(unit(caller, request, `${caller}${request} ${n}`))
  }
  for (;;) {
    const [taken] = queue.take(() => 1)
    if (taken === undefined) break
    order.push(taken.flow.batchKey)
  }
  t.strictSame(order, ['a1 0', 'b1 0', 'a2 0', 'b1 1', 'a1 1', 'b1 2', 'a2 1', 'a1 2', 'a1 3'])
})

test('a flow gives what was put into it in order, also after it ran empty', async (t) => {
  const flow = new Flow<number>('crm', {}, 'g')
  for (const round of [0, 1, 2]) {
    t.equal(flow.isEmpty, true)
    t.equal(flow.shift(), undefined, 'nothing is in it')
    flow.push(round)
    flow.push(round + 10)
    t.equal(flow.shift(), round)
    t.equal(flow.isEmpty, false)
    flow.push(round + 20)
    t.strictSame([flow.shift(), flow.shift()], [round + 10, round + 20])
  }
})

test('a flow that ran empty and is filled again takes part again, in its turn and with its group', async (t) => {
  const unit = numbering()
  const queue = new FairQueue<Numbered>()
  const add = (caller: string, request: number, group: string): Numbered => {
    const one = unit(caller, request, group)
    queue.add(one)
    return one
  }
  const all = () => numbers(queue.take(() => 9))
  for (const isWanted of [true, false]) {
    const only = add('a', 1, 'g')
    only.live = isWanted
    t.strictSame(all(), isWanted ? [only.n] : [])

    const own = [add('a', 1, 'g'), add('a', 1, 'g')]
    const others = [add('a', 2, 'h'), add('b', 1, 'g')]
    t.ok(own.every(({ flow }) => flow === only.flow))
    t.strictSame(
      [all(), all(), all()],
      [numbers([...own, ...others.slice(1)]), numbers(others.slice(0, 1)), []]
    )

    const along = [add('b', 1, 'g'), add('a', 1, 'g')]
    t.strictSame([all(), all()], [numbers(along), []], 'it goes along in the turn of another')
  }
})

test('what nobody wants any more is left out, and takes no room', async (t) => {
  const unit = numbering()
  const queue = new FairQueue<Numbered>()
  const units = ['g', 'g', 'h', 'g'].map((group) => unit('crm', 1, group))
  for (const one of units) queue.add(one)
  for (const place of [0, 2]) {
    const one = units[place]
    if (one) one.live = false
  }
  t.strictSame(numbers(queue.take(() => 2)), [1, 3])
  t.strictSame(
    queue.take(() => 2),
    []
  )
})

test('taking is as cheap from a long queue as from a short one', async (t) => {
  const looks = (count: number): number => {
    const unit = numbering()
    const queue = new FairQueue<Numbered>()
    let reads = 0
    for (let n = 0; n < count; n++) {
      const made = unit('crm', n % 7, `g${n % 5}`)
      Object.defineProperty(made, 'live', {
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
  t.equal(looks(50_000), looks(500))
})

const CALLERS = ['a', 'b', 'c']
const GROUPS = ['g', 'h', 'i', 'j']
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      add: fc.record({
        caller: fc.constantFrom(...CALLERS),
        request: fc.nat(3),
        group: fc.constantFrom(...GROUPS)
      })
    })
  },
  { weight: 1, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kill: fc.nat(40) }) }
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Runs steps, and checks each take; at the end everything is taken. */
function run(steps: readonly Step[], taken: (units: Numbered[], before: readonly Numbered[]) => void): void {
  const unit = numbering()
  const queue = new FairQueue<Numbered>()
  const all: Numbered[] = []
  const gone = new Set<Numbered>()
  const take = (size: number): boolean => {
    const waiting = all.filter((one) => one.live && !gone.has(one))
    const units = queue.take(() => size)
    if (units.length > size) throw new Error('more than asked for')
    for (const one of units) {
      if (gone.has(one)) throw new Error('taken twice')
      if (!one.live) throw new Error('taken though nobody wants it')
      gone.add(one)
    }
    taken(units, waiting)
    return units.length > 0
  }
  for (const step of steps) {
    if ('add' in step) {
      const made = unit(step.add.caller, step.add.request, step.add.group)
      all.push(made)
      queue.add(made)
    } else if ('take' in step) take(step.take)
    else {
      const one = all[step.kill % Math.max(1, all.length)]
      if (one) one.live = false
    }
  }
  while (take(2));
  const left = all.filter((one) => one.live && !gone.has(one))
  if (left.length > 0) throw new Error(`${left.length} units were never taken`)
}

test('whatever comes and goes, each wanted unit is taken once; a call is of one group, full if it can be', async (t) => {
  const sound = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    run(steps, (units, waiting) => {
      const [first] = units
      if (first === undefined) {
        if (waiting.length > 0) throw new Error('nothing was taken though something waits')
        return
      }
      const { batchKey, request } = first.flow
      if (units.some(({ flow }) => flow.batchKey !== batchKey)) throw new Error('two groups in a call')
      const ofRequest = units.filter(({ flow }) => flow.request === request)
      for (const [place, one] of ofRequest.entries()) {
        if (one.n < (ofRequest[place - 1]?.n ?? 0)) throw new Error('out of order')
      }
      const first_ = waiting.find(({ flow }) => flow.batchKey === batchKey && flow.request === request)
      if (first_ !== first) throw new Error('not the first of its request and group')
    })
  })
  t.doesNotThrow(() => fc.assert(sound, { numRuns: 1_000 }))
})

test('a call leaves none of its group behind while it has room', async (t) => {
  const full = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const sizes = steps.map((one) => ('take' in one ? { take: 3 } : one))
    run(sizes, (units, waiting) => {
      const [first] = units
      const ofGroup = waiting.filter(({ flow }) => flow.batchKey === first?.flow.batchKey)
      if (units.length < Math.min(2, ofGroup.length)) throw new Error('room was left')
    })
  })
  t.doesNotThrow(() => fc.assert(full, { numRuns: 1_000 }))
})

test('no caller waits for more than one call of each other caller, whatever those have waiting', async (t) => {
  const fair = fc.property(
    fc.array(fc.record({ caller: fc.constantFrom('b', 'c', 'd'), request: fc.nat(5), group: fc.nat(50) }), {
      maxLength: 200
    }),
    fc.nat(10),
    (others, before) => {
      const unit = numbering()
      const queue = new FairQueue<Numbered>()
      for (const { caller, request, group } of others) queue.add(unit(caller, request, `g${group}`))
      for (let n = 0; n < before; n++) queue.take(() => 1)
      const lone = unit('a', 1, 'own')
      queue.add(lone)
      const calls = [queue.take(() => 1), queue.take(() => 1), queue.take(() => 1), queue.take(() => 1)]
      return calls.some((units) => units.includes(lone))
    }
  )
  t.doesNotThrow(() => fc.assert(fair, { numRuns: 500 }))
})

test('no request waits for more than one call of each other request of its caller', async (t) => {
  const fair = fc.property(
    fc.array(fc.record({ request: fc.nat(3), group: fc.nat(50) }), { maxLength: 200 }),
    (others) => {
      const unit = numbering()
      const queue = new FairQueue<Numbered>()
      for (const { request, group } of others) queue.add(unit('a', request, `g${group}`))
      const lone = unit('a', 'lone', 'own')
      queue.add(lone)
      for (let calls = 0; calls < 5; calls++) if (queue.take(() => 1).includes(lone)) return true
      return false
    }
  )
  t.doesNotThrow(() => fc.assert(fair, { numRuns: 500 }))
})
