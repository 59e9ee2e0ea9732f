import fc from 'fast-check'
import { test } from 'tap'
import { planCalls, planSearches } from '../../src/delivery/plan.ts'
import type { Outcome } from '../../src/delivery/outcome.ts'
import type { CallRules } from '../../src/delivery/calls/batch-key.ts'
import { LeadQueues } from '../../src/delivery/calls/lead-queues.ts'
import { Flows, type TaskRequest, DeliveryTask } from '../../src/delivery/delivery-task.ts'
import type { SearchKey } from '../../src/delivery/searching/lead-search.ts'
import { type Changes, onlyIf } from '../../src/leads/changes.ts'
import { looseKey } from '../../src/tools/sandbox/functions/lead-search.ts'
import type { Call, LeadChanges } from '../../src/vicidial/wire.ts'
import { superlinear } from '../attack/growth.ts'

type Dialect = CallRules['dialect']

function changes(params: Record<string, string>, single = false): Changes {
  const called = single ? 'update_lead' : 'batch_update_lead'
  const key = [called, ...Object.entries(params).map(([name, value]) => `${name}=${value}`)].join('\0')
  return { function: called, params, key, stored: params, warnings: [] }
}

/** Calls in short: the leads of each as `lead:values`. */
function outline(calls: readonly Call[]): string[][] {
  return calls.map(({ leads }) =>
    leads.map(({ lead, changes }) => `${lead}:${Object.values(changes.params).join('')}`)
  )
}

const A = changes({ status: 'A' })
const B = changes({ status: 'B' })
const lead_ids = (maxLeadsPerCall: number): CallRules => ({ maxLeadsPerCall, dialect: 'lead_ids' })
const leads_data = (maxLeadsPerCall: number): CallRules => ({ maxLeadsPerCall, dialect: 'leads_data' })

test('leads with the same changes share calls of at most the maximum size, in the order given', async (t) => {
  const tasks = [1, 2, 3, 4, 5].map((lead) => ({ lead, changes: lead === 2 ? B : A }))
  t.strictSame(outline(planCalls(tasks, lead_ids(2))), [['1:A', '3:A'], ['4:A', '5:A'], ['2:B']])
})

test('in leads_data, leads with different changes share a call too', async (t) => {
  const tasks = [1, 2, 3, 4, 5].map((lead) => ({ lead, changes: lead === 2 ? B : A }))
  t.strictSame(outline(planCalls(tasks, leads_data(3))), [
    ['1:A', '2:B', '3:A'],
    ['4:A', '5:A']
  ])
})

test('a second update of a lead, with other changes, goes into a later call', async (t) => {
  const tasks = [
    { lead: 1, changes: A },
    { lead: 1, changes: B },
    { lead: 2, changes: B },
    { lead: 1, changes: A }
  ]
  t.strictSame(outline(planCalls(tasks, lead_ids(10))), [['1:A'], ['2:B', '1:B'], ['1:A']])
  t.strictSame(outline(planCalls(tasks, leads_data(10))), [['1:A', '2:B'], ['1:B'], ['1:A']])
})

test('a second update of a lead with the same changes is not sent again', async (t) => {
  const tasks = [
    { lead: 1, changes: A },
    { lead: 2, changes: A },
    { lead: 1, changes: changes({ status: 'A' }) }
  ]
  t.strictSame(outline(planCalls(tasks, lead_ids(10))), [['1:A', '2:A']])
})

test('update_lead takes one call per lead, in both dialects', async (t) => {
  const single = changes({ phone_number: '1' }, true)
  const tasks = [1, 2, 3].map((lead) => ({ lead, changes: single }))
  for (const rules of [lead_ids(10), leads_data(10)])
    t.strictSame(outline(planCalls(tasks, rules)), [['1:1'], ['2:1'], ['3:1']])
})

test('an update under a condition has a call of its own, even beside an equal one, in both dialects', async (t) => {
  const conditional = onlyIf(A, { tags: ['"a"'], fields: ['status'], customFields: [] })
  const tasks = [1, 2, 1].map((lead) => ({ lead, changes: conditional }))
  for (const rules of [lead_ids(10), leads_data(10)]) {
    const calls = outline(planCalls([...tasks, { lead: 3, changes: A }, { lead: 4, changes: A }], rules))
    t.strictSame(calls.toSorted(), [['1:A'], ['1:A'], ['2:A'], ['3:A', '4:A']])
  }
})

