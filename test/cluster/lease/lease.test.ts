import { test } from 'tap'
import { Lease, type LeaseOptions } from '../../../src/cluster/lease/lease.ts'
import type { OwnerState, TakenLease } from '../../../src/cluster/lease/lease-table.ts'
import { settled, stoppedClock } from '../../stopped-clock.ts'
import type { Tester } from '../../helper.ts'

const LEASE_MS = 5_000
const QUIET = { info: () => {}, warn: () => {} }

/** The row that leases share, as the database has it. Its clock is the test's. */
class SharedRow {
  term = 0
  gateway = ''
  expiresAt = 0
  isReleased = true
  waitMs = 0
  state: OwnerState = {}
  /** Gateways that cannot reach the database. */
  readonly cutOff = new Set<string>()

  /** The row as one gateway sees it. */
  of(gateway: string): LeaseOptions['table'] {
    const up = () => {
      if (this.cutOff.has(gateway)) throw new Error('the database cannot be reached')
    }
    return {
      look: async () => {
        up()
        const { term, expiresAt, state } = this
        return { term, gateway: this.gateway, leftMs: expiresAt - steady(), state }
      },
      take: async (leaseMs) => {
        up()
        if (this.expiresAt > steady()) return undefined
        const since = steady() - this.expiresAt
        const isFirst = this.term === 0
        const waitMs = isFirst ? 0 : Math.max(0, (this.isReleased ? 1_000 : this.waitMs) - since)
        const taken = { term: ++this.term, waitMs, isClean: this.isReleased, state: this.state }
        Object.assign(this, { gateway, expiresAt: steady() + leaseMs, isReleased: false })
        return taken
      },
      renew: async (term, { leaseMs, waitMs, state }) => {
        up()
        if (term !== this.term) return false
        Object.assign(this, { expiresAt: steady() + leaseMs, waitMs, state })
        return true
      },
      release: async (term, state) => {
        up()
        if (term === this.term) Object.assign(this, { expiresAt: steady(), isReleased: true, state })
      }
    }
  }
}

function steady(): number {
  return performance.now()
}

/** A gateway's lease on the row; `taken` and `lost` list what it was told. */
function leaseOf(t: Tester, row: SharedRow, gateway: string, options: Partial<LeaseOptions> = {}) {
  const taken: TakenLease[] = []
  const lost: number[] = []
  const lease = new Lease({
    table: row.of(gateway),
    leaseMs: LEASE_MS,
    renewMs: 1_000,
    callTimeoutMs: 10_000,
    state: () => ({}),
    onTaken: (one) => taken.push(one),
    onLost: async (term) => {
      lost.push(term)
    },
    onOwner: () => {},
    log: QUIET,
    ...options
  })
  t.teardown(() => lease.release())
  return { lease, taken, lost }
}

test('the first gateway may call at once, a second one not', async (t) => {
  stoppedClock(t)
  const row = new SharedRow()
  const first = leaseOf(t, row, 'a')
  const second = leaseOf(t, row, 'b')
  await first.lease.start()
  await second.lease.start()
  t.match([first.lease.term, first.lease.isHeld], [1, true])
  t.match([second.lease.term, second.lease.isHeld], [undefined, false])
})

test('after an owner that gave no word, the next one calls when no call of it can be under way', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const first = leaseOf(t, row, 'a')
  const second = leaseOf(t, row, 'b')
  await first.lease.start()
  await second.lease.start()
  const end = first.lease.begin()
  await clock.pass(1_500, 100)
  end()
  await clock.pass(1_000, 100)
  row.cutOff.add('a')
  const at = row.expiresAt
  await clock.pass(at - steady())
  t.notOk(first.lease.isHeld, 'the right ends with the lease, though the database cannot be asked')
  await clock.pass(2_950, 50)
  t.match([second.lease.term, second.lease.isHeld], [2, false], 'twice the slowest call is not over')
  await clock.pass(50)
  t.ok(second.lease.isHeld)
  row.cutOff.clear()
  await clock.pass(1_000)
  t.same([first.lost, first.lease.term], [[1], undefined])
})

