import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { StorageError } from '../../../src/errors.ts'
import type { Outbox } from '../../../src/outbox/outbox.ts'
import { COUNTED_MS } from '../../../src/outbox/result-counts.ts'
import { PostgresOutbox } from '../../../src/outbox/postgres/postgres-outbox.ts'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { migrateOutbox } from '../../../src/tools/migrate/migrate.ts'
import { NotMigrated } from '../../../src/tools/migrate/not-migrated.ts'
import { dataDir, type Tester } from '../../helper.ts'
import {
  dead,
  done,
  idempotencyRecord,
  jobId,
  missing,
  newJob,
  nextSequence,
  replayAs,
  sets,
  settleNext,
  waiting
} from '../../outbox/jobs.ts'
import { newDatabase, newPool } from '../../postgres.ts'

const LATER = 1_000_000
const HISTORY = { entries: true, values: true }
/** More than are copied at once. */
const MANY = 6_000
const NOTHING = () => {}

/** The data directory of a gateway that stored all kinds of things, and has ended. */
async function sqlite(t: Tester): Promise<string> {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory, { history: HISTORY })
  const rejected = [{ index: 1, status: 'rejected' as const }]
  await outbox.jobs.accept(newJob(1, [sets('A', 1)], { rejected, keyId: '0a1b2c3d' }))
  await outbox.jobs.accept(newJob(2, [sets('B', 2), sets('B', 2), sets('C', { vendor_lead_code: 'x' })]))
  await settleNext(outbox, done)
  await settleNext(outbox, dead)
  await settleNext(outbox, missing)
  const attempt = { number: 1, at: 30, status: 'failed', code: 'upstream_error', said: 'NO' } as const
  await settleNext(outbox, (claimed) => ({ ...waiting(claimed, 40), attempt }))
  await outbox.resultCounts.add([{ at: COUNTED_MS, status: 'updated', code: '', count: 7 }])
  await outbox.jobs.accept(newJob(3, [sets('D', 3)], { account: 'sales', records: [idempotencyRecord()] }))
  await settleNext(outbox, dead).catch(NOTHING)
  await outbox.jobs.replay({ limit: 1 }, replayAs(4))
  await outbox.queue.supersede([{ lead: 'lead_id:2', fields: ['status'] }], await nextSequence(outbox))
  await outbox.jobs.noteHour(1, 10)
  const leads = Array.from({ length: MANY }, (_, n) => sets('E', 1 + (n % 500)))
  await outbox.jobs.accept(newJob(5, leads, { caller: 'web', requestId: 'a\0b' }))
  await outbox.jobs.cancel(jobId(3), 5)
  await outbox.close()
  return directory
}

/** Everything that an outbox tells of what it has, as JSON; the claims at the end change it. */
async function contents(outbox: Outbox): Promise<Record<string, string>> {
  const { jobs, history, idempotency, queue } = outbox
  const list = await jobs.list({ limit: 100 })
  const found = {
    list,
    results: await Promise.all(list.map(({ id }) => jobs.results(id))),
    attempts: await Promise.all(list.map(({ id }) => jobs.attempts(id, { from: 0, limit: 100 }))),
    counts: await outbox.resultCounts.since(0, COUNTED_MS),
    letters: await jobs.deadLetters({ limit: 100 }),
    history: await history.list({ limit: 10_000 }),
    record: await idempotency.find('crm', 'key-1', 0),
    hours: await jobs.lastHours(10),
    size: queue.size,
    pending: Object.fromEntries([...queue.pendingByAccount].sort()),
    oldest: queue.oldestPendingAt,
    next: await queue.nextSequence(),
    leads: (await outbox.updatedLeads(10)).toSorted()
  }
  const claims = [await queue.claim('default', 10_000, LATER), await queue.claim('sales', 10, LATER)]
  return Object.fromEntries(
    Object.entries({ ...found, claims }).map(([name, value]) => [name, JSON.stringify(value)])
  )
}

/** What a gateway finds in a data directory, of which it changes nothing. */
async function contentsOf(directory: string) {
  const outbox = new SqliteOutbox(directory, { history: HISTORY })
  const found = await contents(outbox)
  await outbox.close()
  return found
}

