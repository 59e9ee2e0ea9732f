import { StorageError } from '../../../src/errors.ts'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { GroupCommit } from '../../../src/outbox/sqlite/group-commit.ts'
import type { Tester } from '../../helper.ts'

/** A database in memory that notes the beginnings and ends of its transactions. */
function inMemory(t: Tester) {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY)')
  const insert = database.prepare('INSERT INTO numbers (n) VALUES (?)')
  const told: string[] = []
  let failing: string | undefined
  const tell = (what: string) => {
    told.push(what)
    if (what !== failing) return
    failing = undefined
    throw new Error('disk I/O error')
  }
  const exec = database.exec.bind(database)
  database.exec = (sql) => {
    tell(sql)
    exec(sql)
  }
  const commits = new GroupCommit(database, 0, {
    get changes() {
      return Number(database.prepare('SELECT total_changes() AS changes').get()?.['changes'])
    },
    recount: () => {
      tell('undone')
    }
  })
  t.teardown(() => {
    database.close()
  })
  return {
    commits,
    told,
    /** Lets this fail the next time. */
    failAt: (what: string) => {
      failing = what
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

test('what is asked for in one turn of the event loop shares a commit, in its order', async (t) => {
  const { add, told, numbers } = inMemory(t)
  const written = await Promise.all(Array.from({ length: 100 }, (_, n) => add(n)))

  t.same(
    written,
    written.map((_, n) => n)
  )
  t.same(told, ['BEGIN IMMEDIATE', 'COMMIT'])
  t.equal(numbers().length, 100)
  await add(100)
  t.equal(told.length, 4)
})

test('work that takes long is shared out over several commits, and other work gets its turn between them', async (t) => {
  const { commits, told } = inMemory(t)
  let turns = 0
  let isOver = false
  const turn = () => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  turn()
  const busy = () => {
    const until = performance.now() + 5
    while (performance.now() < until);
    return turns
  }
  const seen = await Promise.all(Array.from({ length: 6 }, () => commits.write(busy)))
  isOver = true

  t.ok(told.filter((sql) => sql === 'COMMIT').length >= 3, told.join(' '))
  t.ok((seen.at(-1) ?? 0) > (seen[0] ?? 0), seen.join(' '))
})

test('if one of a group fails none of it is done, each is told, and the next group is written', async (t) => {
  const { add, commits, told, numbers } = inMemory(t)
  const answers = await Promise.allSettled([add(1), add(1), add(2)])

  t.same(numbers(), [2], 'what came after the failure was in no group with it')
  t.match(answers, [
    { status: 'rejected', reason: StorageError },
    {
      status: 'rejected',
      reason: { message: /^The database cannot be written \(UNIQUE constraint failed: numbers\.n\)\.$/ }
    },
    { status: 'fulfilled', value: 2 }
  ])
  t.same(told, ['BEGIN IMMEDIATE', 'ROLLBACK', 'undone', 'BEGIN IMMEDIATE', 'COMMIT'])
  t.equal(commits.fault, undefined)
})

test('a fault is told until something was written again', async (t) => {
  const { add, commits } = inMemory(t)
  await add(1)
  await t.rejects(add(1), StorageError)
  t.match(commits.fault, /^The database cannot be written/)
  await add(2)
  t.equal(commits.fault, undefined)
})

test('a commit that changes nothing does not say that all is well again', async (t) => {
  const { add, commits } = inMemory(t)
  await add(1)
  await t.rejects(add(1), StorageError)
  await commits.write(() => 'nothing')
  t.match(commits.fault, /^The database cannot be written/)
  await add(2)
  t.equal(commits.fault, undefined)
})

test('whatever fails while a group is undone, its work is told, and the next is counted anew and written', async (t) => {
  for (const [what, failures] of [
    ['ROLLBACK', 2],
    ['undone', 1]
  ] as const) {
    const { add, commits, failAt, told, numbers } = inMemory(t)
    await add(1)
    failAt(what)
    for (let n = 0; n < failures; n++) await t.rejects(add(1), StorageError)
    t.equal(await add(2), 2)
    t.same(told.slice(-3), ['undone', 'BEGIN IMMEDIATE', 'COMMIT'])
    t.same(numbers(), [1, 2])
    t.equal(commits.fault, undefined)
  }
})

test('flush writes at once what waits', (t) => {
  const { add, commits, numbers } = inMemory(t)
  void add(1)
  void add(2)
  commits.flush()
  t.same(numbers(), [1, 2])
  t.end()
})