test('what is left to do after another outcome is not coalesced', async (t) => {
  const { queues, first } = equalTasks()
  const added = new DeliveryTask(1, A, NO_REQUEST, 3, first.flow)
  added.base = { status: 'added', warnings: [] }
  queues.add(added)
  t.equal(added.leader, undefined)
})

test('a call is verified if one of the updates that it serves is to be', async (t) => {
  const verified: Changes = { ...A, isVerified: true }
  for (const [one, other] of [
    [A, verified],
    [verified, A]
  ] as const) {
    const flows = new Flows<number, TaskRequest>(NO_REQUEST, lead_ids(10))
    const first = new DeliveryTask(1, one, NO_REQUEST, 0, flows.of(one))
    first.coalesce(new DeliveryTask(1, other, NO_REQUEST, 1, flows.of(other)))
    t.equal(first.isVerified, true)
  }
  t.equal(equalTasks().first.isVerified, false)
})

/** Three equal tasks of one lead, coalesced; `settled` lists the indexes of those that got an outcome. */
function equalTasks() {
  const settled: number[] = []
  const request: TaskRequest = { caller: 'crm', source: 'crm', taskSettled: (index) => settled.push(index) }
  const rules = lead_ids(10)
  const queues = new LeadQueues<number, TaskRequest>(rules)
  const flows = new Flows<number, TaskRequest>(request, rules)
  const tasks = [0, 1, 2].map((index) => new DeliveryTask(1, A, request, index, flows.of(A)))
  for (const task of tasks) queues.add(task)
  const [first, second, third] = tasks
  if (!first || !second || !third) throw new Error('no tasks')
  return { queues, first, second, third, settled }
}
const NO_REQUEST: TaskRequest = { caller: 'crm', source: 'crm', taskSettled: () => {} }
const FAILED: Outcome = { status: 'failed', warnings: [] }

test('coalesced tasks are sent as long as one of them is wanted', async (t) => {
  const one = equalTasks()
  one.first.settleAlone(FAILED)
  one.second.settleAlone(FAILED)
  t.equal(one.queues.take()[0], one.first, 'the third is still wanted')
  const none = equalTasks()
  for (const task of [none.first, none.second, none.third]) task.settleAlone(FAILED)
  t.strictSame(none.queues.take(), [])
})

test('whether very many equal tasks are still wanted costs no more for each of them than for few', async (t) => {
  const giveUp = (text: string) => {
    const flows = new Flows<number, TaskRequest>(NO_REQUEST, lead_ids(10))
    const tasks = Array.from(text, (_, index) => new DeliveryTask(1, A, NO_REQUEST, index, flows.of(A)))
    const [first, ...others] = tasks
    for (const task of others) first?.coalesce(task)
    const wanted = tasks.map((task) => {
      task.settleAlone(FAILED)
      return first?.isWanted
    })
    if (wanted.lastIndexOf(true) !== tasks.length - 2) throw new Error('wanted as long as one has no outcome')
  }
  t.equal(await superlinear(giveUp, (length) => ' '.repeat(length)), undefined)
})

test('a task that has an outcome keeps it', async (t) => {
  const { first, second, third, settled } = equalTasks()
  second.settleAlone(FAILED)
  const updated: Outcome = { status: 'updated', warnings: [] }
  first.settle(updated)
  first.settle(FAILED)
  t.strictSame([first.outcome, second.outcome, third.outcome], [updated, FAILED, updated])
  t.strictSame(settled, [1, 0, 2])
})

test('no updates make no calls', async (t) => {
  t.strictSame(planCalls([], lead_ids(10)), [])
})

const entry = (leads: number): fc.Arbitrary<LeadChanges> =>
  fc.record({
    lead: fc.integer({ min: 1, max: leads }),
    changes: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('A', 'B', 'C').map((status) => changes({ status })) },
      { weight: 2, arbitrary: fc.constantFrom('7', '8').map((rank) => changes({ rank })) },
      { weight: 1, arbitrary: fc.constantFrom('1', '2').map((rank) => changes({ status: 'A', rank })) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('x', 'y').map((phone_number) => changes({ phone_number }, true))
      }
    )
  })