test('everything is copied, and a new gateway goes on with it', async (t) => {
  const directory = await sqlite(t)
  const before = await contentsOf(directory)
  const url = await newDatabase()
  const { counts, setAside, file } = await migrateOutbox({
    from: directory,
    to: { url },
    onProgress: NOTHING
  })
  t.same(Object.fromEntries(counts), {
    jobs: 5,
    'pending updates of jobs': MANY + 1,
    'pending updates': MANY + 1,
    'dead letters': 1,
    'ended updates': 5,
    'sequence numbers': counts.get('sequence numbers'),
    'noted writes': 1,
    'idempotency records': 1,
    'history entries': 5,
    'running hours': 1,
    attempts: 1,
    'counted results': 7
  })
  t.equal(setAside, 0)
  t.equal(file, join(directory, 'gateway.db.migrated'))
  t.same(
    ['gateway.db', 'gateway.db-wal', 'gateway.db.migrated'].map((name) => existsSync(join(directory, name))),
    [false, false, true]
  )

  const outbox = await PostgresOutbox.open({ url, history: HISTORY })
  t.teardown(() => outbox.close())
  await newPool(t, url).query("UPDATE owner SET term = 1, gateway = 'one'")
  await outbox.queue.take({ gateway: 'one', term: 1 })
  const after = await contents(outbox)
  for (const name in before) t.equal(after[name], before[name]?.replaceAll('a\\u0000b', 'a\uFFFDb'), name)
  await outbox.jobs.accept(newJob(6, [sets('F', 9_999)]))
  const [newest] = await outbox.jobs.list({ limit: 1 })
  t.equal(newest?.id, jobId(6))
})

test('an interrupted copy goes on where it was, and no gateway starts with it before', async (t) => {
  const directory = await sqlite(t)
  const before = await contentsOf(directory)
  const url = await newDatabase()
  const progress: string[] = []
  const interrupted = new Error('interrupted')
  const onProgress = (table: string, rows: number) => {
    progress.push(`${table} ${rows}`)
    if (progress.length === 2) throw interrupted
  }
  await t.rejects(migrateOutbox({ from: directory, to: { url }, onProgress }), interrupted)
  t.same(progress, ['jobs 5', 'updates 5000'])
  await t.rejects(
    PostgresOutbox.open({ url }),
    new StorageError(
      'The database has only part of a copy from SQLite: run vicidial-gateway migrate again, which continues it.'
    )
  )
  t.same(await contentsOf(directory), before, 'nothing was changed in SQLite')

  await migrateOutbox({ from: directory, to: { url }, onProgress })
  t.same(progress.slice(2, 3), [`updates ${MANY + 7 - 5_000}`])
  const outbox = await PostgresOutbox.open({ url })
  t.equal(JSON.stringify(await outbox.jobs.list({ limit: 100 })), before['list'])
  await outbox.close()
})

test('a database that a gateway has changed since is not copied on', async (t) => {
  const directory = await sqlite(t)
  const url = await newDatabase()
  const onProgress = () => {
    throw new Error('interrupted')
  }
  await t.rejects(migrateOutbox({ from: directory, to: { url }, onProgress }), { message: 'interrupted' })
  const outbox = new SqliteOutbox(directory)
  await settleNext(outbox, done)
  await outbox.close()
  await t.rejects(
    migrateOutbox({ from: directory, to: { url }, onProgress: NOTHING }),
    new NotMigrated(
      'The database has part of a copy of another database, or of this one before a gateway changed it: empty it first.'
    )
  )
})

test('databases that are in use, not there or not empty are refused, and nothing is changed', async (t) => {
  const directory = await sqlite(t)
  const url = await newDatabase()
  const refusal = async (from: string, to: string) => {
    try {
      await migrateOutbox({ from, to: { url: to }, onProgress: NOTHING })
      return 'migrated'
    } catch (error) {
      return error instanceof NotMigrated || error instanceof StorageError ? error.message : String(error)
    }
  }
  const empty = dataDir(t)
  t.equal(await refusal(empty, url), `${empty} has no database gateway.db.`)

  const running = new SqliteOutbox(directory)
  t.equal(
    await refusal(directory, url),
    `The database ${directory}/gateway.db is in use by another process: each gateway needs a DATA_DIR of its own.`
  )
  await running.close()

  const used = await newDatabase()
  const other = await PostgresOutbox.open({ url: used })
  const pool = newPool(t, used)
  await pool.query(
    `INSERT INTO members (gateway, run, version, protocol, oldest_protocol, schema, fingerprint, accounts, started_at, seen_at)
    VALUES ('one', gen_random_uuid(), '1', 1, 1, 1, '', '{}', now(), now())`
  )
  t.equal(await refusal(directory, used), 'Gateways use the database (one): stop them first.')
  await pool.query('DELETE FROM members')
  await other.jobs.accept(newJob(1, [sets('A', 1)]))
  await other.close()
  t.equal(
    await refusal(directory, used),
    'The database is not empty: its table jobs has rows. Choose another one.'
  )

  t.equal(await refusal(directory, url), 'migrated')
  t.equal(
    await refusal(directory, url),
    `${directory} was migrated before: its database is now gateway.db.migrated.`
  )
})
