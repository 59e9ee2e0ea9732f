import { test } from 'tap'
import { ALL_PERMISSIONS, type CallerConfig, type Permissions } from '../../src/callers/caller.ts'
import { Callers } from '../../src/callers/callers.ts'
import { hashKey } from '../../src/callers/key.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { type AcceptedJob, Updates, type UpdatesOptions } from '../../src/updates/updates.ts'

const SENDER = { caller: 'crm', requestId: 'req_1', account: 'default', source: 'crm' }
const SOUND = { lead_id: 1, fields: { status: 'SALE' } }
const BAD = { lead_id: 2, fields: { nope: 1 } }

/** Updates whose parts do nothing, except those given. */
function updatesWith(parts: Partial<UpdatesOptions> = {}): Updates {
  return new Updates({
    config: { leads: { ...serverRules(0), customFields: new Map() } },
    deliveries: {
      deliver: async (_account, updates) => ({
        outcomes: updates.map(() => ({ status: 'updated', warnings: [] })),
        upstreamCalls: 1
      })
    },
    jobs: { accept: async () => acceptedJob(false) },
    history: { record: async () => {}, recordRejected: async () => {} },
    rules: { maxLeadsPerCall: 100, dialect: 'lead_ids' },
    source: 'gateway',
    users: new Map([['default', 'api']]),
    maxUpdates: 3,
    requestDeadlineMs: 1_000,
    ...parts
  })
}

function acceptedJob(isRepeat: boolean): AcceptedJob {
  const response = { ...SENDER, key: '', fingerprint: '', httpStatus: 202, contentType: '', body: '', at: 0 }
  return { id: 'job_1', response, isRepeat }
}

function callerWith(permissions: Partial<Permissions> = {}, more: Partial<CallerConfig> = {}) {
  const config = { name: 'web', keys: [{ hash: hashKey('key') }], account: 'default', ...more }
  const caller = new Callers([{ ...config, permissions: { ...ALL_PERMISSIONS, ...permissions } }]).find('key')
  if (caller === undefined) throw new Error('no caller')
  return caller
}

test('a source that a caller was not given is refused by name', async (t) => {
  const updates = updatesWith()
  const web = callerWith({ sources: new Set(['shop']) })
  const message = 'The caller web may not use the source crm (permissions.sources).'
  t.throws(() => updates.sender(web, 'req_1', 'crm'), { code: 'permission_denied', message })
  for (const [source, used] of [
    [undefined, 'gateway'],
    ['shop', 'shop']
  ] as const)
    t.equal(updates.sender(web, 'req_1', source).source, used)
  const own = callerWith({ sources: new Set(['shop']) }, { source: 'web1' })
  for (const [source, used] of [
    [undefined, 'web1'],
    ['shop', 'shop'],
    ['web1', 'web1']
  ] as const)
    t.equal(updates.sender(own, 'req_1', source).source, used, 'a request need not name one')
  t.same(updates.sender(own, 'req_1'), {
    caller: 'web',
    requestId: 'req_1',
    keyId: own.keyId,
    account: 'default',
    source: 'web1'
  })
})

test("a batch is read by its caller's permissions and limits", async (t) => {
  const updates = updatesWith()
  const noStatus = callerWith({
    maxBatch: 1,
    updates: { ...ALL_PERMISSIONS.updates, statuses: new Set<string>() }
  })
  t.match(updates.read({ updates: [SOUND] }, noStatus).entries, [
    { refusals: [{ code: 'field_not_allowed' }] }
  ])
  t.throws(() => updates.read({ updates: [SOUND, SOUND] }, noStatus), { code: 'payload_too_large' })
  t.equal(updates.read({ updates: [SOUND, SOUND, SOUND] }, undefined).entries.length, 3)
  t.throws(() => updates.read({ updates: [SOUND, SOUND, SOUND, SOUND] }, undefined), {
    code: 'payload_too_large'
  })
  t.throws(() => updates.read('text', undefined), {
    code: 'invalid_request',
    extra: { errors: [{ pointer: '', code: 'invalid_request' }], errors_count: 1 }
  })
})

test("the caller's on_lossy applies unless the request or other defaults say otherwise", async (t) => {
  const updates = updatesWith()
  const strict = callerWith({}, { onLossy: 'reject' })
  const lossy = { lead_id: 1, fields: { comments: 'caf\u00e9 \u{1F600}' } }
  t.match(updates.read({ updates: [lossy] }, strict).entries, [{ refusals: [{}] }])
  t.match(updates.read({ updates: [lossy] }, callerWith()).entries, [{ changes: {} }])
  t.match(updates.read({ updates: [lossy] }, strict, { onLossy: 'accept' }).entries, [{ changes: {} }])
  t.match(updates.read({ updates: [lossy], on_lossy: 'accept' }, strict).entries, [{ changes: {} }])
})

test('each entry gets its result, in order, and all are recorded', async (t) => {
  const recorded: unknown[] = []
  const history = {
    record: async (...all: unknown[]) => void recorded.push(all),
    recordRejected: async () => {}
  }
  const updates = updatesWith({ history })
  const { entries } = updates.read({ updates: [SOUND, BAD, { ...SOUND, lead_id: 3 }] }, undefined)
  const { results, upstreamCalls } = await updates.deliver(entries, SENDER)
  t.match(results, [
    { index: 0, lead_id: 1, status: 'updated' },
    { index: 1, lead_id: 2, status: 'rejected', error: { code: 'field_unknown' } },
    { index: 2, lead_id: 3, status: 'updated' }
  ])
  t.equal(upstreamCalls, 1)
  t.same(recorded, [[SENDER, entries, results]])
})

test('an update without an outcome is a fault of the gateway', async (t) => {
  const deliver = async () => ({ outcomes: [], upstreamCalls: 0 })
  const updates = updatesWith({ deliveries: { deliver } })
  const { entries } = updates.read({ updates: [SOUND] }, undefined)
  await t.rejects(updates.deliver(entries, SENDER), { message: 'update 0 has no outcome' })
})

test('a job is stored unless every update was rejected; rejected ones are recorded once', async (t) => {
  const recorded: unknown[] = []
  let isRepeat = false
  const updates = updatesWith({
    jobs: { accept: async () => acceptedJob(isRepeat) },
    history: { record: async () => {}, recordRejected: async (sender) => void recorded.push(sender.jobId) }
  })
  const { entries } = updates.read({ updates: [SOUND, BAD] }, undefined)
  t.equal((await updates.accept(entries, SENDER, 'batch')).id, 'job_1')
  t.same(recorded, ['job_1'])
  isRepeat = true
  await updates.accept(entries, SENDER, 'batch')
  t.same(recorded, ['job_1'])
  const { entries: rejected } = updates.read({ updates: [BAD] }, undefined)
  await t.rejects(updates.accept(rejected, SENDER, 'batch'), {
    code: 'all_updates_rejected',
    status: 422,
    extra: { summary: { received: 1, rejected: 1, upstream_calls: 0 } }
  })
  t.same(recorded, ['job_1', undefined])
})