const planned = fc.record({
  entries: fc.oneof(fc.array(entry(4), { maxLength: 30 }), fc.array(entry(60), { maxLength: 60 })),
  size: fc.integer({ min: 1, max: 7 }),
  dialect: fc.constantFrom<Dialect>('lead_ids', 'leads_data')
})
const RUNS = { numRuns: 1_500 }

/** The changes of each lead, in order; equal ones in a row count once. */
function perLead(entries: readonly LeadChanges[]): Map<number, string[]> {
  const made = new Map<number, string[]>()
  for (const { lead, changes } of entries) {
    const keys = made.get(lead) ?? []
    if (keys.at(-1) !== changes.key) keys.push(changes.key)
    made.set(lead, keys)
  }
  return made
}

test('each lead gets exactly the changes that its updates ask for, in order', async (t) => {
  const inOrder = fc.property(planned, ({ entries, size, dialect }) => {
    const calls = planCalls(entries, { maxLeadsPerCall: size, dialect })
    const made = perLead(calls.flatMap(({ leads }) => leads))
    for (const [lead, keys] of perLead(entries)) {
      if (String(made.get(lead)) !== String(keys)) throw new Error(`lead ${lead}: ${made.get(lead)}`)
      made.delete(lead)
    }
    return made.size === 0
  })
  t.doesNotThrow(() => fc.assert(inOrder, RUNS))
})

test('no call is empty, has a lead twice or too many leads, or mixes changes that cannot share it', async (t) => {
  const sound = fc.property(planned, ({ entries, size, dialect }) => {
    for (const { function: called, leads } of planCalls(entries, { maxLeadsPerCall: size, dialect })) {
      if (leads.length === 0) throw new Error('a call without leads')
      if (new Set(leads.map((task) => task.lead)).size !== leads.length) throw new Error('a lead twice')
      if (leads.length > size) throw new Error('too many leads')
      if (called === 'update_lead' && leads.length > 1) throw new Error('update_lead with several leads')
      if (leads.some((task) => task.changes.function !== called))
        throw new Error('changes for another function')
      const sets = new Set(leads.map((task) => task.changes.key))
      if (dialect === 'lead_ids' && sets.size > 1) throw new Error('different changes in one lead_ids call')
    }
  })
  t.doesNotThrow(() => fc.assert(sound, RUNS))
})

test('without repeated leads there are as few calls as possible', async (t) => {
  const fewest = fc.property(planned, ({ entries, size, dialect }) => {
    const once = entries.map(({ changes }, index) => ({ lead: index + 1, changes }))
    const calls = planCalls(once, { maxLeadsPerCall: size, dialect })
    const batches = Map.groupBy(once, ({ changes }) =>
      dialect === 'leads_data' ? changes.function : changes.key
    )
    const least = [...batches.values()].reduce((sum, tasks) => {
      const room = tasks[0]?.changes.function === 'update_lead' ? 1 : size
      return sum + Math.ceil(tasks.length / room)
    }, 0)
    return calls.length === least
  })
  t.doesNotThrow(() => fc.assert(fewest, RUNS))
})

test('each update is read a fixed number of times, however many there are', async (t) => {
  const readsPerEntry = (count: number, leads: number): number => {
    let reads = 0
    const entries = Array.from({ length: count }, (_, n) => {
      const own = n % 3 === 0 ? A : B
      return {
        get lead() {
          reads++
          return n % leads
        },
        get changes() {
          reads++
          return own
        }
      }
    })
    planCalls(entries, lead_ids(100))
    return reads / count
  }
  t.equal(readsPerEntry(20_000, 20_000), readsPerEntry(1_000, 1_000))
  t.equal(readsPerEntry(20_000, 10), readsPerEntry(1_000, 10))
})

function codes(...values: string[]): SearchKey[] {
  return values.map((value) => ({ by: 'vendor_lead_code', value }))
}

test('keys of one kind share a search, each key once', async (t) => {
  const keys: SearchKey[] = [
    ...codes('CRM-1', 'CRM-2', 'CRM-1', 'crm-1'),
    { by: 'phone_number', value: '2125550001' },
    ...codes('CRM-2'),
    { by: 'phone_number', value: '2125550001' }
  ]
  t.strictSame(planSearches(keys), [
    { by: 'vendor_lead_code', values: ['CRM-1', 'CRM-2', 'crm-1'] },
    { by: 'phone_number', values: ['2125550001'] }
  ])
  t.strictSame(planSearches([]), [])
})

