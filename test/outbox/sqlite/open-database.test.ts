import { StorageError } from '../../../src/errors.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text as readText } from 'node:stream/consumers'
import { test } from 'tap'
import { MIGRATIONS } from '../../../src/outbox/sqlite/database/migrations.ts'
import { openDatabase } from '../../../src/outbox/sqlite/database/open-database.ts'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir, type Tester } from '../../helper.ts'
import { done, inShort, jobId, missing, newJob, NO_CALLS, sets, waiting } from '../jobs.ts'

const LATER = 1_000_000

/** Why a directory cannot be used; fails if it can. */
function refusal(directory: string): string {
  try {
    openDatabase(directory).close()
  } catch (error) {
    if (error instanceof StorageError) return error.message
    throw error
  }
  throw new Error('it was opened')
}

/** The database of a gateway that has stored a job. */
async function stored(t: Tester): Promise<string> {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  await outbox.close()
  return directory
}

/** Every file of a directory with what is in it. */
function contents(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'hex')])
  )
}

test('a missing directory is created for its owner alone', async (t) => {
  const directory = join(dataDir(t), 'not', 'there')
  openDatabase(directory).close()
  t.equal(statSync(directory).mode & 0o777, 0o700)
  t.same(readdirSync(directory), ['gateway.db'])
})

test('commits are synchronous, and only one process may write', async (t) => {
  const database = openDatabase(dataDir(t))
  const pragma = (name: string) => database.prepare(`PRAGMA ${name}`).get()?.[name]
  t.same(
    { mode: pragma('journal_mode'), synchronous: pragma('synchronous'), locking: pragma('locking_mode') },
    { mode: 'wal', synchronous: 2, locking: 'exclusive' }
  )
  t.same(pragma('user_version'), MIGRATIONS.length)
  database.close()
})

test('a database reopens as it was closed', async (t) => {
  const directory = await stored(t)
  const outbox = new SqliteOutbox(directory)
  t.same(outbox.queue.size, { pending: 1, deadLetters: 0 })
  await outbox.close()
})

test('a file that is not a database is refused and left unchanged', async (t) => {
  const directory = dataDir(t)
  writeFileSync(join(directory, 'gateway.db'), 'a letter to somebody else, '.repeat(100))
  const before = contents(directory)

  t.equal(
    refusal(directory),
    `The database ${directory}/gateway.db is damaged, or no database: move it away or restore it from a backup.`
  )
  t.same(contents(directory), before)
})

test('a damaged database is refused, wherever the damage is', async (t) => {
  const sound = await stored(t)
  const whole = readFileSync(join(sound, 'gateway.db'))
  const pageSize = whole.readUInt16BE(16)
  for (let page = 1; page < Math.min(4, whole.length / pageSize); page++) {
    const directory = dataDir(t)
    const damaged = Buffer.from(whole).fill(0xee, page * pageSize, page * pageSize + 100)
    writeFileSync(join(directory, 'gateway.db'), damaged)
    t.match(refusal(directory), /^The database .*gateway\.db is damaged[,:]/, `page ${page}`)
  }
  const directory = dataDir(t)
  writeFileSync(join(directory, 'gateway.db'), whole.subarray(0, pageSize))
  t.match(refusal(directory), /^The database .*gateway\.db is damaged[,:]/, 'cut short')
})

test("another program's database is refused and left unchanged", async (t) => {
  const directory = dataDir(t)
  const other = new DatabaseSync(join(directory, 'gateway.db'))
  other.exec('CREATE TABLE orders (id); INSERT INTO orders VALUES (7)')
  other.close()
  const before = contents(directory)

  t.equal(
    refusal(directory),
    `The database ${directory}/gateway.db is not one of this gateway: choose another DATA_DIR.`
  )
  t.same(contents(directory), before)
})

test("a newer gateway's database is refused and left unchanged", async (t) => {
  const directory = await stored(t)
  const newer = new DatabaseSync(join(directory, 'gateway.db'))
  newer.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
  newer.close()
  const before = contents(directory)

  t.equal(
    refusal(directory),
    `The database ${directory}/gateway.db was made by a newer gateway (schema ${MIGRATIONS.length + 1}, known up to ` +
      `${MIGRATIONS.length}): run that one, or move the file away.`
  )
  t.same(contents(directory), before)
})

