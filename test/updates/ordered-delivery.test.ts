import { test } from 'tap'
import { overloaded, StorageError } from '../../src/errors.ts'
import { changesOf } from '../../src/leads/changes.ts'
import { OrderedDelivery, type OrderedDeliveryOptions } from '../../src/updates/ordered-delivery.ts'
import { settled } from '../stopped-clock.ts'
import type { Update } from '../../src/leads/update.ts'

const REQUEST = { caller: 'crm', requestId: 'req_1', source: 'crm', deadline: 1 }
const UPDATE: Update = {
  index: 0,
  key: { by: 'vendor_lead_code', value: 'x' },
  onMultiple: 'reject',
  changes: changesOf('batch_update_lead', { status: 'SALE' }, { status: 'SALE' }, [])
}
const DONE = { outcomes: [{ status: 'updated', warnings: [], leads: [5] } as const], upstreamCalls: 1 }

function deliveryWith(parts: Partial<OrderedDeliveryOptions>): OrderedDelivery {
  return new OrderedDelivery({
    dispatchers: { of: () => ({ deliver: async () => DONE }) },
    queue: { nextSequence: async () => undefined },
    notes: { requireRoom: () => {}, add: async () => true },
    ...parts
  })
}

test('what was set is noted with its place among the stored updates, under each name of its lead', async (t) => {
  const noted: unknown[] = []
  const delivery = deliveryWith({
    queue: { nextSequence: async () => 8 },
    notes: { requireRoom: () => {}, add: async (note, requestId) => noted.push(note, requestId) > 0 },
    dispatchers: {
      of: () => ({
        deliver: async (_updates, { sequencing, note }) => {
          t.equal(sequencing?.sequenceOf(0), 8)
          await note?.(DONE.outcomes, () => {})
          return DONE
        }
      })
    }
  })
  t.same(await delivery.deliver('default', [UPDATE], REQUEST), DONE)
  const fields = ['status']
  const delivered = [
    { lead: 'lead_id:5', fields },
    { lead: 'vendor_lead_code:x', fields }
  ]
  t.match(noted, [{ delivered, sequence: 8 }, 'req_1'])
})

test('without stored updates nothing has to be noted', async (t) => {
  const delivery = deliveryWith({
    dispatchers: {
      of: () => ({
        deliver: async (_updates, { sequencing, note }) => {
          t.same([sequencing, note], [undefined, undefined])
          return DONE
        }
      })
    }
  })
  t.same(await delivery.deliver('default', [UPDATE], REQUEST), DONE)
})

test('while too many notes wait for the disk, nothing more is sent that would need one', async (t) => {
  const full = overloaded('full', 30)
  const requireRoom = () => {
    throw full
  }
  const notes = { requireRoom, add: async () => true }
  const queue = { nextSequence: async () => 8 }
  await t.rejects(deliveryWith({ notes, queue }).deliver('default', [UPDATE], REQUEST), full)
  t.same(await deliveryWith({ notes }).deliver('default', [UPDATE], REQUEST), DONE)
})

test('nothing is sent while the database cannot be asked', async (t) => {
  const nextSequence = async () => {
    throw new StorageError('down')
  }
  const delivered = deliveryWith({ queue: { nextSequence } }).deliver('default', [UPDATE], REQUEST)
  await t.rejects(delivered, { code: 'overloaded', headers: { 'retry-after': '5' } })
})

test('what could not be noted is unknown if another gateway may have undone it', async (t) => {
  const parts: Partial<OrderedDeliveryOptions> = {
    queue: { nextSequence: async () => 8 },
    notes: { requireRoom: () => {}, add: async () => false },
    dispatchers: {
      of: () => ({
        deliver: async (_updates, { note }) => {
          await note?.(DONE.outcomes, () => {})
          return DONE
        }
      })
    }
  }
  t.same(await deliveryWith(parts).deliver('default', [UPDATE], REQUEST), DONE)
  const shared = await deliveryWith({ ...parts, isShared: true }).deliver('default', [UPDATE], REQUEST)
  t.match(shared, {
    outcomes: [{ status: 'unknown', leads: [5], error: { retryable: true } }],
    upstreamCalls: 1
  })
})

test('a delivery has ended when what it has set is noted', async (t) => {
  const noted = Promise.withResolvers<boolean>()
  const delivery = deliveryWith({
    queue: { nextSequence: async () => 8 },
    notes: { requireRoom: () => {}, add: () => noted.promise },
    dispatchers: {
      of: () => ({
        deliver: async (_updates, { note }) => {
          await note?.(DONE.outcomes, () => {})
          return DONE
        }
      })
    }
  })
  const delivered = delivery.deliver('default', [UPDATE], REQUEST)
  let hasEnded = false
  const ended = delivery.ended().then(() => {
    hasEnded = true
  })
  await settled()
  t.notOk(hasEnded)
  noted.resolve(true)
  await Promise.all([delivered, ended])
  await delivery.ended()
})
