import { StorageError } from '../../../src/errors.ts'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { GroupCommit } from '../../../src/outbox/sqlite/database/group-commit.ts'
import type { Tester } from '../../helper.ts'
import { settled } from '../../stopped-clock.ts'

/** A database in memory that records the starts and ends of its transactions, on a stopped clock. */
function inMemory(t: Tester, sync?: () => Promise<void>) {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY)')
  const insert = database.prepare('INSERT INTO numbers (n) VALUES (?)')
  const events: string[] = []
  let failing: string | undefined
  let failure: Error = new Error('disk I/O error')
  let nowMs = 0
  const reserve = {
    fault: undefined as string | undefined,
    release: () => {
      happens('reserve deleted')
      const isHeld = reserve.fault === undefined
      reserve.fault = 'disk full'
      return isHeld
    }
  }
  const happens = (what: string) => {
    events.push(what)
    if (what !== failing) return
    failing = undefined
    throw failure
  }
  const exec = database.exec.bind(database)
  database.exec = (sql) => {
    happens(sql)
    exec(sql)
  }
  const counts = {
    statements: {
      get changes() {
        return Number(database.prepare('SELECT total_changes() AS changes').get()?.['changes'])
      }
    },
    recount: () => {
      happens('undone')
    }
  }
  let looks = 0
  let fileFault: string | undefined
  const files = {
    get fault() {
      looks++
      return fileFault
    }
  }
  const commits = new GroupCommit(database, counts, { gatherMs: 0, reserve, files, sync, now: () => nowMs })
  t.teardown(() => {
    database.close()
  })
  return {
    commits,
    events,
    pass: (ms: number) => {
      nowMs += ms
    },
    reserve,
    /** How often the files were looked at. */
    looks: () => looks,
    loseFiles: (fault: string) => {
      fileFault = fault
    },
    /** Makes this fail the next time. */
    failAt: (what: string) => {
      failing = what
    },
    /** Makes this fail the next time, because the disk is full. */
    fullAt: (what: string) => {
      failing = what
      failure = Object.assign(new Error('database or disk is full'), { errcode: 13 })
    },
    add: (n: number) =>
      commits.write(() => {
        insert.run(n)
        return n
      }),
    numbers: () =>
      database
        .prepare('SELECT n FROM numbers ORDER BY n')
        .all()
        .map(({ n }) => n)
  }
}

test('writes of one turn of the event loop share a commit, in order', async (t) => {
  const { add, events, numbers } = inMemory(t)
  const written = await Promise.all(Array.from({ length: 100 }, (_, n) => add(n)))

  t.same(
    written,
    written.map((_, n) => n)
  )
  t.same(events, ['BEGIN IMMEDIATE', 'COMMIT'])
  t.equal(numbers().length, 100)
  await add(100)
  t.equal(events.length, 4)
})

test('long work is split over several commits, and the event loop runs between them', async (t) => {
  const { commits, events, pass } = inMemory(t)
  let turns = 0
  let isOver = false
  const turn = () => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  turn()
  const busy = () => {
    pass(5)
    return turns
  }
  const seen = await Promise.all(Array.from({ length: 6 }, () => commits.write(busy)))
  isOver = true

  t.ok(events.filter((sql) => sql === 'COMMIT').length >= 3, events.join(' '))
  t.ok((seen.at(-1) ?? 0) > (seen[0] ?? 0), seen.join(' '))
})

test('if one write of a group fails, all of the group are rolled back and rejected, and the next group is written', async (t) => {
  const { add, commits, events, numbers } = inMemory(t)
  const answers = await Promise.allSettled([add(1), add(1), add(2)])

  t.same(numbers(), [2], 'work after the failure was in another group')
  t.match(answers, [
    { status: 'rejected', reason: StorageError },
    {
      status: 'rejected',
      reason: { message: /^The database cannot be written \(UNIQUE constraint failed: numbers\.n\)\.$/ }
    },
    { status: 'fulfilled', value: 2 }
  ])
  t.same(events, ['BEGIN IMMEDIATE', 'ROLLBACK', 'undone', 'BEGIN IMMEDIATE', 'COMMIT'])
  t.equal(commits.fault, undefined)
})

test('a fault lasts until something is written again', async (t) => {
  const { add, commits } = inMemory(t)
  await add(1)
  await t.rejects(add(1), StorageError)
  t.match(commits.fault, /^The database cannot be written/)
  await add(2)
  t.equal(commits.fault, undefined)
})

test('an empty commit does not end a fault', async (t) => {
  const { add, commits } = inMemory(t)
  await add(1)
  await t.rejects(add(1), StorageError)
  await commits.write(() => 'nothing')
  t.match(commits.fault, /^The database cannot be written/)
  await add(2)
  t.equal(commits.fault, undefined)
})