test('a write-ahead log without its database is kept', async (t) => {
  const directory = dataDir(t)
  const { outbox } = opened(t, directory)
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  for (const spoil of [
    (path: string) => {
      rmSync(path)
    },
    (path: string) => {
      writeFileSync(path, '')
    }
  ]) {
    const copy = dataDir(t)
    for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(copy, name))
    spoil(join(copy, 'gateway.db'))
    const before = contents(copy)
    const path = join(copy, 'gateway.db')
    t.equal(
      refusal(copy),
      `The database ${path} is missing or empty, but ${path}-wal is there and may hold accepted updates: ` +
        'restore both from the same copy, or move the -wal file away to start with an empty database.'
    )
    t.same(contents(copy), before)
  }
})

test('a database whose creation was interrupted is completed', async (t) => {
  const directory = dataDir(t)
  const path = join(directory, 'gateway.db')
  writeFileSync(path, '')
  writeFileSync(`${path}-wal`, '')
  openDatabase(directory).close()
  t.ok(statSync(path).size > 0)
})

test('an unusable directory is refused by name', async (t) => {
  const directory = dataDir(t)
  writeFileSync(join(directory, 'file'), 'not a directory')
  t.match(refusal(join(directory, 'file')), `The database ${directory}/file/gateway.db cannot be`)
  t.match(
    refusal(join(directory, 'file', 'below')),
    `The database ${directory}/file/below/gateway.db cannot be`
  )

  mkdirSync(join(directory, 'gateway.db'))
  t.equal(
    refusal(directory),
    `The database ${directory}/gateway.db cannot be opened: check the owner and the mode of DATA_DIR.`
  )
})

test('words in the path are not taken for the reason', async (t) => {
  const directory = join(dataDir(t), 'locked-full-readonly')
  writeFileSync(directory, 'not a directory')
  const said = refusal(directory)
  t.match(said, /\/gateway\.db cannot be used \(E/)
  t.notMatch(said, /in use by another process|the disk is full/)
})

test('a second process is refused until the first one ends, and then finds everything', async (t) => {
  const directory = await stored(t)
  const script = `
    const { SqliteOutbox } = await import('./src/outbox/sqlite/sqlite-outbox.ts')
    // Without a reference it would be collected, and closed.
    globalThis.outbox = new SqliteOutbox(process.argv[1])
    console.log(JSON.stringify(outbox.queue.size))
    process.stdin.resume()
  `
  const first = spawn(process.execPath, ['--input-type=module', '--eval', script, directory], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  t.teardown(() => first.kill('SIGKILL'))
  const [opened] = await once(first.stdout, 'data')
  t.equal(String(opened), '{"pending":1,"deadLetters":0}\n')

  t.equal(
    refusal(directory),
    `The database ${directory}/gateway.db is in use by another process: each gateway needs a DATA_DIR of its own.`
  )
  first.kill('SIGKILL')
  await once(first, 'exit')
  const outbox = new SqliteOutbox(directory)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'queued' })
  await outbox.close()
})

