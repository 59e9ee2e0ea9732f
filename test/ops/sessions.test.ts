import { test } from 'tap'
import { ALL_PERMISSIONS } from '../../src/callers/caller.ts'
import { Callers } from '../../src/callers/callers.ts'
import { hashKey } from '../../src/callers/key.ts'
import { SESSION_MS, Sessions } from '../../src/ops/sessions.ts'

const NOW = 1_700_000_000_000

function callers(expiresAt = Number.POSITIVE_INFINITY): Callers {
  const keys = [{ hash: hashKey('ops-key'), expiresAt }]
  return new Callers([{ name: 'ops', keys, account: 'default', permissions: ALL_PERMISSIONS }])
}

test('a session ends after its lifetime', async (t) => {
  const sessions = new Sessions(callers())
  const id = await sessions.begin('ops-key', NOW)
  t.equal((await sessions.operator(id, NOW + SESSION_MS - 1))?.name, 'ops')
  t.equal(await sessions.operator(id, NOW + SESSION_MS), undefined)
  t.equal(await sessions.operator(id, NOW), undefined, 'and for good')
})

test('a session ends when its key expires', async (t) => {
  const sessions = new Sessions(callers(NOW + 1_000))
  const id = await sessions.begin('ops-key', NOW)
  t.equal((await sessions.operator(id, NOW + 999))?.name, 'ops')
  t.equal(await sessions.operator(id, NOW + 1_000), undefined)
})

test('each session has its own id, and no other id finds it', async (t) => {
  const sessions = new Sessions(callers())
  const ids = await Promise.all(Array.from({ length: 100 }, () => sessions.begin('ops-key', NOW)))
  t.equal(new Set(ids).size, 100)
  for (const id of [undefined, '', 'ops-key', hashKey('ops-key'), `${ids[0]}x`])
    t.equal(await sessions.operator(id, NOW), undefined)
  await sessions.end(ids[0])
  t.same(await Promise.all(ids.slice(0, 2).map(async (id) => (await sessions.operator(id, NOW))?.name)), [
    undefined,
    'ops'
  ])
})

test('at most a thousand sessions are kept: the oldest ends first', async (t) => {
  const sessions = new Sessions(callers())
  const ids = await Promise.all(Array.from({ length: 1_001 }, () => sessions.begin('ops-key', NOW)))
  t.equal(await sessions.operator(ids[0], NOW), undefined)
  t.equal((await sessions.operator(ids[1], NOW))?.name, 'ops')
})
