import fc from 'fast-check'
import { test } from 'tap'
import { planCalls } from '../../src/delivery/plan.ts'
import type { Outcome } from '../../src/delivery/outcome.ts'
import { type CallRules, Flows, type Owner, DeliveryTask } from '../../src/delivery/delivery-task.ts'
import { LeadQueues } from '../../src/delivery/lead-queues.ts'
import type { Changes } from '../../src/leads/changes.ts'
import type { Call, LeadChanges } from '../../src/vicidial/wire.ts'

type Dialect = CallRules['dialect']

function changes(params: Record<string, string>, single = false): Changes {
  const called = single ? 'update_lead' : 'batch_update_lead'
  const key = [called, ...Object.entries(params).map(([name, value]) => `${name}=${value}`)].join('\0')
  return { function: called, params, key, stored: params, warnings: [] }
}

/** Calls in short: the rows of each as `lead:values`. */
function outline(calls: readonly Call[]): string[][] {
  return calls.map(({ leads }) =>
    leads.map(({ lead, changes }) => `${lead}:${Object.values(changes.params).join('')}`)
  )
}

const A = changes({ status: 'A' })
const B = changes({ status: 'B' })
const lead_ids = (maxLeadsPerCall: number): CallRules => ({ maxLeadsPerCall, dialect: 'lead_ids' })
const leads_data = (maxLeadsPerCall: number): CallRules => ({ maxLeadsPerCall, dialect: 'leads_data' })

test('the same changes share a call, cut to size, in the order given', async (t) => {
  const rows = [1, 2, 3, 4, 5].map((lead) => ({ lead, changes: lead === 2 ? B : A }))
  t.strictSame(outline(planCalls(rows, lead_ids(2))), [['1:A', '3:A'], ['4:A', '5:A'], ['2:B']])
})

test('in leads_data different changes share a call too', async (t) => {
  const rows = [1, 2, 3, 4, 5].map((lead) => ({ lead, changes: lead === 2 ? B : A }))
  t.strictSame(outline(planCalls(rows, leads_data(3))), [
    ['1:A', '2:B', '3:A'],
    ['4:A', '5:A']
  ])
})

test('a lead that stands again, with other changes, goes into a later call', async (t) => {
  const rows = [
    { lead: 1, changes: A },
    { lead: 1, changes: B },
    { lead: 2, changes: B },
    { lead: 1, changes: A }
  ]
  t.strictSame(outline(planCalls(rows, lead_ids(10))), [['1:A'], ['2:B', '1:B'], ['1:A']])
  t.strictSame(outline(planCalls(rows, leads_data(10))), [['1:A', '2:B'], ['1:B'], ['1:A']])
})

test('a lead that stands again with the same changes is sent once', async (t) => {
  const rows = [
    { lead: 1, changes: A },
    { lead: 2, changes: A },
    { lead: 1, changes: changes({ status: 'A' }) }
  ]
  t.strictSame(outline(planCalls(rows, lead_ids(10))), [['1:A', '2:A']])
})

test('update_lead is a call for each lead, in both dialects', async (t) => {
  const single = changes({ phone_number: '1' }, true)
  const rows = [1, 2, 3].map((lead) => ({ lead, changes: single }))
  for (const rules of [lead_ids(10), leads_data(10)])
    t.strictSame(outline(planCalls(rows, rules)), [['1:1'], ['2:1'], ['3:1']])
})

/** Three equal rows of one lead that wait; and how often the first has been told of an outcome. */
function equalRows() {
  const settled: number[] = []
  const request: Owner = { caller: 'crm', source: 'crm', taskSettled: (place) => settled.push(place) }
  const rules = lead_ids(10)
  const waiting = new LeadQueues<number, Owner>(rules)
  const lots = new Flows<number, Owner>(request, rules)
  const rows = [0, 1, 2].map((place) => new DeliveryTask(1, A, request, place, lots.of(A)))
  for (const row of rows) waiting.admit(row)
  const [first, second, third] = rows
  if (!first || !second || !third) throw new Error('no rows')
  return { waiting, first, second, third, settled }
}
const FAILED: Outcome = { status: 'failed', warnings: [] }

test('what several wait for goes out as long as one of them does, and not for nobody', async (t) => {
  const one = equalRows()
  one.first.end(FAILED)
  one.second.end(FAILED)
  t.equal(one.waiting.take()[0], one.first, 'the third still waits')
  const none = equalRows()
  for (const row of [none.first, none.second, none.third]) row.end(FAILED)
  t.strictSame(none.waiting.take(), [])
})

test('who has an outcome keeps it, and is told of no other', async (t) => {
  const { first, second, third, settled } = equalRows()
  second.end(FAILED)
  const updated: Outcome = { status: 'updated', warnings: [] }
  first.settle(updated)
  first.settle(FAILED)
  t.strictSame([first.outcome, second.outcome, third.outcome], [updated, FAILED, updated])
  t.strictSame(settled, [1, 0, 2])
})

test('nothing is no call', async (t) => {
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

/** What each lead gets, in order, the same twice in a row being the same as once. */
function perLead(entries: readonly LeadChanges[]): Map<number, string[]> {
  const made = new Map<number, string[]>()
  for (const { lead, changes } of entries) {
    const keys = made.get(lead) ?? []
    if (keys.at(-1) !== changes.key) keys.push(changes.key)
    made.set(lead, keys)
  }
  return made
}

test('each lead gets what its entries ask for, all of it, in their order, and nothing else', async (t) => {
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

test('no call is empty, has a lead twice, more leads than allowed, or what it cannot carry', async (t) => {
  const sound = fc.property(planned, ({ entries, size, dialect }) => {
    for (const { function: called, leads } of planCalls(entries, { maxLeadsPerCall: size, dialect })) {
      if (leads.length === 0) throw new Error('a call without leads')
      if (new Set(leads.map((row) => row.lead)).size !== leads.length) throw new Error('a lead twice')
      if (leads.length > size) throw new Error('too many leads')
      if (called === 'update_lead' && leads.length > 1) throw new Error('update_lead with several leads')
      if (leads.some((row) => row.changes.function !== called))
        throw new Error('changes for another function')
      const sets = new Set(leads.map((row) => row.changes.key))
      if (dialect === 'lead_ids' && sets.size > 1) throw new Error('different changes in one lead_ids call')
    }
  })
  t.doesNotThrow(() => fc.assert(sound, RUNS))
})

test('without a repeated lead the calls are as few as can be', async (t) => {
  const fewest = fc.property(planned, ({ entries, size, dialect }) => {
    const once = entries.map(({ changes }, place) => ({ lead: place + 1, changes }))
    const calls = planCalls(once, { maxLeadsPerCall: size, dialect })
    const groups = Map.groupBy(once, ({ changes }) =>
      dialect === 'leads_data' ? changes.function : changes.key
    )
    const least = [...groups.values()].reduce((sum, rows) => {
      const room = rows[0]?.changes.function === 'update_lead' ? 1 : size
      return sum + Math.ceil(rows.length / room)
    }, 0)
    return calls.length === least
  })
  t.doesNotThrow(() => fc.assert(fewest, RUNS))
})

test('each entry is looked at a fixed number of times, however many there are', async (t) => {
  const looks = (count: number, leads: number): number => {
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
  t.equal(looks(20_000, 20_000), looks(1_000, 1_000))
  t.equal(looks(20_000, 10), looks(1_000, 10))
})
