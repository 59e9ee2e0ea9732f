import fc from 'fast-check'
import { test } from 'tap'
import type { Changes } from '../../src/leads/changes.ts'
import { type LeadChanges, type Plan, type PlanRules, planCalls } from '../../src/leads/plan.ts'

type Dialect = PlanRules['dialect']

function changes(params: Record<string, string>, single = false): Changes {
  const called = single ? 'update_lead' : 'batch_update_lead'
  const key = [called, ...Object.entries(params).map(([name, value]) => `${name}=${value}`)].join('\0')
  return { function: called, params, key, stored: params, warnings: [] }
}

/** A plan in short: the wave of each call, and its rows as `lead:status`. */
function outline({ calls }: Plan): [wave: number, ...rows: string[]][] {
  return calls.map((call) => [
    call.wave,
    ...call.rows.map(({ lead, changes }) => `${lead}:${Object.values(changes.params).join('')}`)
  ])
}

const A = changes({ status: 'A' })
const B = changes({ status: 'B' })
const lead_ids = (maxLeadsPerCall: number): PlanRules => ({ maxLeadsPerCall, dialect: 'lead_ids' })
const leads_data = (maxLeadsPerCall: number): PlanRules => ({ maxLeadsPerCall, dialect: 'leads_data' })

test('the same changes share a call, cut to size, in the order given', async (t) => {
  const rows = [1, 2, 3, 4, 5].map((lead) => ({ lead, changes: lead === 2 ? B : A }))
  t.strictSame(outline(planCalls(rows, lead_ids(2))), [
    [0, '1:A', '3:A'],
    [0, '2:B'],
    [0, '4:A', '5:A']
  ])
})

test('in leads_data different changes share a call too', async (t) => {
  const rows = [1, 2, 3, 4, 5].map((lead) => ({ lead, changes: lead === 2 ? B : A }))
  t.strictSame(outline(planCalls(rows, leads_data(3))), [
    [0, '1:A', '2:B', '3:A'],
    [0, '4:A', '5:A']
  ])
})

test('a lead that stands again, with other changes, goes into a later wave', async (t) => {
  const rows = [
    { lead: 1, changes: A },
    { lead: 1, changes: B },
    { lead: 2, changes: B },
    { lead: 1, changes: A }
  ]
  for (const rules of [lead_ids(10), leads_data(10)]) {
    const plan = planCalls(rows, rules)
    t.strictSame(
      plan.callOf.map((call) => call.wave),
      [0, 1, 0, 2]
    )
  }
})

test('a lead that stands again with the same changes is sent once', async (t) => {
  const rows = [
    { lead: 1, changes: A },
    { lead: 2, changes: A },
    { lead: 1, changes: changes({ status: 'A' }) }
  ]
  const plan = planCalls(rows, lead_ids(10))
  t.strictSame(outline(plan), [[0, '1:A', '2:A']])
  t.strictSame(plan.callOf, [plan.calls[0], plan.calls[0], plan.calls[0]])
})

test('update_lead is a call for each lead, in both dialects', async (t) => {
  const single = changes({ phone_number: '1' }, true)
  const rows = [1, 2, 3].map((lead) => ({ lead, changes: single }))
  for (const rules of [lead_ids(10), leads_data(10)])
    t.strictSame(outline(planCalls(rows, rules)), [
      [0, '1:1'],
      [0, '2:1'],
      [0, '3:1']
    ])
})

test('nothing is no call', async (t) => {
  t.strictSame(planCalls([], lead_ids(10)), { calls: [], callOf: [] })
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

test('every entry is carried by exactly one call, and no call by none', async (t) => {
  const carried = fc.property(planned, ({ entries, size, dialect }) => {
    const { calls, callOf } = planCalls(entries, { maxLeadsPerCall: size, dialect })
    if (callOf.length !== entries.length) throw new Error('an entry without a call')
    entries.forEach(({ lead, changes }, place) => {
      const call = callOf[place]
      const row = call?.rows.filter((row) => row.lead === lead)
      if (call === undefined || !calls.includes(call)) throw new Error('a call that is not in the plan')
      if (row?.length !== 1 || row[0]?.changes.key !== changes.key) throw new Error('not in its call, once')
    })
    const given = new Set(entries)
    for (const { rows } of calls) {
      if (rows.length === 0) throw new Error('a call without leads')
      if (!rows.every((row) => given.has(row))) throw new Error('a row that nobody asked for')
    }
  })
  t.doesNotThrow(() => fc.assert(carried, RUNS))
})

test('no call has a lead twice, more leads than allowed, or what it cannot carry', async (t) => {
  const sound = fc.property(planned, ({ entries, size, dialect }) => {
    for (const { function: called, rows } of planCalls(entries, { maxLeadsPerCall: size, dialect }).calls) {
      if (new Set(rows.map((row) => row.lead)).size !== rows.length) throw new Error('a lead twice')
      if (rows.length > size) throw new Error('too many leads')
      if (called === 'update_lead' && rows.length > 1) throw new Error('update_lead with several leads')
      if (rows.some((row) => row.changes.function !== called)) throw new Error('changes for another function')
      const sets = new Set(rows.map((row) => row.changes.key))
      if (dialect === 'lead_ids' && sets.size > 1) throw new Error('different changes in one lead_ids call')
    }
  })
  t.doesNotThrow(() => fc.assert(sound, RUNS))
})

test('in any order within a wave, the calls leave each lead as the entries in their order do', async (t) => {
  type Leads = Record<number, Record<string, string>>
  const set = (leads: Leads, { lead, changes }: LeadChanges) => {
    leads[lead] = { ...leads[lead], ...changes.params }
  }
  const inOrder = fc.property(planned, fc.infiniteStream(fc.nat()), ({ entries, size, dialect }, chance) => {
    const { calls } = planCalls(entries, { maxLeadsPerCall: size, dialect })
    const wanted: Leads = {}
    for (const entry of entries) set(wanted, entry)
    const waves = calls.map((call) => call.wave)
    if (waves.some((wave, place) => wave < (waves[place - 1] ?? 0))) throw new Error('waves out of order')
    const shuffled = calls
      .map((call) => ({ call, rank: chance.next().value as number }))
      .sort((a, b) => a.call.wave - b.call.wave || a.rank - b.rank)
    const made: Leads = {}
    for (const { call } of shuffled) for (const row of call.rows) set(made, row)
    const sorted = (leads: Leads) =>
      JSON.stringify(Object.entries(leads).map(([lead, values]) => [lead, Object.entries(values).sort()]))
    if (sorted(made) !== sorted(wanted)) throw new Error(`${sorted(made)} instead of ${sorted(wanted)}`)
  })
  t.doesNotThrow(() => fc.assert(inOrder, RUNS))
})

test('without a repeated lead the calls are as few as can be, all in the first wave', async (t) => {
  const fewest = fc.property(planned, ({ entries, size, dialect }) => {
    const once = entries.map(({ changes }, place) => ({ lead: place + 1, changes }))
    const { calls } = planCalls(once, { maxLeadsPerCall: size, dialect })
    const groups = Map.groupBy(once, ({ changes }) =>
      dialect === 'leads_data' ? changes.function : changes.key
    )
    const least = [...groups.values()].reduce((sum, rows) => {
      const room = rows[0]?.changes.function === 'update_lead' ? 1 : size
      return sum + Math.ceil(rows.length / room)
    }, 0)
    return calls.length === least && calls.every((call) => call.wave === 0)
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
