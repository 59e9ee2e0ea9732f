import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { test } from 'tap'
import { ConnectionTable } from '../../src/http/connection-table.ts'

class FakeConnection extends EventEmitter {
  readonly remoteAddress: string

  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }
}

function tableOf(maxConnections: number, trustProxy: string[] | false = false) {
  return new ConnectionTable<FakeConnection>({ maxConnections, trustProxy })
}

/** Adds a connection of this address, and closes the one that makes room for it. */
function connect(table: ConnectionTable<FakeConnection>, address: string) {
  const connection = new FakeConnection(address)
  const evicted = table.add(connection)
  evicted?.emit('close')
  return { connection, evicted }
}

/** Addresses of as many strangers. */
const addresses = (count: number) => Array.from({ length: count }, (_, n) => `192.0.2.${n}`)

test('an address has a quarter of all connections; beyond it its own oldest makes room', (t) => {
  const table = tableOf(12)
  const [first, second] = [connect(table, '192.0.2.1'), connect(table, '192.0.2.1')]
  const other = connect(table, '192.0.2.2')
  connect(table, '192.0.2.1')
  t.equal(connect(table, '192.0.2.1').evicted, first.connection)
  table.trust(other.connection)
  t.equal(connect(table, '192.0.2.1').evicted, second.connection)
  t.equal(table.all.size, 4)
  t.end()
})

test('an IPv6 address counts with its network', (t) => {
  const table = tableOf(4)
  const { connection } = connect(table, '2001:db8::1')
  t.equal(connect(table, '2001:db8::2').evicted, connection)
  t.equal(connect(table, '2001:db8:0:1::2').evicted, undefined)
  t.end()
})

test('where somebody has proved to be the sender, a connection counts for no address, and stays', (t) => {
  const table = tableOf(4)
  // An address may have one connection of a stranger.
  for (let n = 0; n < 3; n++) {
    const { connection, evicted } = connect(table, '192.0.2.1')
    t.equal(evicted, undefined)
    table.trust(connection)
  }
  let last = connect(table, '192.0.2.1')
  t.equal(last.evicted, undefined)
  for (const address of [...addresses(20), '192.0.2.1']) {
    const next = connect(table, address)
    t.equal(next.evicted, last.connection)
    last = next
  }
  t.equal(table.all.size, 4)
  t.end()
})

test('when all are in use, the oldest of a stranger makes room', (t) => {
  const table = tableOf(8)
  const [trusted, ...rest] = addresses(8).map((address) => connect(table, address).connection)
  if (trusted) table.trust(trusted)
  const evicted = addresses(9).map((address) => connect(table, address.replace('192', '198')).evicted)
  t.same(evicted.slice(0, 7), rest)
  t.equal(table.all.size, 8)
  t.end()
})

test('when all are in use by known senders, eight more are there for health checks', (t) => {
  const table = tableOf(4)
  const known = addresses(4).map((address) => connect(table, address).connection)
  for (const connection of known) table.trust(connection)
  const more = addresses(8).map((address) => connect(table, address))
  for (const { connection, evicted } of more) {
    t.equal(evicted, undefined)
    t.ok(table.isReserve(connection))
  }
  t.equal(connect(table, '198.51.100.1').evicted, more[0]?.connection)
  known[0]?.emit('close')
  t.notOk(more[1] && table.isReserve(more[1].connection), 'the oldest takes the place of one that closed')
  t.ok(more[2] && table.isReserve(more[2].connection))
  t.end()
})

test("connections of trusted proxies are not strangers'", (t) => {
  const table = tableOf(4, ['10.0.0.0/8'])
  const proxies = Array.from({ length: 4 }, () => connect(table, '::ffff:10.0.0.1'))
  for (const { evicted } of proxies) t.equal(evicted, undefined)
  const { connection, evicted } = connect(table, '192.0.2.1')
  t.equal(evicted, undefined)
  t.ok(table.isReserve(connection))
  t.end()
})

test('a new connection always gets in, known senders stay, and the limits hold', (t) => {
  const step = fc.record({
    kind: fc.constantFrom('connect', 'connect', 'trust', 'trust', 'close'),
    which: fc.nat(30),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', '10.0.0.1')
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.constantFrom(3, 6), (steps, max) => {
      const table = tableOf(max, ['10.0.0.0/8'])
      const open: FakeConnection[] = []
      const trusted = new Set<FakeConnection>()
      for (const { kind, which, address } of steps) {
        const chosen = open[which % Math.max(open.length, 1)]
        if (kind === 'trust' && chosen && !table.isReserve(chosen)) {
          table.trust(chosen)
          trusted.add(chosen)
        } else if (kind === 'close' && chosen) {
          open.splice(open.indexOf(chosen), 1)
          chosen.emit('close')
        } else if (kind === 'connect') {
          const { connection, evicted } = connect(table, address)
          if (evicted === connection || (evicted && trusted.has(evicted))) return false
          open.push(connection)
          if (evicted) open.splice(open.indexOf(evicted), 1)
          const strangers = open.filter((one) => one.remoteAddress === address && !trusted.has(one))
          if (address !== '10.0.0.1' && strangers.length > Math.ceil(max / 4)) return false
        }
        if (table.all.size !== open.length || open.length > max + 8) return false
        if (open.filter((one) => !table.isReserve(one)).length > max) return false
      }
      return true
    })
  )
  t.end()
})
