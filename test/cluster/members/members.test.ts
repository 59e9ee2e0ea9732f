import { randomUUID } from 'node:crypto'
import { test } from 'tap'
import { type Member, MemberTable } from '../../../src/cluster/members/member-table.ts'
import { Members } from '../../../src/cluster/members/members.ts'
import { migrate } from '../../../src/outbox/postgres/database/migrate.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool } from '../../postgres.ts'
import { until } from '../../until.ts'

const A: Member = {
  gateway: 'a',
  address: 'http://a:3001',
  version: '0.1.0',
  protocol: 2,
  oldestProtocol: 2,
  schema: 2,
  fingerprint: 'one',
  accounts: ['default']
}
const B: Member = { ...A, gateway: 'b', address: 'http://b:3001' }

/** A database with members. A gateway of this test looks at them every few milliseconds. */
async function memberTable(t: Tester) {
  const pool = newPool(t, await newDatabase())
  await migrate(pool)
  const logged: { level: string; message: string; gateway?: string }[] = []
  const changes: number[] = []
  const table = (run = randomUUID() as string) => new MemberTable(pool, run)
  /** Adds a gateway that stays alive, however slow the machine is. */
  const add = async (member: Member, run = randomUUID() as string) => {
    await table(run).join(member, 0)
    await seen(member.gateway, '1 hour')
    return run
  }
  /** Moves the time at which a gateway was last seen. */
  const seen = (gateway: string, fromNow: string) =>
    pool.query('UPDATE members SET seen_at = clock_timestamp() + $2::interval WHERE gateway = $1', [
      gateway,
      fromNow
    ])
  const members = (self: () => Member) => {
    const note = (level: string) => (more: object, message: string) =>
      void logged.push({ level, message, ...more })
    const created = new Members({
      table: table(),
      self,
      goneMs: 50,
      everyMs: 10,
      onChange: () => void changes.push(1),
      log: { info: note('info'), warn: note('warn'), error: note('error') }
    })
    t.teardown(() => created.leave())
    return created
  }
  const names = async () => (await table().list()).map(({ gateway }) => gateway)
  return { pool, table, add, seen, members, names, logged, changes }
}

test('a gateway joins, is seen by the others as it is, and leaves', async (t) => {
  const { add, members, names, table } = await memberTable(t)
  const run = await add(B)
  const a = members(() => A)
  t.same(await a.join(), [])
  t.match(await table().list(), [
    { ...A, run: /^[\da-f-]{36}$/, startedAt: Number },
    { ...B, run, startedAt: Number }
  ])
  t.ok(a.present.some(({ gateway }) => gateway === 'b'))
  t.same(a.peer('b'), { address: 'http://b:3001', run })
  t.equal(a.peer('c'), undefined)
  await a.leave()
  t.same(await names(), ['b'])
})

test('of two gateways of one name the second does not join', async (t) => {
  const { add, members, table } = await memberTable(t)
  const run = await add({ ...A, address: 'http://elsewhere:3001' })
  t.same(await members(() => A).join(), [
    'Another gateway with the name a is running (http://elsewhere:3001): give each its own CLUSTER_NAME.'
  ])
  t.match(await table().list(), [{ gateway: 'a', run, address: 'http://elsewhere:3001' }])
})

test('a gateway that ended without a word is replaced once it was not seen for a while', async (t) => {
  const { add, seen, members, table } = await memberTable(t)
  const run = await add({ ...A, fingerprint: 'before', accounts: ['old'] })
  await seen('a', '0')
  t.same(await members(() => A).join(), [])
  const [row] = await table().list()
  t.match(row, A)
  t.not(row?.run, run)
})

test('others see that a gateway ended without a word, and show it for a day', async (t) => {
  const { add, seen, members, names, logged, changes } = await memberTable(t)
  await add(B)
  await add({ ...B, gateway: 'long gone' })
  await seen('long gone', '-25 hours')
  const a = members(() => A)
  t.same(await a.join(), [])
  t.same(await names(), ['a', 'b'])
  const { length } = changes
  await seen('b', '-1 hour')
  await until('b is gone', () => logged.some(({ message }) => message === 'gateway is gone'))
  t.match(
    logged.filter(({ gateway }) => gateway === 'b'),
    [
      { level: 'info', message: 'gateway joined' },
      { level: 'warn', message: 'gateway is gone' }
    ]
  )
  t.ok(changes.length > length)
  const gone = a.all.find(({ gateway }) => gateway === 'b')
  t.equal(gone?.isPresent, false)
  t.ok((gone?.seenMsAgo ?? 0) >= 3_600_000)
  t.notOk(a.present.some(({ gateway }) => gateway === 'b'))
})

