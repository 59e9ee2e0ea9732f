import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import { PendingUpdates } from '../../../src/outbox/postgres/pending/pending-updates.ts'

interface Known {
  readonly id: number
  readonly account: string
  readonly lead: string
  dueAt: number
  isInFlight: boolean
}

/** The same as a list, which is searched for everything. */
class List {
  updates: Known[] = []

  find(id: number): Known | undefined {
    return this.updates.find((one) => one.id === id)
  }

  /** Updates of an account that can be claimed once they are due, longest due first. */
  claimable(account: string): Known[] {
    const busy = new Set(this.updates.filter(({ isInFlight }) => isInFlight).map(({ lead }) => lead))
    return this.updates
      .filter((one) => one.account === account && !busy.has(one.lead) && this.#isFirst(one))
      .toSorted((a, b) => a.dueAt - b.dueAt || a.id - b.id)
  }

  /** Updates of the same lead and account after one. */
  after({ id, lead, account }: Known): Known[] {
    return this.updates
      .filter((one) => one.lead === lead && one.account === account && one.id > id)
      .toSorted((a, b) => a.id - b.id)
  }

  #isFirst({ id, lead, account }: Known): boolean {
    return this.updates.every((one) => one.lead !== lead || one.account !== account || one.id >= id)
  }
}

const ACCOUNTS = ['default', 'sales']
const account = fc.constantFrom(...ACCOUNTS)
const dueAt = fc.nat(5)
const which = fc.nat(100)
const is = <T extends string>(step: T) => fc.constant(step)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: is('add'),
      id: fc.integer({ min: 1, max: 60 }),
      account,
      lead: fc.constantFrom('lead_id:1', 'lead_id:2', 'vendor_lead_code:1'),
      dueAt
    })
  },
  { weight: 4, arbitrary: fc.record({ do: is('take'), account, limit: fc.nat(3), now: dueAt }) },
  { weight: 2, arbitrary: fc.record({ do: is('take one'), which }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: is('release'), which, dueAt: fc.option(dueAt, { nil: undefined }) })
  },
  { weight: 4, arbitrary: fc.record({ do: is('end'), which }) }
)

test('of each lead the oldest update is claimed, one at a time, in any order of events', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const pending = new PendingUpdates()
      const list = new List()
      for (const one of steps) {
        if (one.do === 'add') {
          const { do: _, ...update } = one
          const isNew = list.find(update.id) === undefined
          assert.equal(pending.add(update), isNew)
          if (isNew) list.updates.push({ ...update, isInFlight: false })
        } else if (one.do === 'take') {
          const due = list.claimable(one.account).filter((update) => update.dueAt <= one.now)
          const taken = due.slice(0, one.limit)
          assert.deepEqual(
            pending.take(one.account, one.limit, one.now),
            taken.map(({ id }) => id)
          )
          for (const update of taken) update.isInFlight = true
        } else {
          const update = list.updates[one.which % list.updates.length]
          if (update === undefined) continue
          if (one.do === 'end') {
            pending.end(update.id)
            list.updates = list.updates.filter(({ id }) => id !== update.id)
          } else if (one.do === 'take one') {
            pending.takeById(update.id)
            update.isInFlight = true
          } else {
            pending.release(update.id, one.dueAt)
            if (update.isInFlight) update.dueAt = one.dueAt ?? update.dueAt
            update.isInFlight = false
          }
        }
        check(pending, list)
      }
    }),
    { numRuns: 300 }
  )
})

function check(pending: PendingUpdates, list: List): void {
  assert.equal(pending.size, list.updates.length)
  assert.equal(pending.oldestId, list.updates[0]?.id)
  for (const name of ACCOUNTS) {
    const ofAccount = list.updates.filter((one) => one.account === name)
    assert.equal(pending.byAccount.get(name) ?? 0, ofAccount.length)
    assert.equal(pending.nextDueAt(name), list.claimable(name)[0]?.dueAt)
  }
  for (const update of list.updates) {
    const after = list.after(update).map(({ id }) => id)
    assert.deepEqual(pending.after(update.id, 100), after)
    assert.deepEqual(pending.after(update.id, 1), after.slice(0, 1))
  }
  assert.equal(pending.has(0), false)
}