test('a gateway that cannot open its database exits with the reason', async (t) => {
  const directory = dataDir(t)
  writeFileSync(join(directory, 'gateway.db'), 'a letter to somebody else, '.repeat(100))
  const env = {
    ...process.env,
    VICIDIAL_URL: 'http://127.0.0.1:9/non_agent_api.php',
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY: 'key',
    PORT: '0',
    DATA_DIR: directory
  }
  const server = spawn(process.execPath, ['src/server.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, [code]] = await Promise.all([readText(server.stderr), once(server, 'exit')])
  t.equal(code, 1)
  t.equal(
    said,
    `The database ${directory}/gateway.db is damaged, or no database: move it away or restore it from a backup.\n`
  )
})

/** Opens an outbox, and the connection that it writes with. */
function opened(t: Tester, directory: string): { outbox: SqliteOutbox; connection: DatabaseSync } {
  const connections: DatabaseSync[] = []
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    connections.push(this)
    exec.call(this, sql)
  }
  try {
    const outbox = new SqliteOutbox(directory)
    const [connection] = connections
    if (connection === undefined) throw new Error('no connection was opened')
    t.teardown(() => outbox.close())
    return { outbox, connection }
  } finally {
    DatabaseSync.prototype.exec = exec
  }
}

test('with a full disk nothing is half stored, reading works, and writing resumes once there is room', async (t) => {
  const directory = dataDir(t)
  const { outbox, connection } = opened(t, directory)
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 1)]))
  const [claimed] = await outbox.queue.claim('default', 1, LATER)
  if (claimed === undefined) throw new Error('nothing claimed')
  const pages = Number(connection.prepare('PRAGMA page_count').get()?.['page_count'])
  const allow = (count: number) => connection.prepare(`PRAGMA max_page_count = ${count}`).get()
  allow(pages)

  const large = newJob(
    2,
    Array.from({ length: 2_000 }, (_, n) => sets('C', n + 10))
  )
  await t.rejects(outbox.jobs.accept(large), {
    name: 'StorageError',
    message: 'The database cannot be written (database or disk is full).'
  })
  t.equal(outbox.fault, 'The database cannot be written (database or disk is full).')
  t.same(outbox.queue.size, { pending: 2, deadLetters: 0 })
  t.equal(await outbox.jobs.find(jobId(2)), undefined)
  t.same(await outbox.jobs.results(jobId(2)), [])
  t.same(await outbox.jobs.results(jobId(1)), [
    { index: 0, lead_id: 1, status: 'queued' },
    { index: 1, lead_id: 1, status: 'queued' }
  ])

  allow(1_000_000)
  await outbox.queue.settle([done(claimed)], NO_CALLS)
  t.equal(outbox.fault, undefined)
  t.same(inShort(await outbox.queue.claim('default', 10, LATER)), ['1/1 lead_id:1 B'])
  await outbox.jobs.accept(large)
  t.same(outbox.queue.size, { pending: 2_001, deadLetters: 0 })
  t.match(await outbox.jobs.find(jobId(2)), { counts: { queued: 2_000 } })

  // As another process would find it after a loss of power.
  const copy = dataDir(t)
  for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(copy, name))
  const found = new SqliteOutbox(copy)
  t.same(found.queue.size, { pending: 2_001, deadLetters: 0 })
  await found.close()
})

test('a fault lasts until retention finds room again', async (t) => {
  const { outbox, connection } = opened(t, dataDir(t))
  await outbox.jobs.accept(newJob(1, [sets('A', 1)]))
  const pages = Number(connection.prepare('PRAGMA page_count').get()?.['page_count'])
  const allow = (count: number) => connection.prepare(`PRAGMA max_page_count = ${count}`).get()
  allow(pages)
  const large = Array.from({ length: 2_000 }, (_, n) => sets('C', n + 10))
  await t.rejects(outbox.jobs.accept(newJob(2, large)), StorageError)
  const { fault } = outbox
  t.type(fault, 'string')

  t.equal((await outbox.queue.claim('default', 1, LATER)).length, 1, 'what is in memory can still change')
  t.equal(outbox.fault, fault)
  await t.rejects(outbox.idempotency.purge(1_000, 500), StorageError)
  t.equal(outbox.fault, fault)
  allow(1_000_000)
  t.equal(await outbox.idempotency.purge(1_000, 500), 0)
  t.equal(outbox.fault, undefined)
  t.equal(await outbox.idempotency.purge(2_000, 500), 1, 'what it wrote is deleted')
  t.equal(await outbox.idempotency.purge(3_000, 500), 0)
})

test('a database of the first schema keeps what it holds', async (t) => {
  const directory = dataDir(t)
  const [first = ''] = MIGRATIONS
  const changes = JSON.stringify(['batch_update_lead', { status: 'A' }, { status: 'A' }, []])
  const failed = JSON.stringify({ index: 1, lead_id: 2, status: 'failed' })
  const old = new DatabaseSync(join(directory, 'gateway.db'))
  old.exec(`PRAGMA application_id = 1986486644; PRAGMA user_version = 1; ${first}`)
  old
    .prepare(
      `INSERT INTO jobs (id, caller, source, origin, status, first_seq, received, open, calls, accepted_at)
      VALUES (?, 'crm', 'crm', 'batch', 'running', 7, 2, 1, 3, 1)`
    )
    .run(jobId(1))
  const insert = old.prepare(
    `INSERT INTO updates (seq, job, place, lead, on_multiple, changes, accepted_as, tries, due_at, state, status, result)
    VALUES (?, 1, ?, ?, 'reject', ?, ?, 2, 1, ?, ?, ?)`
  )
  insert.run(7, 0, 'lead_id:1', changes, 4, 0, null, null)
  insert.run(8, 1, 'lead_id:2', changes, 8, 1, 'failed', failed)
  old.exec(`INSERT INTO answers VALUES ('crm', 'key-1', 'abc', 202, 'application/json', '{}', 5)`)
  old.close()

  const outbox = new SqliteOutbox(directory)
  t.teardown(() => outbox.close())
  t.same(outbox.queue.size, { pending: 1, deadLetters: 1 })
  t.equal(await outbox.queue.nextSequence(), 9)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'running', counts: { queued: 1, failed: 1 } })
  const letters = await outbox.jobs.deadLetters({ limit: 10 })
  t.same(
    letters.map(({ id, sequence, attempts }) => [id, sequence, attempts]),
    [[8, 8, 2]]
  )
  t.match(await outbox.idempotency.find('crm', 'key-1', 5), { fingerprint: 'abc', httpStatus: 202 })
  const claimed = await outbox.queue.claim('default', 10, LATER)
  t.equal(claimed.length, 1)
  const update = { index: 0, changes: { params: { status: 'A' } } }
  t.match(claimed[0], { id: 7, sequence: 4, attempts: 2, update })
  await outbox.queue.settle(claimed.map(done), NO_CALLS)
  t.match(await outbox.jobs.find(jobId(1)), { status: 'partial', counts: { updated: 1, failed: 1 } })
})