test('a gateway without an address has to be alone', async (t) => {
  const { add, members, names } = await memberTable(t)
  await add(B)
  await add({ ...B, gateway: 'c' })
  t.same(await members(() => ({ ...A, address: undefined })).join(), [
    'Other gateways use this database (b, c): set CLUSTER_URL to the address at which they reach this one.'
  ])
  t.same(await names(), ['b', 'c'])
})

test('gateways that would not understand each other do not work together, and every fault is named', async (t) => {
  const { add, members, names } = await memberTable(t)
  await add({ ...B, gateway: 'newer', version: '3.0.0', protocol: 4, oldestProtocol: 3 })
  await add({ ...B, gateway: 'older', version: '0.0.1', protocol: 1, oldestProtocol: 1 })
  await add({ ...B, gateway: 'next', version: '2.0.0', protocol: 3, oldestProtocol: 2 })
  t.same(await members(() => ({ ...A, address: undefined })).join(), [
    'Other gateways use this database (newer, next, older): set CLUSTER_URL to the address at which they reach this one.',
    'The gateway newer (version 3.0.0) speaks to others in a way that version 0.1.0 does not know: start a newer version.',
    'The gateway older (version 0.0.1) speaks to others in a way that version 0.1.0 does not know: stop it, or upgrade over a version that both of them understand.'
  ])
  t.same(await names(), ['newer', 'next', 'older'])
})

test('nothing is sent to a gateway that came later and would not understand it', async (t) => {
  const { add, members, logged } = await memberTable(t)
  const a = members(() => A)
  t.same(await a.join(), [])
  await add({ ...B, protocol: 4, oldestProtocol: 3 })
  await add({ ...B, gateway: 'next', protocol: 3, oldestProtocol: 2 })
  const said = () =>
    logged.filter(
      ({ message }) => message === 'another gateway of the cluster is too new or too old to work with'
    )
  await until('it says so', () => said().length > 0)
  t.match(said(), [{ level: 'warn', gateway: 'b' }])
  t.equal(a.peer('b'), undefined)
  t.ok(a.peer('next'))
})

test('a different configuration is noticed, also after a reload', async (t) => {
  const { add, members, logged, table } = await memberTable(t)
  await add(B)
  await add({ ...B, gateway: 'other', fingerprint: 'two' })
  let fingerprint = 'one'
  const a = members(() => ({ ...A, fingerprint }))
  t.same(await a.join(), [])
  const different = () =>
    logged.flatMap(({ message, gateway }) => (message.includes('different configuration') ? [gateway] : []))
  t.same(different(), ['other'])
  fingerprint = 'two'
  await until('b differs', () => different().length > 1)
  t.same(different(), ['other', 'b'])
  t.equal((await table().list()).find(({ gateway }) => gateway === 'a')?.fingerprint, 'two')
})

test('an account is known while a live member has it', async (t) => {
  const { add, seen, members } = await memberTable(t)
  await add({ ...B, accounts: ['default', 'sales'] })
  await add({ ...B, gateway: 'gone', accounts: ['removed'] })
  await seen('gone', '-1 hour')
  const a = members(() => ({ ...A, accounts: ['default', 'own'] }))
  t.same(await a.join(), [])
  t.same([...a.accounts].toSorted(), ['default', 'own', 'sales'])
  await seen('b', '-1 hour')
  await until('sales is unknown', () => !a.accounts.has('sales'))
  t.same([...a.accounts].toSorted(), ['default', 'own'])
})

test('a gateway whose name another one has taken over says so once, and comes back', async (t) => {
  const { pool, members, logged } = await memberTable(t)
  const a = members(() => A)
  t.same(await a.join(), [])
  const taken = randomUUID()
  await pool.query("UPDATE members SET run = $1, seen_at = clock_timestamp() + interval '1 hour'", [taken])
  await until('it is noticed', () => logged.some(({ level }) => level === 'error'))
  await pool.query("UPDATE members SET seen_at = 'epoch'")
  await until('it is back', async () => (await pool.query('SELECT run FROM members')).rows[0].run !== taken)
  t.match(
    logged.filter(({ level }) => level === 'error'),
    [{ gateway: 'a', message: 'another gateway has the name of this one' }]
  )
  t.equal(logged.filter(({ level }) => level === 'error').length, 1)
})
