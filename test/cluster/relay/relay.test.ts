import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { PeerClient } from '../../../src/cluster/peers/peer-client.ts'
import { PeerServer } from '../../../src/cluster/peers/peer-server.ts'
import { Signer } from '../../../src/cluster/peers/signature.ts'
import { DELIVER } from '../../../src/cluster/relay/delivery-wire.ts'
import { CANCEL, ownerHandlers, type OwnerWork, STORED } from '../../../src/cluster/relay/owner-side.ts'
import { Relay } from '../../../src/cluster/relay/relay.ts'
import type { Delivered } from '../../../src/delivery/delivery.ts'
import { overloaded } from '../../../src/errors.ts'
import { changesOfDnc } from '../../../src/leads/actions/dnc.ts'
import { changesOf, onlyIf } from '../../../src/leads/changes.ts'
import type { Update } from '../../../src/leads/update.ts'
import { steadyNow } from '../../../src/steady-clock.ts'
import type { Deliveries, WaitingRequest } from '../../../src/updates/ordered-delivery.ts'
import type { Tester } from '../../helper.ts'

const SALE = changesOf('batch_update_lead', { status: 'SALE' }, { status: 'SALE' }, [])
const PHONE = changesOf('update_lead', { phone_number_field: '1' }, { phone_number: '1' }, [
  { code: 'characters_lost', field: 'phone_number', detail: 'x' } as never
])
const UPDATES: Update[] = [
  { index: 0, key: { by: 'lead_id', value: 7 }, onMultiple: 'reject', changes: SALE },
  {
    index: 2,
    key: { by: 'vendor_lead_code', value: 'a:b' },
    onMultiple: 'newest',
    newest: 3,
    changes: PHONE
  },
  {
    index: 3,
    key: { by: 'vendor_lead_code', value: 'é' },
    onMultiple: 'all',
    keyMatch: 'exact',
    changes: SALE
  }
]

function requestNow(): WaitingRequest {
  return { caller: 'crm', source: 'crm', requestId: 'req_1', deadline: steadyNow() + 60_000 }
}

/** A gateway that asks another one, which is the owner while it has `work`. */
async function startRelay(t: Tester, deliver: Deliveries['deliver']) {
  const wakes: number[] = []
  const owner: { work: OwnerWork | undefined } = {
    work: {
      deliveries: { deliver },
      hasAccount: (account) => account !== 'unknown',
      wake: () => void wakes.push(1),
      cancel: async (job) => job.length
    }
  }
  const handlers = ownerHandlers(() => owner.work)
  const signer = new Signer('secret')
  const run = '00000000-0000-4000-8000-000000000001'
  const server = new PeerServer({
    self: { gateway: 'owner', run },
    signer,
    handlers: { [DELIVER]: handlers.deliver, [STORED]: handlers.stored, [CANCEL]: handlers.cancel },
    log: { warn: () => {}, error: () => {} }
  })
  const port = await server.listen('127.0.0.1', 0)
  const client = new PeerClient(signer)
  const relayed: number[] = []
  const own: { work: OwnerWork | undefined; address: string | undefined } = {
    work: undefined,
    address: `http://127.0.0.1:${port}`
  }
  let change = Promise.withResolvers<void>()
  const relay = new Relay({
    work: () => own.work,
    owner: () => (own.address === undefined ? undefined : { address: own.address, run }),
    ownerChange: (ms) => Promise.race([change.promise, pause(ms)]),
    client,
    onRelayed: (ms) => relayed.push(ms),
    log: { warn: () => {} }
  })
  t.teardown(async () => {
    await client.close()
    await server.close()
  })
  const changed = () => {
    change.resolve()
    change = Promise.withResolvers()
  }
  return { relay, own, owner, server, wakes, relayed, changed }
}

const DONE: Delivered = {
  outcomes: [
    { status: 'updated', warnings: [] },
    { status: 'updated', warnings: [], leads: [5, 4, 3], matched: null },
    { status: 'not_found', warnings: [], error: { code: 'lead_not_found', detail: 'x', retryable: false } }
  ],
  upstreamCalls: 2
}

