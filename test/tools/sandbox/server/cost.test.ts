import { test } from 'tap'
import { startSandbox } from '../../../../src/tools/sandbox/sandbox.ts'
import { TableLock } from '../../../../src/tools/sandbox/server/table-lock.ts'

test('calls pass one at a time, in the order of arrival', async (t) => {
  const lock = new TableLock(2.5, 100)
  const startedAt = performance.now()
  const passed: { name: string; at: number }[] = []
  await Promise.all(
    [
      ['slow', 50],
      ['quick', 0],
      ['middle', 20]
    ].map(async ([name, leads]) => {
      t.equal(await lock.pass(Number(leads)), true)
      passed.push({ name: String(name), at: performance.now() - startedAt })
    })
  )
  t.strictSame(
    passed.map(({ name }) => name),
    ['slow', 'quick', 'middle']
  )
  const dueMs = [7.5, 10, 14.5]
  t.strictSame(
    passed.map(({ at }, index) => at >= (dueMs[index] ?? Number.POSITIVE_INFINITY)),
    [true, true, true]
  )
})

test('a call costs its milliseconds and the microseconds of its leads', async (t) => {
  const sandbox = await startSandbox({ leads: 100, callMs: 3, leadUs: 50 })
  t.teardown(() => sandbox.close())
  const ids = Object.keys(sandbox.leads()).join(',')
  const body = new URLSearchParams({
    source: 'crm',
    user: 'api',
    pass: 's3cret',
    function: 'batch_update_lead',
    lead_ids: ids,
    status: 'SALE'
  })
  const replies = await Promise.all(
    [1, 2, 3].map(async () => (await fetch(sandbox.url, { method: 'POST', body })).text())
  )
  t.ok(replies.every((reply) => reply.startsWith('SUCCESS')))
  const ms = sandbox.calls().map((call) => call.ms)
  t.ok((ms[0] ?? 0) >= 8, `${ms}`)
  t.ok(Math.max(...ms) >= 16, `${ms}`)
})

test('closing ends waiting calls before they are made', async (t) => {
  const lock = new TableLock(60_000, 0)
  const waiting = [lock.pass(1), lock.pass(1)]
  lock.close()
  t.strictSame(await Promise.all(waiting), [false, false])
})