test('if a rollback fails, its writes are rejected, and the next group is counted again and written', async (t) => {
  for (const [what, failures] of [
    ['ROLLBACK', 2],
    ['undone', 1]
  ] as const) {
    const { add, commits, failAt, events, numbers } = inMemory(t)
    await add(1)
    failAt(what)
    for (let n = 0; n < failures; n++) await t.rejects(add(1), StorageError)
    t.equal(await add(2), 2)
    t.same(events.slice(-3), ['undone', 'BEGIN IMMEDIATE', 'COMMIT'])
    t.same(numbers(), [1, 2])
    t.equal(commits.fault, undefined)
  }
})

test('flush writes waiting work, after the sync before it', async (t) => {
  const syncs: PromiseWithResolvers<void>[] = []
  const sync = () => {
    const made = Promise.withResolvers<void>()
    syncs.push(made)
    return made.promise
  }
  const { add, commits, numbers } = inMemory(t, sync)
  void add(1)
  await settled()
  void add(2)
  let isFlushed = false
  const flushed = commits.flush().then(() => (isFlushed = true))
  await settled()
  t.same(numbers(), [1])
  syncs[0]?.resolve()
  await settled()
  void add(3)
  await settled()
  t.same([numbers(), isFlushed], [[1, 2], false])
  syncs[1]?.resolve()
  await settled()
  syncs[2]?.resolve()
  await flushed
  t.same([numbers(), syncs.length], [[1, 2, 3], 3])
})

test('when the disk is full the reserve is deleted for notes, and nothing else is written until it exists again', async (t) => {
  const { add, commits, fullAt, events, numbers, reserve } = inMemory(t)
  await add(0)
  fullAt('COMMIT')
  const answers = await Promise.allSettled([add(1), commits.write(() => 'noted', 'note'), add(2)])
  t.match(answers, [
    { status: 'rejected', reason: StorageError },
    { status: 'fulfilled', value: 'noted' },
    { status: 'rejected', reason: StorageError }
  ])
  t.same(events.slice(2), [
    'BEGIN IMMEDIATE',
    'COMMIT',
    'reserve deleted',
    'ROLLBACK',
    'undone',
    'BEGIN IMMEDIATE',
    'COMMIT'
  ])
  const fault = 'The database cannot be written: it has no room in reserve (disk full).'
  await t.rejects(add(3), { name: 'StorageError', message: fault })
  t.equal(await commits.write(() => 'noted too', 'note'), 'noted too')
  t.type(commits.fault, 'string')
  reserve.fault = undefined
  await add(4)
  t.same(numbers(), [0, 4])
  t.equal(commits.fault, undefined)
})

test('the files are looked at once for each group; when they are lost only promises are refused', async (t) => {
  const { add, commits, events, looks, loseFiles, numbers } = inMemory(t)
  const promise = () => commits.write(() => 'promised', 'promise')
  t.same(await Promise.all([promise(), add(1), promise()]), ['promised', 1, 'promised'])
  t.equal(looks(), 1)
  loseFiles('the file is gone')
  t.match(await Promise.allSettled([promise(), add(2), promise()]), [
    { status: 'rejected', reason: { name: 'StorageError', message: 'the file is gone' } },
    { status: 'fulfilled', value: 2 },
    { status: 'rejected', reason: StorageError }
  ])
  t.same([numbers(), looks(), events.length], [[1, 2], 2, 4])
})

test('without a reserve a note fails like everything else; it is not deleted for anything else', async (t) => {
  const { add, commits, fullAt, events, reserve } = inMemory(t)
  fullAt('COMMIT')
  await t.rejects(add(1), StorageError)
  t.notOk(events.includes('reserve deleted'))
  reserve.fault = 'disk full'
  fullAt('COMMIT')
  await t.rejects(
    commits.write(() => 'noted', 'note'),
    StorageError
  )
})

test('a write resolves when its commit is synced; meanwhile the event loop runs, and others gather for the next', async (t) => {
  const syncs: PromiseWithResolvers<void>[] = []
  const sync = () => {
    const made = Promise.withResolvers<void>()
    syncs.push(made)
    return made.promise
  }
  const { add, commits, events } = inMemory(t, sync)
  const ended: number[] = []
  const first = add(1).then((n) => ended.push(n))
  await settled()
  const others = [add(2), add(3)].map((one) => one.then((n) => ended.push(n)))
  await settled()
  t.same([ended, syncs.length, events.length], [[], 1, 2])
  syncs[0]?.resolve()
  await first
  await settled()
  t.same([ended, syncs.length, events.length], [[1], 2, 4])
  syncs[1]?.resolve()
  await Promise.all(others)
  t.same(ended, [1, 2, 3])
  await commits.write(() => 'nothing')
  t.equal(syncs.length, 2, 'what changes nothing needs no sync')
})

test('after a failed sync every write is refused', async (t) => {
  const { add, commits } = inMemory(t, () => Promise.reject(new Error('EIO')))
  const message = 'The database cannot be synced to disk (EIO).'
  await t.rejects(add(1), { name: 'StorageError', message, mayBeStored: true })
  await t.rejects(add(2), { name: 'StorageError', message, mayBeStored: false })
  t.equal(commits.fault, message)
})