test('the owner gets the same updates, and its outcomes come back', async (t) => {
  const delivered: unknown[] = []
  const { relay, relayed } = await startRelay(t, async (...args) => {
    delivered.push(args)
    return DONE
  })
  const request = requestNow()
  t.same(await relay.deliver('default', UPDATES, request), DONE)
  const { deadline: _, ...rest } = request
  t.match(delivered, [['default', UPDATES, { ...rest, signal: AbortSignal }]])
  const [[, updates]] = delivered as [[string, Update[], WaitingRequest]]
  t.same(updates, UPDATES)
  t.equal(updates[0]?.changes, updates[2]?.changes, 'equal changes are one object, so that they share a call')
  t.equal(relayed.length, 1)
})

test('the condition of an update, and that it is to be verified, reach the owner', async (t) => {
  const condition = { tags: ['"1-abc"'], fields: ['status'], customFields: ['color'] }
  const changes = onlyIf(changesOf('update_lead', { rank: '1' }, { rank: '1' }, [], true), condition)
  const sent: Update[] = [{ index: 0, key: { by: 'lead_id', value: 7 }, onMultiple: 'reject', changes }]
  const delivered: unknown[] = []
  const { relay } = await startRelay(t, async (_account, updates) => {
    delivered.push(...updates)
    return { outcomes: [{ status: 'updated', warnings: [] }], upstreamCalls: 1 }
  })
  await relay.deliver('default', sent, requestNow())
  t.strictSame(delivered, sent)
})

test('what is to be done with a lead after its update, and a do-not-call number, reach the owner', async (t) => {
  const actions = {
    hopper: { priority: 5, checksCallTime: true },
    callback: { at: Date.UTC(2030, 0, 2), campaign: 'CAMPA', comments: 'x' },
    dnc: { campaign: 'CAMPA' }
  }
  const dnc = changesOfDnc({ change: 'delete', phoneNumber: '2125550001', campaign: undefined })
  const sent: Update[] = [
    { index: 0, key: { by: 'lead_id', value: 7 }, onMultiple: 'reject', changes: { ...SALE, actions } },
    { index: 1, key: { by: 'phone_number', value: '2125550001' }, onMultiple: 'reject', changes: dnc }
  ]
  const delivered: unknown[] = []
  const done: Delivered = {
    outcomes: [
      { status: 'updated', warnings: [], actions: { hopper: 'added', callback: 'updated', dnc: 'unknown' } },
      { status: 'updated', warnings: [], actions: { dnc: 'removed' } }
    ],
    upstreamCalls: 4
  }
  const { relay } = await startRelay(t, async (_account, updates) => {
    delivered.push(...updates)
    return done
  })
  t.strictSame(await relay.deliver('default', sent, requestNow()), done)
  t.strictSame(delivered, sent)
})

test('the owner keeps the deadline, though its clock may differ', async (t) => {
  let left = 0
  const { relay } = await startRelay(t, async (_account, _updates, { deadline }) => {
    left = deadline - steadyNow()
    return DONE
  })
  await relay.deliver('default', UPDATES, requestNow())
  t.ok(left > 0 && left <= 60_000)
})

test('an owner delivers what it took itself without a detour', async (t) => {
  const { relay, own, owner, relayed } = await startRelay(t, async () => DONE)
  own.work = owner.work
  own.address = undefined
  t.equal(await relay.deliver('default', UPDATES, requestNow()), DONE)
  t.same(relayed, [])
})

test('an overloaded owner refuses as if it had been asked directly', async (t) => {
  const { relay } = await startRelay(t, async () => {
    throw overloaded('5 updates are waiting', 7)
  })
  await t.rejects(relay.deliver('default', UPDATES, requestNow()), {
    code: 'overloaded',
    message: '5 updates are waiting',
    headers: { 'retry-after': '7' }
  })
})

