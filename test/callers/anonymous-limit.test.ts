import { test } from 'tap'
import { AnonymousLimit } from '../../src/callers/anonymous-limit.ts'

function isTaken(limit: AnonymousLimit, address: string, points = 1): boolean {
  try {
    limit.take(address, points)
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'rate_limited') return false
    throw error
  }
}

test('each IPv4 address and each IPv6 /64 has its own points', async (t) => {
  const limit = new AnonymousLimit(1)
  const taken = (addresses: string[]) => addresses.map((address) => isTaken(limit, address))
  t.same(taken(['192.0.2.1', '192.0.2.2', '192.0.2.1']), [true, true, false])
  t.same(taken(['::ffff:192.0.2.1', '::ffff:192.0.2.3', '192.0.2.3']), [false, true, false])
  t.same(taken(['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::', '2001:db8:0:1::1']), [
    true,
    false,
    false,
    true
  ])
  t.same(taken(['unknown', '192.0.2.4:8080', '']), [true, false, false], 'what is no address is one')
})

test('points are taken whole; 0 is no limit', async (t) => {
  const limit = new AnonymousLimit(25)
  t.same(
    [10, 10, 10, 1].map((points) => isTaken(limit, '192.0.2.1', points)),
    [true, true, false, true]
  )
  const none = new AnonymousLimit(0)
  for (let n = 0; n < 1_000; n++) t.ok(isTaken(none, '192.0.2.1', 10))
})

test('a flood of addresses takes bounded memory, and pushes out the oldest first', async (t) => {
  const limit = new AnonymousLimit(1)
  const address = (n: number) => `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::1`
  for (let n = 0; n < 50_000; n++) limit.take(address(n), 1)
  t.equal(isTaken(limit, address(0)), false)
  limit.take(address(50_000), 1)
  t.same([isTaken(limit, address(2)), isTaken(limit, address(0))], [false, true])
})