test('the right ends a fifth of the lease before another gateway can have it', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const { lease } = leaseOf(t, row, 'a')
  await lease.start()
  row.cutOff.add('a')
  await clock.pass(3_999, 100)
  t.ok(lease.isHeld)
  await clock.pass(1)
  t.notOk(lease.isHeld)
  t.equal(row.expiresAt - steady(), 1_000)
})

test('the right ends too when only the clock of the system shows that time has passed', async (t) => {
  const clock = stoppedClock(t)
  const { lease } = leaseOf(t, new SharedRow(), 'a')
  await lease.start()
  clock.setAhead(4_001)
  t.notOk(lease.isHeld)
  await clock.pass(1_000)
  t.ok(lease.isHeld, 'a renewal gives it back')
})

test('an owner that comes back before anybody took its lease goes on with its term', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const { lease, lost, taken } = leaseOf(t, row, 'a')
  await lease.start()
  row.cutOff.add('a')
  await clock.pass(20_000, 1_000)
  t.notOk(lease.isHeld)
  row.cutOff.clear()
  await clock.pass(1_000)
  t.match([lease.isHeld, lease.term], [true, 1])
  t.same([lost, taken.length], [[], 1])
})

test('a released lease is taken within a second, and calls begin one second after the release', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const first = leaseOf(t, row, 'a')
  const second = leaseOf(t, row, 'b')
  await first.lease.start()
  await second.lease.start()
  await clock.pass(2_500, 100)
  await first.lease.release()
  await clock.pass(950, 50)
  t.match([second.lease.term, second.lease.isHeld], [2, false])
  await clock.pass(50)
  t.ok(second.lease.isHeld)
  t.match(second.taken, [{ term: 2, isClean: true }])
})

test('a lease is given back only when the last call has ended, and no call begins before', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const { lease } = leaseOf(t, row, 'a')
  await lease.start()
  const end = lease.begin()
  const released = lease.release()
  await clock.pass(7_000, 500)
  t.notOk(lease.isHeld)
  t.notOk(row.isReleased)
  t.ok(row.expiresAt > steady(), 'it is renewed meanwhile')
  end()
  await released
  t.ok(row.isReleased)
  await clock.pass(2_000, 500)
  t.equal(row.term, 1, 'it is not taken again')
})

test('an owner that lost its term takes the lease again only when its last call has ended', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const first = leaseOf(t, row, 'a')
  await first.lease.start()
  const end = first.lease.begin()
  Object.assign(row, { term: 2, gateway: 'b', expiresAt: steady() + 500 })
  await clock.pass(5_000, 500)
  t.same(first.lost, [1])
  t.equal(first.lease.term, undefined)
  end()
  await clock.pass(1_000)
  t.equal(first.lease.term, 3)
})

test('a gateway that ends what it did as the owner takes the lease only after that', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const ended = Promise.withResolvers<void>()
  const { lease } = leaseOf(t, row, 'a', { onLost: () => ended.promise })
  await lease.start()
  Object.assign(row, { term: 2, gateway: 'b', expiresAt: steady() + 500 })
  await clock.pass(5_000, 500)
  t.equal(lease.term, undefined)
  ended.resolve()
  await settled()
  await clock.pass(1_000)
  t.equal(lease.term, 3)
})

test('a call that ends after the right to make it does not count as slow', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  const { lease } = leaseOf(t, row, 'a')
  await lease.start()
  const end = lease.begin()
  await clock.pass(100)
  row.cutOff.add('a')
  await clock.pass(9_000, 500)
  end()
  row.cutOff.clear()
  await clock.pass(2_000, 500)
  t.ok(lease.isHeld)
  t.equal(row.waitMs, 1_000, 'the next owner waits no longer than usual')
})

test('what the owner knows goes to the next one', async (t) => {
  const clock = stoppedClock(t)
  const row = new SharedRow()
  let build = '250720-1841'
  const first = leaseOf(t, row, 'a', { state: () => ({ build }) })
  const second = leaseOf(t, row, 'b')
  await first.lease.start()
  await second.lease.start()
  await clock.pass(1_000)
  build = '260101-0000'
  await first.lease.release()
  await clock.pass(1_000)
  t.match(second.taken, [{ state: { build: '260101-0000' } }])
})
