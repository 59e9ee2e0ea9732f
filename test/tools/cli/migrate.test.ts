import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir, type Tester } from '../../helper.ts'
import { done, idempotencyRecord, newJob, sets, settleNext } from '../../outbox/jobs.ts'
import { newDatabase } from '../../postgres.ts'
import { run, setEnv } from './run.ts'

/** The data directory of a gateway that has ended. */
async function stored(t: Tester): Promise<string> {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory, { history: { entries: true, values: true } })
  await outbox.jobs.accept(newJob(1, [sets('A', 1), sets('B', 2)]))
  await settleNext(outbox, done)
  await outbox.jobs.accept(newJob(2, [sets('C', 3)], { records: [idempotencyRecord()] }))
  await outbox.close()
  return directory
}

/** The address of an empty database without its password, which the environment has. */
async function addressWithoutPassword(t: Tester): Promise<string> {
  const url = new URL(await newDatabase())
  setEnv(t, 'PGPASSWORD', url.password)
  url.password = ''
  return url.href
}

test('docs/command-line.md shows the real output of migrate', async (t) => {
  const directory = await stored(t)
  const { exitCode, stdout, stderr } = await run(
    'migrate',
    '--from',
    directory,
    '--to',
    await addressWithoutPassword(t)
  )
  const section = readFileSync('docs/command-line.md', 'utf8').split('\n## migrate\n')[1] ?? ''
  const [, documented] = /^```\n\$ [^\n]*\n(.*?)\n```$/ms.exec(section) ?? []
  t.equal(exitCode, 0)
  t.equal((stderr + stdout).replace(directory, 'data').trimEnd(), documented)
})

test('the address may be in the environment or in a file; --json prints one document', async (t) => {
  const directory = await stored(t)
  const file = join(dataDir(t), 'database-url')
  writeFileSync(file, `${await newDatabase()}\n`)
  setEnv(t, 'DATABASE_URL_FILE', file)
  const { exitCode, stdout, stderr } = await run('migrate', '--from', directory, '--json')
  t.same({ exitCode, stderr }, { exitCode: 0, stderr: '' })
  t.match(JSON.parse(stdout), {
    counts: { jobs: 2, 'pending updates': 2 },
    set_aside: 0,
    file: join(directory, 'gateway.db.migrated')
  })
})

test('a password as an argument, no address, a faulty one and an unusable file are refused', async (t) => {
  const directory = dataDir(t)
  const refusal = async (...args: string[]) => {
    const { exitCode, stderr } = await run('migrate', '--from', directory, ...args)
    return [exitCode, stderr.split('\n')[0]]
  }
  const url = await newDatabase()
  t.same(await refusal('--to', url), [
    2,
    'error: every user of this machine can see a password in --to: set DATABASE_URL instead, or PGPASSWORD'
  ])
  t.same(await refusal(), [2, 'error: name the database with --to, or in DATABASE_URL'])
  t.same(await refusal('--to', 'db.example'), [
    1,
    'DATABASE_URL must be like postgres://USER:PASSWORD@HOST:5432/DATABASE, percent-encoded: a % in the password is %25.'
  ])
  setEnv(t, 'DATABASE_URL_FILE', join(directory, 'none'))
  t.same(await refusal(), [1, 'DATABASE_URL_FILE: the file that it names cannot be read (ENOENT).'])
  setEnv(t, 'DATABASE_URL', url)
  t.same(await refusal(), [1, `${directory} has no database gateway.db.`])
})