test('what newer updates had set in a database of the fourth schema is still left out', async (t) => {
  const directory = dataDir(t)
  const changes = JSON.stringify(['batch_update_lead', { status: 'A' }, { status: 'A' }, []])
  const old = new DatabaseSync(join(directory, 'gateway.db'))
  old.exec(`PRAGMA application_id = 1986486644; PRAGMA user_version = 4; ${MIGRATIONS.slice(0, 4).join('')}`)
  old.exec(
    `INSERT INTO jobs (id, caller, source, origin, status, first_id, received, pending, calls, accepted_at)
    VALUES ('${jobId(1)}', 'crm', 'crm', 'batch', 'running', 1, 6, 5, 0, 1)`
  )
  const insert = old.prepare(
    `INSERT INTO updates (id, job, position, lead, on_multiple, changes, sequence, superseded, attempts, due_at, state)
    VALUES (?, 1, ?, ?, 'reject', ?, ?, ?, 0, 1, ?)`
  )
  insert.run(1, 0, 'lead_id:1', changes, 1, '["status","email"]', 1)
  insert.run(2, 1, 'lead_id:1', changes, 2, '["status"]', 0)
  insert.run(3, 2, 'lead_id:1', changes, 3, null, 0)
  insert.run(4, 3, 'vendor_lead_code:CRM-1', changes, 4, '["owner"]', 0)
  insert.run(5, 4, 'lead_id:2', changes, 5, 'not JSON', 0)
  insert.run(6, 5, 'lead_id:3', changes, 6, '["status"]', 2)
  old.close()

  const outbox = new SqliteOutbox(directory)
  t.teardown(() => outbox.close())
  const seen: unknown[] = []
  for (let claimed = await outbox.queue.claim('default', 10, LATER); claimed.length > 0;) {
    seen.push(...claimed.map(({ id, superseded }) => [id, ...superseded]))
    await outbox.queue.settle(claimed.map(missing), NO_CALLS)
    claimed = await outbox.queue.claim('default', 10, LATER)
  }
  t.same(seen, [[2, 'status'], [4, 'owner'], [5], [3]])
  const letters = await outbox.jobs.deadLetters({ limit: 10 })
  t.same(
    letters.map(({ id, superseded }) => [id, ...superseded]),
    [[1, 'email', 'status']]
  )
})

test('updates that a clock far ahead made due too late become due earlier', async (t) => {
  const directory = dataDir(t)
  const now = Date.now()
  const before = new SqliteOutbox(directory)
  await before.jobs.accept(newJob(1, [sets('A', 1)], { dueAt: now + 90_000_000 }))
  await before.jobs.accept(newJob(2, [sets('B', 2), sets('B', 3)], { dueAt: now }))
  const [first, second] = await before.queue.claim('default', 10, now)
  if (first === undefined || second === undefined) throw new Error('nothing was due')
  await before.queue.settle([waiting(first, now + 90_000_000), waiting(second, now + 30_000)], NO_CALLS)
  await before.close()

  const outbox = new SqliteOutbox(directory, { longestPauseMs: 60_000 })
  t.teardown(() => outbox.close())
  const due = async (at: number) =>
    (await outbox.queue.claim('default', 10, at)).map(({ update }) => update.key.value)
  t.same(await due(Date.now() + 1_000), [1], 'it was never sent')
  t.same(await due(now + 30_000), [3])
  t.same(await due(now + 59_000), [])
  t.same(await due(Date.now() + 61_000), [2])
})