test('a request waits a moment for the next owner', async (t) => {
  const { relay, own, owner, changed } = await startRelay(t, async () => DONE)
  const { work } = owner
  owner.work = undefined
  const waiting = relay.deliver('default', UPDATES, requestNow())
  owner.work = work
  changed()
  t.same(await waiting, DONE)
  const { address } = own
  own.address = undefined
  const again = relay.deliver('default', UPDATES, requestNow())
  own.address = address
  changed()
  t.same(await again, DONE)
})

test('without an owner nothing is sent, and the outcome is that of a VICIdial that is away', async (t) => {
  const { relay, own, changed } = await startRelay(t, async () => DONE)
  own.address = undefined
  const request = { ...requestNow(), deadline: steadyNow() - 1 }
  const { outcomes, upstreamCalls } = await relay.deliver('default', UPDATES, request)
  t.equal(upstreamCalls, 0)
  t.match(outcomes, { length: 3 })
  for (const outcome of outcomes)
    t.match(outcome, {
      status: 'failed',
      error: { code: 'upstream_unavailable', retryable: true },
      isUnsent: true
    })
  changed()
})

test('an account that the owner does not have is as if VICIdial were away', async (t) => {
  const { relay } = await startRelay(t, async () => DONE)
  const request = { ...requestNow(), deadline: steadyNow() - 1 }
  const { outcomes } = await relay.deliver('unknown', UPDATES, request)
  t.match(outcomes, [{ status: 'failed', isUnsent: true }, {}, {}])
})

test('what an owner had when it was lost is unknown', async (t) => {
  const started = Promise.withResolvers<void>()
  const { relay, server } = await startRelay(t, async () => {
    started.resolve()
    return new Promise(() => {})
  })
  const delivered = relay.deliver('default', UPDATES, requestNow())
  await started.promise
  await server.close()
  const { outcomes } = await delivered
  for (const outcome of outcomes)
    t.match(outcome, { status: 'unknown', error: { code: 'upstream_unavailable', retryable: true } })
})

test('the owner gives up what nobody waits for', async (t) => {
  const started = Promise.withResolvers<void>()
  const gaveUp = Promise.withResolvers<void>()
  const { relay } = await startRelay(t, async (_account, _updates, { signal }) => {
    signal?.addEventListener('abort', () => {
      gaveUp.resolve()
    })
    started.resolve()
    await gaveUp.promise
    return DONE
  })
  const controller = new AbortController()
  const delivered = relay.deliver('default', UPDATES, { ...requestNow(), signal: controller.signal })
  await started.promise
  controller.abort()
  await gaveUp.promise
  t.match(await delivered, { outcomes: [{ status: 'unknown' }, {}, {}] })
})

test('hints that updates were stored reach the owner, many as few', async (t) => {
  const { relay, wakes, own } = await startRelay(t, async () => DONE)
  for (let n = 0; n < 100; n++) relay.wake()
  // A request after the hints: they have arrived when it is answered.
  while (wakes.length < 2) await relay.cancel('')
  await relay.cancel('')
  t.equal(wakes.length, 2)
  own.address = undefined
  relay.wake()
})

test('a job is cancelled at the owner; without one, the caller is told to come back', async (t) => {
  const { relay, own, owner } = await startRelay(t, async () => DONE)
  t.equal(await relay.cancel('job_7'), 5)
  own.work = owner.work
  t.equal(await relay.cancel('job_8'), 5)
  own.work = undefined
  owner.work = undefined
  await t.rejects(relay.cancel('job_7'), { code: 'overloaded', headers: { 'retry-after': '5' } })
  own.address = undefined
  await t.rejects(relay.cancel('job_7'), { code: 'overloaded' })
})

test('a request without a sound update needs no owner', async (t) => {
  const { relay, own } = await startRelay(t, async () => DONE)
  own.address = undefined
  t.same(await relay.deliver('default', [], requestNow()), { outcomes: [], upstreamCalls: 0 })
})