test('keys that are equal as numbers never share a search', async (t) => {
  const keys = codes('123', '0123', '1e3', 'x', '1000', '123.0', '12', '.5', '0.5', '-1', '-01', 'y', '0456')
  t.strictSame(
    planSearches(keys).map(({ values }) => values),
    [['123', '1000', '12'], ['0123', '0456'], ['1e3'], ['x', 'y'], ['123.0'], ['.5'], ['0.5', '-1'], ['-01']]
  )
  const phones: SearchKey[] = ['2125550001', '02125550001', '2125550002'].map((value) => ({
    by: 'phone_number',
    value
  }))
  t.strictSame(planSearches(phones), [
    { by: 'phone_number', values: ['2125550001', '2125550002'] },
    { by: 'phone_number', values: ['02125550001'] }
  ])
})

test('any key is searched exactly once, never together with one that VICIdial takes for the same', async (t) => {
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789e.-E'), minLength: 1, maxLength: 5 }),
    fc.string({ unit: fc.constantFrom(...'aAbB01-| '), minLength: 1, maxLength: 3 }),
    fc.integer({ min: 0, max: 30 }).map(String)
  )
  const trimmed = value.map((text) => text.trim() || 'x')
  const isSeparate = fc.property(fc.array(trimmed, { maxLength: 60 }), (values) => {
    const calls = planSearches(codes(...values))
    const asked = calls.flatMap((call) => call.values)
    if (asked.length !== new Set(values).size || values.some((value) => !asked.includes(value))) return false
    return calls.every(
      (call) => new Set(call.values.map((text) => looseKey(text, 8))).size === call.values.length
    )
  })
  t.doesNotThrow(() => fc.assert(isSeparate, { numRuns: 1_500 }))
})

test('a search has at most 600 keys, and there are no more searches than needed', async (t) => {
  const values = Array.from({ length: 1_201 }, (_, n) => `CRM-${n}`)
  t.strictSame(
    planSearches(codes(...values)).map((call) => call.values.length),
    [600, 600, 1]
  )
})

test('a task that nobody waits for is passed over, and nothing is decided about it', async (t) => {
  const looked: number[] = []
  const rules = lead_ids(500)
  const queues = new LeadQueues<number, TaskRequest>(rules, ({ index }) => looked.push(index))
  const request = NO_REQUEST
  const flows = new Flows<number, TaskRequest>(request, rules)
  const [first, second, third] = [A, B, A].map(
    (its, index) => new DeliveryTask<number>(1, its, request, index, flows.of(its))
  )
  if (!first || !second || !third) throw new Error('no tasks')
  for (const task of [first, second, third]) queues.add(task)
  t.strictSame(queues.take(), [first])
  second.settle(FAILED)
  queues.release(first)
  t.strictSame(queues.take(), [third])
  t.strictSame(looked, [0, 2])
})

test('a newer update can supersede a task only if all that wait for it come from the outbox', async (t) => {
  const task = (sequencing: TaskRequest['sequencing']) => {
    const request: TaskRequest = { caller: 'crm', source: 'crm', sequencing, taskSettled: () => {} }
    return new DeliveryTask<number>(
      1,
      A,
      request,
      3,
      new Flows<number, TaskRequest>(request, lead_ids(5)).of(A)
    )
  }
  const stored = (from: number) => task({ sequenceOf: (index) => from + index, isStored: true })
  const direct = task({ sequenceOf: () => 50, isStored: false })
  const unnumbered = task(undefined)
  t.equal(stored(10).supersededAfter, 13)
  t.equal(direct.supersededAfter, Number.POSITIVE_INFINITY)
  t.equal(unnumbered.supersededAfter, Number.POSITIVE_INFINITY)
  t.strictSame([stored(10).sequence, direct.sequence, unnumbered.sequence], [13, 50, undefined])

  const shared = stored(10)
  shared.coalesce(stored(20))
  t.equal(shared.supersededAfter, 23)
  shared.coalesce(unnumbered)
  t.equal(shared.supersededAfter, Number.POSITIVE_INFINITY)
  unnumbered.settleAlone(FAILED)
  t.equal(shared.supersededAfter, 23)
})
